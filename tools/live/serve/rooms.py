"""Rooms: who publishes, who watches, whose face is put in; each room by itself. Knows peers and sessions, no HTTP."""

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field

from aiortc import RTCIceServer

from stream.live.ladder import Rung
from stream.live.session import LiveSession, Swap
from stream.telemetry.metrics import Metered, Metrics
from stream.telemetry.trace import Tracer
from stream.webrtc.peer import Peer
from stream.webrtc.tracks import ViewerTrack
from tools.live.serve import admission
from tools.live.serve.settings import Settings
from tools.swap.ensemble import Face

log = logging.getLogger("understudy.serve")

UNUSED = 120.0  # seconds that a room with nobody in it is kept
Make = Callable[[Face | None], Callable[[Metered], Swap]]


class Refused(Exception):
    """The request cannot be met now. status: HTTP's. reason: for the client and the metrics."""

    def __init__(self, status: int, reason: str, kind: str) -> None:
        super().__init__(reason)
        self.status, self.reason, self.kind = status, reason, kind


@dataclass(slots=True)
class Link:
    """One peer in a room. who: the token it came with. etag: of its ICE session."""

    id: str
    peer: Peer
    publishes: bool
    who: str = ""
    etag: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(slots=True)
class Room:
    """name: the stream key. own: made for an upload, and gone with its session. who: the token that it was made with.
    held: what is given back when it ends."""

    name: str
    source: Face | None
    own: bool
    touched: float
    who: str = ""
    session: LiveSession | None = None
    links: dict[str, Link] = field(default_factory=dict)
    held: ExitStack = field(default_factory=ExitStack)

    @property
    def publisher(self) -> Link | None:
        return next((link for link in self.links.values() if link.publishes), None)


