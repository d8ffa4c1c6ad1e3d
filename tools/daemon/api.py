"""Api: the queue over HTTP. Knows requests, answers, tokens and limits; the jobs are the scheduler's."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from aiohttp import web

from stream.marks.maker import version
from stream.telemetry.metrics import CONTENT_TYPE, Metrics
from tools.daemon.errors import ConflictError, RequestError, StoreBusyError, StoreFullError
from tools.daemon.files.allowed import AllowedFolders
from tools.daemon.http_values import BODY, digest_of, idempotency_key, json_object, page_of, priority_of
from tools.daemon.openapi import document, index
from tools.daemon.queue.events import EventSubscription
from tools.daemon.queue.queued_job import JobState, JsonObject, QueuedJob, to_json
from tools.daemon.queue.scheduler import Scheduler
from tools.daemon.request import parse
from tools.daemon.steps import Passed, Step, unheard
from tools.http import limits, proxy
from tools.http.activity import RequestActivity
from tools.http.auth import RequestAuth
from tools.http.event_stream import EventStream
from tools.http.server import HttpServer
from tools.http.token_gate import Grant, TokenGate
from tools.http.tokens import Quota, Scope

QUEUED = 10_000  # jobs that may wait
LISTENERS = 64
BEAT = 15.0  # seconds between two signs of life on a quiet event stream
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
T = TypeVar("T")


class Api:
    """gate: who may come in. allowed: where jobs' files must lie. live: the endpoints as they stand. base: the path
    under which a proxy shows the daemon, as `/understudy`; empty for none, or where the proxy says it itself."""

    def __init__(
        self,
        scheduler: Scheduler,
        allowed: AllowedFolders,
        gate: TokenGate,
        metrics: Metrics,
        live: Callable[[], list[JsonObject]] = list,
        base: str = "",
        passed: Passed = unheard,
    ) -> None:
        self._scheduler, self._allowed, self._metrics = scheduler, allowed, metrics
        self._live, self._base, self._passed = live, base, passed
        self._auth = RequestAuth(gate, metrics.refused.labels("token").inc)
        self.activity = RequestActivity()
        limited = limits.middleware(not self._auth.needed, (), self.activity)
        self.app = web.Application(middlewares=[limited], client_max_size=BODY)
        for prefix in {"", base}:  # a proxy takes the prefix away, or leaves it
            self.app.add_routes(self._routes(prefix))

    def _routes(self, prefix: str) -> list[web.RouteDef]:
        view, swap = Scope.VIEW, Scope.SWAP
        get: tuple[tuple[str, Handler], ...] = (
            ("/", self._index),
            ("/jobs", self._asked(view, self._list)),
            ("/jobs/{id}", self._asked(view, self._show)),
            ("/jobs/{id}/events", self._events),
            ("/events", self._events),
            ("/endpoints", self._asked(view, self._endpoints)),
            ("/metrics", self._asked(view, self._show_metrics)),
            ("/openapi.json", self._document),
            ("/healthz", self._health),
            ("/readyz", self._ready),
        )
        post: tuple[tuple[str, Handler], ...] = (
            ("/jobs", self._asked(swap, self._add)),
            ("/jobs/{id}/cancel", self._asked(swap, self._cancel)),
            ("/jobs/{id}/retry", self._asked(swap, self._retry)),
        )
        return [
            *(web.get(prefix + path, handler, allow_head=False) for path, handler in get),
            *(web.post(prefix + path, handler) for path, handler in post),
            web.patch(prefix + "/jobs/{id}", self._asked(swap, self._prioritise)),
        ]

    def _asked(self, scope: Scope, handler: Handler) -> Handler:
        """Only for who may."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            self._auth.authorize(request, scope)
            return await handler(request)

        return guarded

    async def _index(self, request: web.Request) -> web.Response:
        """What there is, for who comes without knowing."""
        paths = {path.strip("/") or "self": self._prefix(request) + path for path in index()}
        return web.json_response({"name": "Understudy daemon", "version": version(), "paths": paths})

    async def _add(self, request: web.Request) -> web.Response:
        sent = await json_object(request)
        digest, key = digest_of(sent), idempotency_key(request)
        priority = priority_of(sent.pop("priority", 0))
        if self._scheduler.draining:
            raise web.HTTPServiceUnavailable(reason="the daemon is ending", headers={"Retry-After": "30"})
        asked = parse(sent, self._allowed)
        self._passed(Step.REQUEST_CHECKED)
        if self._scheduler.store.counts()[JobState.QUEUED] >= QUEUED:
            raise web.HTTPServiceUnavailable(reason="the queue is full", headers={"Retry-After": "60"})
        job, new = await _kept(self._scheduler.add(asked.to_json(), priority, key, digest if key else None))
        return self._answer(job, 201 if new else 200, {"Location": f"{self._prefix(request)}/jobs/{job.id}"})

    async def _list(self, request: web.Request) -> web.Response:
        page = page_of(request)
        jobs = [to_json(job) for job in self._scheduler.store.jobs(page.state, page.most, page.before)]
        return web.json_response({"jobs": jobs, "counts": self._scheduler.store.counts()})

    async def _show(self, request: web.Request) -> web.Response:
        job = self._job(request)
        history = [{"at": at, "what": what} for at, what in self._scheduler.store.history(job.id)]
        return web.json_response(to_json(job) | {"history": history})

    async def _prioritise(self, request: web.Request) -> web.Response:
        job, sent = self._job(request), await json_object(request)
        if set(sent) != {"priority"}:
            raise RequestError('only the priority can be changed: {"priority": 5}')
        return self._answer(await _kept(self._scheduler.prioritise(job.id, priority_of(sent["priority"]))))

    async def _cancel(self, request: web.Request) -> web.Response:
        return self._answer(await _kept(self._scheduler.cancel(self._job(request).id)))

    async def _retry(self, request: web.Request) -> web.Response:
        return self._answer(await _kept(self._scheduler.retry(self._job(request).id)))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: first how things stand, then every change."""
        grant = self._auth.authorize(request, Scope.VIEW)
        name, events = request.match_info.get("id"), self._scheduler.events
        if name:
            self._job(request)
        if len(events) >= LISTENERS:
            raise web.HTTPServiceUnavailable(reason="too many listen already", headers={"Retry-After": "10"})
        with self._auth.hold(grant, Quota.LISTENERS):
            stream, listener = EventStream(request, time.monotonic), events.open(name)
            try:
                await stream.open()
                await self._send(stream, listener, name, grant)
            except (ConnectionError, EOFError):
                pass
            finally:
                events.drop(listener)
            return stream.response

    async def _send(self, stream: EventStream, listener: EventSubscription, name: str | None, grant: Grant) -> None:
        """Ends with the job of this name, or with the token. Raises ConnectionError, EOFError."""
        store = self._scheduler.store
        now = [store.get(name)] if name else store.jobs(JobState.RUNNING)
        for job in now:
            await stream.send(_event(to_json(job)))
        over = name is not None and now[0].ended is not None
        while not over:
            state = await listener.read(BEAT)
            if not self._auth.stands(grant):
                return
            await stream.send(_event(state) if state is not None else b": still here\n\n")
            over = name is not None and state is not None and state["ended"] is not None

    async def _endpoints(self, _: web.Request) -> web.Response:
        return web.json_response({"endpoints": self._live()})

    async def _show_metrics(self, _: web.Request) -> web.Response:
        for state, count in self._scheduler.store.counts().items():
            self._metrics.jobs.labels(str(state)).set(count)
        return web.Response(body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def _document(self, request: web.Request) -> web.Response:
        return web.json_response(document(self._auth.needed, self._prefix(request)))

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _ready(self, _: web.Request) -> web.Response:
        draining = self._scheduler.draining
        return web.json_response({"status": "draining" if draining else "ready"}, status=503 if draining else 200)

    def _prefix(self, request: web.Request) -> str:
        """The path under which who asks sees the daemon."""
        return proxy.prefix(request, self._base)

    def _job(self, request: web.Request) -> QueuedJob:
        try:
            return self._scheduler.store.get(request.match_info["id"])
        except KeyError:
            raise web.HTTPNotFound(reason="there is no such job") from None

    def _answer(self, job: QueuedJob, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
        return web.json_response(to_json(job), status=status, headers=headers)


async def _kept(change: Awaitable[T]) -> T:
    """A change of the queue, its errors as HTTP has them."""
    try:
        return await change
    except ConflictError as error:
        raise web.HTTPConflict(reason=str(error)) from error
    except StoreBusyError as error:
        raise web.HTTPServiceUnavailable(reason=str(error), headers={"Retry-After": "10"}) from error
    except StoreFullError as error:
        raise web.HTTPInsufficientStorage(reason=str(error)) from error


def _event(state: Mapping[str, object]) -> bytes:
    return b"event: job\ndata: " + json.dumps(state).encode() + b"\n\n"


async def listen(api: Api, host: str, port: int) -> tuple[HttpServer, int]:
    """Serves. Returns what to close, and the port. Raises OSError."""
    server = HttpServer(api.app, api.activity)
    return server, await server.open(host, port)
