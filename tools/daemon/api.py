"""Api: the queue over HTTP. Knows requests, answers, tokens and limits; the work is the keeper's."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from stream.telemetry.metrics import CONTENT_TYPE, Metrics
from tools.daemon.events import Listener
from tools.daemon.job_store import JobState, QueuedJob
from tools.daemon.openapi import document
from tools.daemon.request import RequestError, parse
from tools.daemon.scheduler import Scheduler
from tools.http import limits as walls
from tools.http.activity import RequestActivity
from tools.http.auth import RequestAuth
from tools.http.event_stream import EventStream
from tools.http.server import HttpServer
from tools.http.token_gate import Grant, TokenGate
from tools.http.tokens import Held, Scope

BODY = 64 << 10  # bytes of a request
QUEUED = 10_000  # jobs that may wait
LISTENERS = 64
BEAT = 15.0  # seconds between two signs of life on a quiet event stream
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Api:
    """gate: who may come in. folders: where jobs' files must lie. live: the endpoints as they stand."""

    def __init__(
        self,
        keeper: Scheduler,
        folders: Sequence[Path],
        gate: TokenGate,
        metrics: Metrics,
        live: Callable[[], list[dict[str, Any]]] = list,
    ) -> None:
        self._keeper, self._folders, self._metrics, self._live = keeper, folders, metrics, live
        self._auth = RequestAuth(gate, metrics.refused.labels("token").inc)
        self.activity = RequestActivity()
        wall = walls.middleware(not self._auth.needed, (), self.activity)
        self.app = web.Application(middlewares=[wall], client_max_size=BODY)
        self.app.add_routes(
            [
                web.post("/jobs", self._asked(Scope.SWAP, self._add)),
                web.get("/jobs", self._asked(Scope.VIEW, self._list), allow_head=False),
                web.get("/jobs/{id}", self._asked(Scope.VIEW, self._show), allow_head=False),
                web.patch("/jobs/{id}", self._asked(Scope.SWAP, self._move)),
                web.post("/jobs/{id}/cancel", self._asked(Scope.SWAP, self._cancel)),
                web.post("/jobs/{id}/retry", self._asked(Scope.SWAP, self._retry)),
                web.get("/jobs/{id}/events", self._events, allow_head=False),
                web.get("/events", self._events, allow_head=False),
                web.get("/endpoints", self._asked(Scope.VIEW, self._endpoints), allow_head=False),
                web.get("/metrics", self._asked(Scope.VIEW, self._figures), allow_head=False),
                web.get("/openapi.json", self._document, allow_head=False),
                web.get("/healthz", self._well, allow_head=False),
                web.get("/readyz", self._ready, allow_head=False),
            ]
        )

    def _asked(self, scope: Scope, handler: Handler) -> Handler:
        """Only for who may."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            self._auth.authorize(request, scope)
            return await handler(request)

        return guarded

    async def _add(self, request: web.Request) -> web.Response:
        told = await _object(request)
        priority = _priority(told.pop("priority", 0))
        if self._keeper.draining:
            raise web.HTTPServiceUnavailable(reason="the daemon is ending", headers={"Retry-After": "30"})
        asked = parse(told, self._folders)
        if self._keeper.store.counts()[JobState.QUEUED] >= QUEUED:
            raise web.HTTPServiceUnavailable(reason="the queue is full", headers={"Retry-After": "60"})
        key = walls.header(request, "Idempotency-Key")
        entry, new = self._keeper.add(asked.told(), priority, f"rest:{key[:200]}" if key else None)
        return self._answer(entry, 201 if new else 200, {"Location": f"/jobs/{entry.id}"})

    async def _list(self, request: web.Request) -> web.Response:
        query = request.query
        try:
            state = JobState(query["state"]) if "state" in query else None
            most = min(max(int(query.get("limit", "100")), 1), 1000)
            before = float(query["before"]) if "before" in query else None
        except ValueError as error:
            raise web.HTTPBadRequest(
                reason=f"state is one of {', '.join(JobState)}; limit and before are numbers"
            ) from error
        jobs = [self._keeper.told(e) for e in self._keeper.store.jobs(state, most, before)]
        return web.json_response({"jobs": jobs, "counts": self._keeper.store.counts()})

    async def _show(self, request: web.Request) -> web.Response:
        entry = self._entry(request)
        history = [{"at": at, "what": what} for at, what in self._keeper.store.history(entry.id)]
        return web.json_response(self._keeper.told(entry) | {"history": history})

    async def _move(self, request: web.Request) -> web.Response:
        told = await _object(request)
        if set(told) != {"priority"}:
            raise web.HTTPUnprocessableEntity(reason='only the priority can be changed: {"priority": 5}')
        return self._change(request, lambda name: self._keeper.prioritise(name, _priority(told["priority"])))

    async def _cancel(self, request: web.Request) -> web.Response:
        return self._change(request, self._keeper.cancel)

    async def _retry(self, request: web.Request) -> web.Response:
        return self._change(request, self._keeper.retry)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: first how things stand, then every change."""
        grant = self._auth.authorize(request, Scope.VIEW)
        name = request.match_info.get("id")
        if name:
            self._entry(request)
        if len(self._keeper.events) >= LISTENERS:
            raise web.HTTPServiceUnavailable(reason="too many listen already", headers={"Retry-After": "10"})
        with self._auth.hold(grant, Held.LISTENERS):
            stream, listener = EventStream(request, time.monotonic), self._keeper.events.open(name)
            try:
                await stream.open()
                await self._tell(stream, listener, name, grant)
            except (ConnectionError, EOFError):
                pass
            finally:
                self._keeper.events.drop(listener)
            return stream.response

    async def _tell(self, stream: EventStream, listener: Listener, name: str | None, grant: Grant) -> None:
        """Ends with the job of this name, or with the token. Raises ConnectionError, EOFError."""
        now = [self._keeper.store.get(name)] if name else self._keeper.store.jobs(JobState.RUNNING)
        for entry in now:
            await stream.send(_event(self._keeper.told(entry)))
        over = name is not None and now[0].ended is not None
        while not over:
            told = await listener.read(BEAT)
            if not self._auth.stands(grant):
                return
            await stream.send(_event(told) if told is not None else b": still here\n\n")
            over = name is not None and told is not None and told["ended"] is not None

    async def _endpoints(self, _: web.Request) -> web.Response:
        return web.json_response({"endpoints": self._live()})

    async def _figures(self, _: web.Request) -> web.Response:
        for state, count in self._keeper.store.counts().items():
            self._metrics.jobs.labels(str(state)).set(count)
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def _document(self, _: web.Request) -> web.Response:
        return web.json_response(document())

    async def _well(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _ready(self, _: web.Request) -> web.Response:
        draining = self._keeper.draining
        return web.json_response({"status": "draining" if draining else "ready"}, status=503 if draining else 200)

    def _entry(self, request: web.Request) -> QueuedJob:
        try:
            return self._keeper.store.get(request.match_info["id"])
        except KeyError:
            raise web.HTTPNotFound(reason="there is no such job") from None

    def _change(self, request: web.Request, how: Callable[[str], QueuedJob]) -> web.Response:
        entry = self._entry(request)
        try:
            return self._answer(how(entry.id))
        except ValueError as error:
            raise web.HTTPConflict(reason=str(error)) from error

    def _answer(self, entry: QueuedJob, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
        return web.json_response(self._keeper.told(entry), status=status, headers=headers)


async def _object(request: web.Request) -> dict[str, Any]:
    """The request's body, a JSON object."""
    told = await walls.json_body(request, BODY)
    if not isinstance(told, dict):
        raise RequestError("send a JSON object")
    return told


def _priority(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -100 <= value <= 100:
        raise RequestError("priority is a whole number from -100 to 100; higher goes first")
    return value


def _event(told: Mapping[str, Any]) -> bytes:
    return b"event: job\ndata: " + json.dumps(told).encode() + b"\n\n"


async def listen(api: Api, host: str, port: int) -> tuple[HttpServer, int]:
    """Serves. Returns what to close, and the port. Raises OSError."""
    server = HttpServer(api.app, api.activity)
    return server, await server.open(host, port)
