"""RoomSteering: a running session looked at and changed over HTTP: `GET`, `PATCH` and events of `/api/rooms/KEY`.

Knows requests and answers; what a change means is `stream.live.wanted`'s, and the session acts.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from stream.consent.consent import Given
from stream.live.figures import figures
from stream.live.steering import Steer, SteerError, parse_steer, parse_texts
from stream.live.wanted import Newcomers, Wanted, after, change, first
from stream.pipeline.control import SourceSet
from tools.http import limits, photo
from tools.http.auth import RequestAuth
from tools.http.event_stream import EventStream
from tools.http.proxy import prefix
from tools.http.token_gate import Grant
from tools.http.tokens import Quota, Scope
from tools.live.face_admission import FaceAdmission, said_of
from tools.live.serve.openapi import document
from tools.live.serve.room import Room
from tools.live.serve.rooms import Rooms
from tools.live.serve.settings import Settings
from tools.live.serve.whip import NAME

log = logging.getLogger("understudy.serve")
BODY = 1 << 14  # bytes of a change
EVERY = 0.25  # seconds between two events
ReadFace = Callable[[web.Request, int], Awaitable[tuple[SourceSet, str]]]
"""The face of a photo in a request's body, of so many bytes at most, and the hash of its file."""


class RoomSteering:
    """The handlers. read_face: of an uploaded photo. admission: for kept identities. every: seconds between events."""

    def __init__(
        self,
        rooms: Rooms,
        settings: Settings,
        auth: RequestAuth,
        read_face: ReadFace,
        admission: FaceAdmission,
        every: float = EVERY,
    ) -> None:
        self._rooms, self._settings, self._auth = rooms, settings, auth
        self._read_face, self._admission, self._every = read_face, admission, every

    def routes(self, base: str = "") -> list[web.RouteDef]:
        """base: the path under which they are, empty for none."""
        place = f"{base}/api/rooms/{NAME}"
        return [
            web.get(place, self.show),
            web.patch(place, self.patch),
            web.get(f"{place}/events", self.events),
            web.post(f"{place}/recording", self.recording),
            web.get(f"{base}/openapi.json", self.document),
        ]

    async def show(self, request: web.Request) -> web.Response:
        room, _ = self._room(request, Scope.VIEW)
        return web.json_response(self._figures(room))

    async def patch(self, request: web.Request) -> web.Response:
        """A change as JSON, or a photo with the rest of the change in the address."""
        room, grant = self._room(request, Scope.SWAP)
        self._auth.own(request, grant, room.who)
        try:
            async with room.changing:
                return await self._changed(request, room, grant)
        except SteerError as error:
            return _problem(error)

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The same as `show`, several times a second, until the room ends."""
        room, grant = self._room(request, Scope.VIEW)
        with self._auth.hold(grant, Quota.LISTENERS):
            stream = EventStream(request, time.monotonic)
            try:
                await stream.open()
                while self._rooms.rooms.get(room.name) is room and self._auth.stands(grant):
                    await stream.send(_event("state", self._figures(room)))
                    await asyncio.sleep(self._every)
                await stream.send(_event("end", {"why": room.ended}))
            except (ConnectionError, EOFError):
                pass
            return stream.response

    async def recording(self, request: web.Request) -> web.Response:
        """A viewer says that he records, or no longer: `{"viewer": ID, "on": true}`, the id of his WHEP session. The
        publisher is told by `show` and by the events."""
        room, grant = self._room(request, Scope.VIEW)
        told = await limits.json_body(request, 256)
        if not isinstance(told, dict) or not isinstance(told.get("on"), bool):
            raise web.HTTPBadRequest(reason='send {"viewer": the id of your session, "on": true or false}')
        link = room.links.get(str(told.get("viewer")))
        if link is None or link.publishes:
            raise web.HTTPNotFound(reason="no such viewer")
        self._auth.own(request, grant, link.who)
        room.records(link.id, told["on"])
        return web.Response(status=204)

    async def document(self, request: web.Request) -> web.Response:
        return web.json_response(document(self._auth.needed, prefix(request, self._settings.base_path)))

    def _room(self, request: web.Request, scope: Scope) -> tuple[Room, Grant]:
        """Raises AccessDenied, 404."""
        grant = self._auth.authorize(request, scope)
        room = self._rooms.rooms.get(request.match_info["name"])
        if room is None:
            raise web.HTTPNotFound(reason="no such room")
        return room, grant

    def _figures(self, room: Room) -> dict[str, object]:
        return figures(room.session, self._wanted(room), room.recorders)

    def _wanted(self, room: Room) -> Wanted | None:
        if room.wanted is None and room.source is not None:
            return first(self._settings.spec, room.source, self._settings.live.label)
        return room.wanted

    async def _changed(self, request: web.Request, room: Room, grant: Grant) -> web.Response:
        session, now = room.session, self._wanted(room)
        if session is None or now is None:
            raise web.HTTPConflict(reason="nobody publishes here yet; change it once it runs")
        steer, people, said = await self._asked(request, grant, now)
        if steer.label is not None:  # it is the server's word to viewers
            self._auth.authorize(request, Scope.ADMIN)
        then = after(now, steer, self._settings.spec, people)
        if room.session is not session:
            raise web.HTTPConflict(reason="the session ended meanwhile")
        label = then.label if then.label != now.label else None
        await asyncio.to_thread(session.update, change(now, then), label)
        room.steered(then)
        words = {"event": "session changed", "session": session.number, "frame": session.came, "faces": said}
        log.info("session %d was changed", session.number, extra={"facts": words | steer.facts})
        return web.json_response(self._figures(room) | {"notes": list(people.sources.notes) if people else []})

    async def _asked(
        self, request: web.Request, grant: Grant, now: Wanted
    ) -> tuple[Steer, Newcomers | None, list[dict[str, object]]]:
        """The change, who comes in with it, and what the log says of them."""
        if request.content_type in ("image/jpeg", "image/png", "image/webp"):
            asked = {name: request.query.getall(name) for name in request.query}
            person = _number(asked.pop("person", ["1"])[0], len(now.sources))
            agreed = asked.pop("consent", [])
            if agreed != ["true"]:
                raise SteerError("consent", "say that the person in the photo agreed: ?consent=true")
            steer = parse_texts(asked) if asked else Steer()
            if steer.source is not None:
                raise SteerError("source", "the photo is one already; send it, or name an identity")
            self._auth.authorize(request, Scope.UPLOAD)
            face, digest = await self._read_face(request, min(photo.LARGEST, grant.limits.upload))
            said: dict[str, object] = {"sha256": digest, "consent": Given.UPLOAD.value, "person": person}
            return steer, Newcomers(face, ("",), person - 1), [said]
        steer = parse_steer(await limits.json_body(request, BODY))
        if steer.source is None:
            return steer, None, []
        self._auth.authorize(request, Scope.UPLOAD)
        people, consent = await asyncio.to_thread(self._admission.kept, steer.source, Given.REQUEST)
        return steer, people, said_of(consent)


def _number(text: str, people: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:3]) <= people + 1):
        raise SteerError("person", f"{text[:20]!r}: take 1 to {people + 1}; the last one is a new person")
    return int(text)


def _problem(error: SteerError) -> web.Response:
    """With the field's name as a member of its own."""
    response = limits.problem(422, str(error))
    assert isinstance(response.body, bytes)
    response.body = json.dumps(json.loads(response.body) | {"field": error.field}).encode()
    return response


def _event(kind: str, told: dict[str, object]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(told)}\n\n".encode()