def facts(session: LiveSession) -> dict[str, object]:
    """What the log says of a session that ends: figures, and nothing of who it was."""
    delays = sorted(session.delays) or [0.0]
    return {
        "came": session.came,
        "left": session.left,
        "shed": session.shed,
        "held": session.held,
        "delay_ms": round(1000 * delays[len(delays) // 2], 1),
        "rung": session.rung.name.lower(),
        "failed": None if session.failed is None else type(session.failed).__name__,
    }


class Rooms:
    """All of them. make: what makes a session's swap from a face. default: the face of rooms that bring none."""

    def __init__(
        self,
        settings: Settings,
        make: Make,
        metrics: Metrics,
        default: Face | None = None,
        tracer: Tracer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._make, self.metrics, self._tracer = settings, make, metrics, tracer
        self._default, self._clock = default, clock
        self.rooms: dict[str, Room] = {}
        self.usage = admission.Usage()
        self.draining = False
        self._rows = 0
        self._closing: set[asyncio.Task[None]] = set()

    def sessions(self) -> list[LiveSession]:
        return [room.session for room in self.rooms.values() if room.session is not None]

    def admit(self) -> None:
        """Raises Refused (503) where one more session would make everybody slow."""
        sessions = self.sessions()
        rung = max((s.rung for s in sessions), default=Rung.FULL)
        cores = os.cpu_count() or 1
        why = "the server is shutting down" if self.draining else None
        why = why or admission.refusal(
            admission.Capacity(cores, self.usage.cores, len(sessions), rung, self._settings.most)
        )
        if why:
            raise Refused(503, why, "capacity")

    def open(self, source: Face, who: str = "") -> Room:
        """A room with a face of its own."""
        self.admit()
        if len(self.rooms) >= 4 * self._settings.most:
            raise Refused(503, "too many rooms are open", "rooms")
        room = Room(secrets.token_urlsafe(16), source, True, self._clock(), who)
        self.rooms[room.name] = room
        return room

    async def publish(
        self, name: str, offer: str, who: str = "", seat: AbstractContextManager[None] | None = None
    ) -> tuple[Link, str]:
        """A publisher comes in. seat: taken for as long as the room lasts. Raises Refused, BadSdp, and what the seat
        raises."""
        room = self.rooms.get(name)
        if room is None:
            if self._default is None and not self._settings.bare:
                raise Refused(404, "no such room, and this server has no face of its own: upload one first", "no_face")
            room = Room(name, self._default, False, self._clock(), who)
        if room.who != who:
            raise Refused(404, "no such room", "no_face")
        if room.publisher is not None:
            raise Refused(409, "somebody publishes under this key already", "key_taken")
        self.admit()
        if seat is not None:
            room.held.enter_context(seat)
        self.rooms[name] = room
        self._rows += 1
        session = room.session = LiveSession(self._make(room.source), self.metrics, self._tracer, self._rows)
        link = self._link(room, True, who)
        try:
            answer = await link.peer.publish(offer, session.picture, session.sound)
        except BaseException:
            await self.leave(room.name, link.id)
            raise
        log.info("session %d begins", self._rows, extra={"facts": {"event": "session begins", "session": self._rows}})
        return link, answer

    async def play(self, name: str, offer: str, who: str = "") -> tuple[Link, str]:
        """A viewer comes in. Raises Refused, BadSdp."""
        room = self.rooms.get(name)
        if room is None or room.session is None:
            raise Refused(404, "nobody publishes under this key", "no_publisher")
        if sum(not link.publishes for link in room.links.values()) >= self._settings.viewers:
            raise Refused(503, f"all {self._settings.viewers} places for viewers are taken", "viewers")
        link = self._link(room, False, who)
        session = room.session
        try:
            answer = await link.peer.play(offer, [ViewerTrack(f.subscribe()) for f in (session.video, session.audio)])
        except BaseException:
            await self.leave(name, link.id)
            raise
        return link, answer

    def find(self, name: str, link: str) -> Link | None:
        room = self.rooms.get(name)
        return room.links.get(link) if room else None

    async def leave(self, name: str, id_: str) -> bool:
        """A peer goes. With its publisher a room ends, viewers and face included. False if it was not there."""
        room = self.rooms.get(name)
        link = room.links.pop(id_, None) if room else None
        if room is None or link is None:
            return False
        room.touched = self._clock()
        await link.peer.close()
        if link.publishes:
            await self.end(name, "the publisher left")
        return True

    async def end(self, name: str, why: str) -> bool:
        """Ends a room: every peer, the session, the face. why: for the log."""
        room = self.rooms.pop(name, None)
        if room is None:
            return False
        room.held.close()
        links, room.links, room.source = list(room.links.values()), {}, None
        session, room.session = room.session, None
        for link in links:
            await link.peer.close()
        if session is not None:
            await session.close()
            words = {"event": "session ended", "session": session.number, "why": why, **facts(session)}
            log.info("session %d ended: %s", session.number, why, extra={"facts": words}, exc_info=session.failed)
        return True

    async def sweep(self) -> None:
        """Ends what nobody uses: publishers that fell silent, rooms that stayed empty. Reads the machine's load."""
        self.usage.read(time.process_time(), self._clock())
        for room in list(self.rooms.values()):
            session = room.session
            if session is not None:
                silent = session.clock() - session.last_came > self._settings.quiet_after
                if silent or session.failed is not None:
                    await self.end(room.name, "silence" if session.failed is None else "its work failed")
            elif self._clock() - room.touched > UNUSED:
                await self.end(room.name, "unused")
        sessions = self.sessions()
        m = self.metrics
        m.sessions.set(len(sessions))
        m.viewers.set(sum(not link.publishes for room in self.rooms.values() for link in room.links.values()))
        m.queue.labels("work").set(sum(s.waiting for s in sessions))
        m.queue.labels("send").set(sum(s.video.waiting for s in sessions))
        m.queue.labels("send_sound").set(sum(s.audio.waiting for s in sessions))
        m.rung.set(max((s.rung for s in sessions), default=Rung.FULL))
        m.skew.set(max((s.sound_delay - s.follow.delay for s in sessions), key=abs, default=0.0))

    async def close(self) -> None:
        self.draining = True
        for name in list(self.rooms):
            await self.end(name, "the server ends")

    def _link(self, room: Room, publishes: bool, who: str) -> Link:
        id_ = secrets.token_urlsafe(12)

        def gone() -> None:
            task = asyncio.ensure_future(self._gone(room.name, id_))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

        ice = tuple(RTCIceServer(s.url, s.username, s.credential) for s in self._settings.ice)
        link = room.links[id_] = Link(id_, Peer(ice, gone), publishes, who)
        return link

    async def _gone(self, name: str, id_: str) -> None:
        await self.leave(name, id_)
