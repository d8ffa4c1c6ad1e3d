"""RtmpServer: takes RTMP publishers. One port, any number of keys; each key has a slot for one publisher at a time.

The place where sockets, the event loop and the reading threads meet. FFmpeg's own listener takes anybody, whatever the
key, and serves one; this one does not.
"""

import asyncio
import contextlib
import hashlib
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from stream.net.connections import Connections
from stream.net.descriptors import share
from stream.net.listener import Listener
from stream.rtmp.publisher_session import PublishAnswer, PublisherSession
from stream.rtmp.slot import Slot

log = logging.getLogger("understudy.io")
CONNECTIONS = 64  # at once
DESCRIPTORS = 8  # the server's connections may take one in so many: each publisher takes three
PER_MINUTE, BURST = 120, 30  # connections of one address
BUFFER = 1 << 15  # bytes of a connection that wait to be read


@dataclass(frozen=True, slots=True)
class RtmpTimeouts:
    """Seconds. publish: from connecting to having said a key. data: without a byte after which a publisher is gone."""

    publish: float = 5.0
    data: float = 10.0


def digest(path: str) -> str:
    """How paths are looked up: not by the key itself, so that how long it takes tells nothing."""
    return hashlib.sha256(path.encode()).hexdigest()


class RtmpServer:
    """slots: by `digest` of `application/key`; may change at any time. came: told of each publisher, on the loop. room:
    whether there is room for a slot's publisher."""

    def __init__(
        self,
        slots: dict[str, Slot],
        came: Callable[[Slot], object] = lambda _: None,
        room: Callable[[Slot], bool] = lambda _: True,
        timeouts: RtmpTimeouts | None = None,
    ) -> None:
        self.slots, self._came, self._room, self._timeouts = slots, came, room, timeouts or RtmpTimeouts()
        self.connections = Connections(share(CONNECTIONS, DESCRIPTORS), PER_MINUTE, BURST)
        self._listener: Listener | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.refused = 0

    async def open(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listens. Returns the port. Raises OSError."""
        self._listener = Listener(self.connections, self._protocol, tls)
        return await self._listener.open(host, port)

    def shut(self) -> None:
        """Accepts no more publishers; those that are connected stay."""
        if self._listener is not None:
            self._listener.shut()

    async def close(self) -> None:
        """Accepts no more publishers and ends every connection."""
        self.shut()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        if self._listener is not None:
            await self._listener.close()

    def _protocol(self, number: int) -> asyncio.Protocol:
        reader = asyncio.StreamReader(limit=BUFFER)
        return asyncio.StreamReaderProtocol(reader, partial(self._connected, number))

    def _connected(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The task is ours: of one of the protocol's own that was cancelled, Python 3.11 prints a traceback."""
        task = asyncio.create_task(self._serve(number, reader, writer))
        self._open.add(task)

        def left(task: asyncio.Task[None]) -> None:
            self._open.discard(task)
            writer.close()  # which one that was cancelled before it began did not
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("an RTMP connection failed", exc_info=error)

        task.add_done_callback(left)

    async def _serve(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._receive(number, reader, writer)
        except (ValueError, OSError, TimeoutError) as error:
            log.info("an RTMP publisher was disconnected: %s", error or "it said nothing in time")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _receive(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found: list[Slot] = []
        session = PublisherSession(partial(self._admit, found))
        try:
            async with asyncio.timeout(self._timeouts.publish):
                while session.verdict is None and not session.over:
                    await self._step(session, reader, writer)
            if found:
                self.connections.busy(number)
                await self._carry(session, found[0], reader, writer)
        finally:
            for slot in found:
                slot.free()

    def _admit(self, found: list[Slot], app: str, key: str) -> PublishAnswer:
        """found: gets the slot where the publisher may come in."""
        slot = self.slots.get(digest(f"{app}/{key}"))
        verdict = PublishAnswer.UNKNOWN if slot is None else self._judge(slot)
        if slot is not None and verdict is PublishAnswer.ACCEPTED:
            slot.occupy()
            found.append(slot)
        else:
            self.refused += 1
            log.warning("an RTMP publisher was refused: %s", verdict)
        return verdict

    def _judge(self, slot: Slot) -> PublishAnswer:
        if slot.busy:
            return PublishAnswer.TAKEN
        return PublishAnswer.ACCEPTED if self._room(slot) else PublishAnswer.FULL

    async def _carry(
        self, session: PublisherSession, slot: Slot, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Passes on what the publisher sends. Where the reading thread is behind, the publisher waits."""
        ours, theirs = socket.socketpair()
        theirs.settimeout(self._timeouts.data)
        ours.setblocking(False)
        try:
            _, inward = await asyncio.open_connection(sock=ours)
        except BaseException:
            ours.close()
            theirs.close()
            raise
        slot.give(theirs)
        self._came(slot)
        try:
            while (flv := session.take()) or not session.over:
                if flv:
                    inward.write(flv)
                    await inward.drain()
                else:
                    async with asyncio.timeout(self._timeouts.data):
                        await self._step(session, reader, writer)
        finally:
            slot.withdraw()
            inward.close()
            with contextlib.suppress(OSError):
                await inward.wait_closed()

    @staticmethod
    async def _step(session: PublisherSession, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read(1 << 16)
        if not data:
            session.end()
        elif answer := session.feed(data):
            writer.write(answer)
            await writer.drain()
