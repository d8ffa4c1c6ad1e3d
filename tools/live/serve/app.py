"""The live server put together: routes, the page, figures, health; and its life from start to drained."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from aiohttp import web

from engines.errors import UnderstudyError
from engines.values import U8
from stream.consent.consent import ConsentError, Given, sent
from stream.consent.denied import DenyCheck
from stream.consent.photos import NamedPhoto
from stream.live.session import FrameSwap
from stream.pipeline.control import SourceSet
from stream.telemetry.metrics import CONTENT_TYPE, Codecs, Metered, Metrics
from stream.telemetry.trace import Tracer
from stream.webrtc.install import install
from tools.http import limits, photo
from tools.http.activity import RequestActivity
from tools.http.auth import RequestAuth
from tools.http.proxy import prefix
from tools.http.server import HttpServer, HttpTimeouts
from tools.http.token_gate import TokenGate
from tools.http.tokens import Scope
from tools.http.uploads import Uploads
from tools.live.face_admission import FaceAdmission
from tools.live.serve import admission
from tools.live.serve.room import Room
from tools.live.serve.room_steering import RoomSteering
from tools.live.serve.rooms import Refused, Rooms
from tools.live.serve.settings import Settings
from tools.live.serve.texts import texts_handler
from tools.live.serve.view_pages import ViewPages, asked_key
from tools.live.serve.whip import NAME, Signalling, refusal

log = logging.getLogger("understudy.serve")

STATIC = Path(__file__).parent / "static"
PAGES = {
    "/": ("index.html", "text/html"),
    **{
        f"/{name}.js": (f"{name}.js", "text/javascript")
        for name in ("app", "events", "faces", "memory", "people", "record", "share", "texts", "whip")
    },
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    "/style.css": ("style.css", "text/css"),
}
IMAGES = ("image/jpeg", "image/png", "image/webp")
DRAIN = 5.0  # seconds that sessions get to end
LATEST = 60.0  # seconds; a delay beyond is no measurement
Deny = Callable[[Sequence[NamedPhoto]], None]
"""Raises DeniedError for photos of somebody whose face must not be used."""


class Swaps(Protocol):
    """What the server knows of faces. default: the server's own people; None: sessions bring theirs."""

    @property
    def default(self) -> SourceSet | None: ...
    def prepare(self, photos: Sequence[tuple[str, U8]]) -> SourceSet: ...
    def make(self, sources: SourceSet | None) -> Callable[[Metered], FrameSwap]: ...


