"""Room: one stream key: its publisher, its viewers, the face that is put in; and how all of it ends.

Knows peers and sessions; nothing of other rooms, and no HTTP.
"""

import asyncio
import secrets
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field

from stream.live.session import LiveSession
from stream.live.wanted import Wanted
from stream.pipeline.control import SourceSet
from stream.webrtc.peer import Peer
from tools.http.token_gate import Grant


@dataclass(frozen=True, slots=True)
class Link:
    """One peer in a room. grant: of the token that it came with. since: when it came. held: what is
    given back when it goes. etag: of its ICE session."""

    id: str
    peer: Peer
    publishes: bool
    grant: Grant
    since: float
    held: ExitStack
    etag: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def who(self) -> str:
        """The id of its token."""
        return self.grant.who

    async def close(self) -> None:
        self.held.close()
        await self.peer.close()


class Room:
    """name: the stream key. source: the face, None for none. uploaded: made for an upload. grant: of the token that it
    was made with. held: what is given back when it ends. wanted: what its session was told last, None where nobody has
    changed it. changing: held by who changes it. ended: why it has ended."""

    def __init__(self, name: str, source: SourceSet | None, uploaded: bool, grant: Grant, now: float) -> None:
        self.name, self.source, self.uploaded, self.grant = name, source, uploaded, grant
        self.links: dict[str, Link] = {}
        self.session: LiveSession | None = None
        self.touched = now
        self.wanted: Wanted | None = None
        self.ended = ""
        self.changing = asyncio.Lock()  # one change at a time
        self._recorders: set[str] = set()
        self._held = ExitStack()

    @property
    def who(self) -> str:
        """The id of its token."""
        return self.grant.who

    @property
    def publisher(self) -> Link | None:
        return next((link for link in self.links.values() if link.publishes), None)

    @property
    def viewers(self) -> list[Link]:
        return [link for link in self.links.values() if not link.publishes]

    def hold(self, seat: AbstractContextManager[object]) -> None:
        """Takes what is given back when the room ends. Raises what the seat raises."""
        self._held.enter_context(seat)

    def begin(self, session: LiveSession) -> None:
        """A publisher has come."""
        self.session = session

    def steered(self, wanted: Wanted) -> None:
        """Its session was changed."""
        self.wanted, self.source = wanted, wanted.sources

    def records(self, link: str, on: bool) -> None:
        """A viewer keeps, or no longer keeps, what comes. link: the viewer's id."""
        (self._recorders.add if on else self._recorders.discard)(link)

    @property
    def recorders(self) -> int:
        """Viewers who say that they record."""
        return len(self._recorders & self.links.keys())

    def add(self, link: Link) -> None:
        self.links[link.id] = link

    async def remove(self, id_: str, now: float) -> Link | None:
        """A peer goes; None if it was not there."""
        link = self.links.pop(id_, None)
        if link is not None:
            self.touched = now
            await link.close()
        return link

    async def end(self, why: str = "") -> LiveSession | None:
        """Ends every peer and the session, and forgets the face. Returns the session that has ended."""
        self.ended = why
        self._held.close()
        links, self.links, self.source = list(self.links.values()), {}, None
        self.wanted = None
        session, self.session = self.session, None
        for link in links:
            await link.close()
        if session is not None:
            await session.close()
        return session
