"""RtmpServer: takes RTMP publishers. One port, any number of keys; each key has a slot for one publisher at a time.

The place where sockets, the event loop and the reading threads meet. FFmpeg's own listener takes anybody, whatever the
key, and serves one; this one does not.
"""

import asyncio
import contextlib
import hashlib
import logging
import queue
import socket
from collections.abc import Callable

from stream.rtmp.publisher_session import PublishAnswer, PublisherSession

log = logging.getLogger("understudy.feed")
HELLO_WITHIN = 5.0  # seconds from connecting to having said a key
DATA_WITHIN = 10.0  # seconds without a byte after which a publisher is gone
MOST = 64  # connections at once


class Slot:
    """One key's place. `take` is for the reading thread; what it gets reads as an FLV file."""

    def __init__(self) -> None:
        self.busy = False
        self._waiting: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()

    def take(self, patience: float) -> socket.socket | None:
        """The next publisher, as a blocking socket; None where nobody came."""
        try:
            return self._waiting.get(timeout=patience)
        except queue.Empty:
            return None

    def give(self, end: socket.socket) -> None:
        self._waiting.put(end)

    def withdraw(self) -> None:
        """The publisher has gone; if nobody took it, nobody needs to."""
        with contextlib.suppress(queue.Empty):
            self._waiting.get_nowait().close()


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
    ) -> None:
        self.slots, self._came, self._room = slots, came, room
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.refused = 0

    async def open(self, host: str, port: int) -> int:
        """Listens. Returns the port. Raises OSError."""
        self._server = await asyncio.start_server(self._enter, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    def shut(self) -> None:
        """Nobody comes in any more; who is in may stay."""
        if self._server is not None:
            self._server.close()

    async def close(self) -> None:
        """Everybody out."""
        self.shut()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The task is ours: of one of the server's own that was cancelled, Python 3.11 prints a traceback."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)

        def left(task: asyncio.Task[None]) -> None:
            self._open.discard(task)
            writer.close()  # which one that was cancelled before it began did not
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("an RTMP connection failed", exc_info=error)

        task.add_done_callback(left)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(self._open) <= MOST:
                await self._visit(reader, writer)
        except (ValueError, OSError, TimeoutError) as error:
            log.info("an RTMP publisher was hung up on: %s", error or "it said nothing in time")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found: list[Slot] = []

        def admit(app: str, key: str) -> PublishAnswer:
            slot = self.slots.get(digest(f"{app}/{key}"))
            verdict = PublishAnswer.STRANGER if slot is None else self._judge(slot)
            if slot is not None and verdict is PublishAnswer.WELCOME:
                slot.busy = True
                found.append(slot)
            else:
                self.refused += 1
                log.warning("an RTMP publisher was refused: %s", verdict)
            return verdict

        session = PublisherSession(admit)
        try:
            async with asyncio.timeout(HELLO_WITHIN):
                while session.verdict is None and not session.over:
                    await self._step(session, reader, writer)
            if found:
                await self._carry(session, found[0], reader, writer)
        finally:
            for slot in found:
                slot.busy = False

    def _judge(self, slot: Slot) -> PublishAnswer:
        if slot.busy:
            return PublishAnswer.TAKEN
        return PublishAnswer.WELCOME if self._room(slot) else PublishAnswer.FULL

    async def _carry(
        self, session: PublisherSession, slot: Slot, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Passes on what the publisher sends. Where the reading thread is behind, the publisher waits."""
        ours, theirs = socket.socketpair()
        theirs.settimeout(DATA_WITHIN)
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
            while session.flv or not session.over:
                if session.flv:
                    inward.write(bytes(session.flv))
                    session.flv.clear()
                    await inward.drain()
                else:
                    async with asyncio.timeout(DATA_WITHIN):
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
            session.over = True
            return
        if answer := session.feed(data):
            writer.write(answer)
            await writer.drain()