class Server:
    """One application. `app` for aiohttp; `rooms` for who needs to look inside."""

    def __init__(
        self, settings: Settings, swaps: Swaps, metrics: Metrics | None = None, deny: Deny | None = None
    ) -> None:
        """deny: looks at every photo that comes in; the deployment's deny list if None."""
        settings.check()
        self._deny = deny or DenyCheck(settings.spec.device).photos
        self.settings, self._swaps, self.metrics = settings, swaps, metrics or Metrics()
        gate = TokenGate(settings.tokens)
        self._auth = RequestAuth(gate, self.metrics.refused.labels("token").inc)
        self._tracer = Tracer(settings.trace) if settings.trace else None
        install(Codecs(self.metrics, self._tracer))
        self.rooms = Rooms(settings, gate, swaps.make, self.metrics, swaps.default, self._tracer)
        self.activity = RequestActivity()
        self._reading, self._uploads = asyncio.Semaphore(1), Uploads()
        local = settings.loopback and not self._auth.needed
        middleware = limits.middleware(local, settings.origins, self.activity)
        self.app = web.Application(middlewares=[middleware], client_max_size=photo.LARGEST)
        parts = (
            RoomSteering(self.rooms, settings, self._auth, self._face, FaceAdmission(self._deny, swaps.prepare)),
            ViewPages(settings, self._auth),
            Signalling(self.rooms, settings, self._auth),
        )
        for base in {"", settings.base_path}:  # a proxy takes the path away, or leaves it
            self.app.add_routes([*self._routes(base), *(route for part in parts for route in part.routes(base))])
        if settings.base_path:  # the page's links count from its folder
            self.app.router.add_get(settings.base_path, self._to_folder)
        self.app.cleanup_ctx.append(self._life)

    def _routes(self, base: str) -> list[web.RouteDef]:
        room = f"{base}/api/rooms/{NAME}"
        return [
            *(web.get(base + path, partial(self._page, *page)) for path, page in PAGES.items()),
            web.get(f"{base}/api/settings", self._settings),
            web.get(f"{base}/texts.json", texts_handler(self.settings.texts)),
            web.post(f"{base}/api/rooms", self._upload),
            web.delete(room, self._end),
            web.post(f"{room}/glass", self._glass),
            web.get(f"{base}/metrics", self._metrics),
            web.get(f"{base}/healthz", self._health),
            web.get(f"{base}/readyz", self._ready),
        ]

    def _room(self, request: web.Request, scope: Scope, own: bool = False) -> Room:
        """The room that a request names. own: for who made it, or an admin. Raises AccessDenied, 404."""
        grant = self._auth.authorize(request, scope)
        room = self.rooms.rooms.get(request.match_info["name"])
        if room is None:
            raise web.HTTPNotFound(reason="no such room")
        if own:
            self._auth.own(request, grant, room.who)
        return room

    async def _life(self, _: web.Application) -> AsyncIterator[None]:
        async def tick() -> None:
            while True:
                await asyncio.sleep(1)
                try:
                    await self.rooms.sweep()
                except Exception:
                    log.exception("the sweep failed; it is tried again")

        task = asyncio.create_task(tick())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(self.rooms.close(), DRAIN)
        if self._tracer:
            self._tracer.close()

    async def _to_folder(self, _: web.Request) -> web.Response:
        raise web.HTTPPermanentRedirect(f"{self.settings.base_path}/")

    async def _page(self, name: str, kind: str, _: web.Request) -> web.Response:
        return web.Response(body=(STATIC / name).read_bytes(), content_type=kind, charset="utf-8")

    async def _settings(self, _: web.Request) -> web.Response:
        s = self.settings
        ice = [{"urls": i.url, "username": i.username, "credential": i.credential} for i in s.ice if not i.credential]
        facts = {
            "label": s.disclosure,
            "token": self._auth.needed,
            "face": self._swaps.default is not None,
            "ice": ice,
        }
        return web.json_response(facts)

    async def _upload(self, request: web.Request) -> web.Response:
        """A photo makes a room: its face lives in memory until the room ends. `?consent=true` says that its person
        agreed; without that no photo is read."""
        grant = self._auth.authorize(request, Scope.UPLOAD)
        if request.query.get("consent") != "true":
            raise ConsentError("say that the person in the photo agreed: POST api/rooms?consent=true")
        try:
            self.rooms.admit()
            face, digest = await self._face(request, min(photo.LARGEST, grant.limits.upload))
            room = self.rooms.open(face, grant, asked_key(request))
        except Refused as refused:
            return refusal(self.rooms, refused)
        facts = {"event": "photo accepted", "sha256": digest, "consent": Given.UPLOAD.value}
        log.info("a photo came in, with consent", extra={"facts": facts})
        base = prefix(request, self.settings.base_path)
        place = {"whip": f"{base}/whip/{room.name}", "whep": f"{base}/whep/{room.name}"}
        return web.json_response({"name": room.name, **place, "notes": list(face.notes)}, status=201)

    async def _face(self, request: web.Request, most: int) -> tuple[SourceSet, str]:
        """The face of an uploaded photo, and the hash of its file. Raises SourceError, DeniedError, HTTPException."""
        with self._uploads.upload() as upload:
            data = await limits.body(request, IMAGES, most, upload.grow)
            async with self._reading:
                image = await asyncio.to_thread(photo.decode, data)
                photos = [("the photo", image)]
                await asyncio.to_thread(self._deny, photos)
                return await asyncio.to_thread(self._swaps.prepare, photos), sent([("the photo", data)]).sha256

    async def _glass(self, request: web.Request) -> web.Response:
        """A viewer tells the delay from the camera to the screen, `{"ms": 61.5}`, as it can be measured there."""
        self._room(request, Scope.VIEW)
        body = await limits.json_body(request, 256)
        try:
            seconds = float(body["ms"]) / 1000
        except (ValueError, TypeError, KeyError, OverflowError):
            raise web.HTTPBadRequest(reason='send {"ms": a number}') from None
        if not 0 < seconds < LATEST:
            raise web.HTTPUnprocessableEntity(reason=f"a delay lies between 0 and {LATEST:.0f} s")
        self.metrics.glass.observe(seconds)
        return web.Response(status=204)

    async def _end(self, request: web.Request) -> web.Response:
        room = self._room(request, Scope.SWAP, own=True)
        await self.rooms.end(room.name, "ended by request")
        return web.Response(status=204)

    async def _metrics(self, request: web.Request) -> web.Response:
        self._auth.authorize(request, Scope.ADMIN)
        return web.Response(body=self.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _ready(self, _: web.Request) -> web.Response:
        try:
            self.rooms.admit()
        except Refused as refused:
            return limits.problem(503, refused.reason, {"Retry-After": str(admission.RETRY)})
        return web.json_response({"status": "ready"})


@contextlib.asynccontextmanager
async def listening(server: Server, patience: HttpTimeouts | None = None) -> AsyncIterator[int]:
    """Serves until left; yields the port. Sessions are ended on the way out. Raises UnderstudyError."""
    s = server.settings
    http = HttpServer(server.app, server.activity, _tls(s), patience)
    try:
        port = await http.open(s.host, s.port)
    except OSError as error:
        why = error.strerror or str(error)
        raise UnderstudyError(f"cannot listen at {s.host}:{s.port}: {why}; give another --host or --port") from error
    try:
        yield port
    finally:
        await http.close()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """Raises UnderstudyError."""
    if settings.cert is None or settings.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.cert, settings.key)
    except (OSError, ValueError) as error:
        raise UnderstudyError(f"--cert {settings.cert} and --key {settings.key} cannot be used: {error}") from error
    return context
