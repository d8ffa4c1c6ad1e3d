"""Rooms: who publishes, who watches, whose face is put in; each room by itself. Knows peers and sessions, no HTTP."""

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

from aiortc import RTCIceServer

from stream.live.ladder import Rung
from stream.live.session import FrameSwap, LiveSession
from stream.net import descriptors
from stream.pipeline.control import SourceSet
from stream.telemetry.metrics import Metered, Metrics
from stream.telemetry.trace import Tracer
from stream.webrtc.peer import Peer
from stream.webrtc.tracks import ViewerTrack
from tools.http.token_gate import Grant, TokenGate
from tools.http.tokens import Quota
from tools.live.serve import admission
from tools.live.serve.room import Link, Room
from tools.live.serve.settings import Settings

log = logging.getLogger("understudy.serve")

UNUSED = 120.0  # seconds that a room with nobody in it is kept
CONNECT_WITHIN = 15.0  # seconds from a viewer's answer to being connected
ROOMS = 4  # rooms that may be open, for each session that there may be
NO_DESCRIPTORS = "the server has too many files and connections open"
Make = Callable[[SourceSet | None], Callable[[Metered], FrameSwap]]


class Refused(Exception):
    """The request cannot be met now. status: HTTP's. reason: for the client and the metrics."""

    def __init__(self, status: int, reason: str, kind: str) -> None:
        super().__init__(reason)
        self.status, self.reason, self.kind = status, reason, kind


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
    """All of them. gate: of the server's tokens. make: what makes a session's swap from a face. default: the face of
    rooms that bring none."""

    def __init__(
        self,
        settings: Settings,
        gate: TokenGate,
        make: Make,
        metrics: Metrics,
        default: SourceSet | None = None,
        tracer: Tracer | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._gate, self._make = settings, gate, make
        self.metrics, self._tracer, self._default, self._clock = metrics, tracer, default, clock
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
        if descriptors.short():
            raise Refused(503, NO_DESCRIPTORS, "descriptors")

    def open(self, source: SourceSet, grant: Grant, name: str | None = None) -> Room:
        """A room with a face of its own. name: its key; a new one if None. Raises Refused, AccessDenied."""
        self.admit()
        if name in self.rooms:
            raise Refused(409, "there is a room with this key already; end it, or take another key", "key_taken")
        if len(self.rooms) >= ROOMS * self._settings.most:
            raise Refused(503, "too many rooms are open", "rooms")
        room = Room(name or secrets.token_urlsafe(16), source, True, grant, self._clock())
        room.hold(self._gate.hold(grant, Quota.ROOMS))
        self.rooms[room.name] = room
        return room

    async def publish(self, name: str, offer: str, grant: Grant) -> tuple[Link, str]:
        """A publisher comes in. Raises Refused, AccessDenied, BadSdp."""
        room = self._for_publisher(name, grant)
        self.admit()
        room.hold(self._gate.hold(grant, Quota.SESSIONS))
        self.rooms[name] = room
        self._rows += 1
        session = LiveSession(self._make(room.source), self.metrics, self._tracer, self._rows)
        room.begin(session)
        link = self._link(room, True, grant, ExitStack())
        answer = await self._answered(room, link, link.peer.publish(offer, session.picture, session.sound))
        log.info("session %d begins", self._rows, extra={"facts": {"event": "session begins", "session": self._rows}})
        return link, answer

    async def play(self, name: str, offer: str, grant: Grant) -> tuple[Link, str]:
        """A viewer comes in. Raises Refused, AccessDenied, BadSdp."""
        room = self.rooms.get(name)
        if room is None or room.session is None:
            raise Refused(404, "nobody publishes under this key", "no_publisher")
        if len(room.viewers) >= self._settings.viewers:
            raise Refused(503, f"all {self._settings.viewers} places for viewers are taken", "viewers")
        if descriptors.short():
            raise Refused(503, NO_DESCRIPTORS, "descriptors")
        held = ExitStack()
        held.enter_context(self._gate.hold(grant, Quota.VIEWERS))
        tracks = [ViewerTrack(source.subscribe()) for source in (room.session.video, room.session.audio)]
        for track in tracks:  # of a viewer who never connects, nobody else stops them
            held.callback(track.stop)
        link = self._link(room, False, grant, held)
        return link, await self._answered(room, link, link.peer.play(offer, tracks))

    def _for_publisher(self, name: str, grant: Grant) -> Room:
        """The room that a publisher may have, new or waiting. Raises Refused."""
        room = self.rooms.get(name)
        if room is None:
            if self._default is None and not self._settings.bare:
                raise Refused(404, "no such room, and this server has no face of its own: upload one first", "no_face")
            return Room(name, self._default, False, grant, self._clock())
        if room.who != grant.who:
            raise Refused(404, "no such room", "no_face")
        if room.publisher is not None:
            raise Refused(409, "somebody publishes under this key already", "key_taken")
        return room

    async def _answered(self, room: Room, link: Link, answering: Awaitable[str]) -> str:
        """The answer to an offer; who gets none leaves again."""
        try:
            return await answering
        except BaseException:
            await self.leave(room.name, link.id)
            raise

    def find(self, name: str, link: str) -> Link | None:
        room = self.rooms.get(name)
        return room.links.get(link) if room else None

    async def leave(self, name: str, id_: str) -> bool:
        """A peer goes. With its publisher a room ends, viewers and face included. False if it was not there."""
        room = self.rooms.get(name)
        link = await room.remove(id_, self._clock()) if room else None
        if link is None:
            return False
        if link.publishes:
            await self.end(name, "the publisher left")
        return True

    async def end(self, name: str, why: str) -> bool:
        """Ends a room: every peer, the session, the face. why: for the log."""
        room = self.rooms.pop(name, None)
        if room is None:
            return False
        session = await room.end(why)
        if session is not None:
            words = {"event": "session ended", "session": session.number, "why": why, **facts(session)}
            log.info("session %d ended: %s", session.number, why, extra={"facts": words}, exc_info=session.failed)
        return True

    async def sweep(self) -> None:
        """Ends what nobody uses, and what belongs to a token that was revoked. Reads the machine's load."""
        self.usage.read(time.process_time(), self._clock())
        for room in list(self.rooms.values()):
            if why := self._over(room):
                await self.end(room.name, why)
                continue
            for link in list(room.links.values()):
                if self._lost(link):
                    await self.leave(room.name, link.id)
        self._show()

    def _over(self, room: Room) -> str | None:
        """Why a room is to end, if it is."""
        session = room.session
        if not self._gate.stands(room.grant):
            return "its token ended"
        if session is None:
            return "unused" if self._clock() - room.touched > UNUSED else None
        if session.failed is not None:
            return "its work failed"
        return "silence" if session.clock() - session.last_came > self._settings.quiet_after else None

    def _lost(self, link: Link) -> bool:
        """Whether a peer is to go: a viewer who never connects, or anybody whose token has ended."""
        late = not link.publishes and not link.peer.established and self._clock() - link.since > CONNECT_WITHIN
        return late or not self._gate.stands(link.grant)

    def _show(self) -> None:
        """The figures of all rooms, as metrics."""
        sessions, m = self.sessions(), self.metrics
        m.sessions.set(len(sessions))
        m.viewers.set(sum(len(room.viewers) for room in self.rooms.values()))
        m.queue.labels("work").set(sum(s.waiting for s in sessions))
        m.queue.labels("send").set(sum(s.video.waiting for s in sessions))
        m.queue.labels("send_sound").set(sum(s.audio.waiting for s in sessions))
        m.rung.set(max((s.rung for s in sessions), default=Rung.FULL))
        m.skew.set(max((s.sound_delay - s.follow.delay for s in sessions), key=abs, default=0.0))

    async def close(self) -> None:
        """Lets nobody in any more, and ends every room."""
        self.draining = True
        for name in list(self.rooms):
            await self.end(name, "the server ends")

    def _link(self, room: Room, publishes: bool, grant: Grant, held: ExitStack) -> Link:
        id_ = secrets.token_urlsafe(12)

        def gone() -> None:
            task = asyncio.ensure_future(self._gone(room.name, id_))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

        ice = tuple(RTCIceServer(s.url, s.username, s.credential) for s in self._settings.ice)
        link = Link(id_, Peer(ice, gone), publishes, grant, self._clock(), held)
        room.add(link)
        return link

    async def _gone(self, name: str, id_: str) -> None:
        await self.leave(name, id_)
