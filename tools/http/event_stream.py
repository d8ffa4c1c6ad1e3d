"""EventStream: server-sent events to one listener, whose connection is closed when he no longer reads.

Knows HTTP; nothing of what is told.
"""

import asyncio
import socket
from collections.abc import Callable

from aiohttp import web

HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep events until its buffer is full
}
DEAF_AFTER = 15.0  # seconds in which nothing of what was sent is read
BUFFER = 1 << 14  # bytes that the system keeps of what was sent


class Deaf(ConnectionError):
    """The listener does not read."""


class EventStream:
    """request: of the listener. clock: seconds."""

    def __init__(self, request: web.Request, clock: Callable[[], float]) -> None:
        self._request, self._clock = request, clock
        self.response = web.StreamResponse(headers=HEADERS)
        self._full_since: float | None = None

    async def open(self) -> None:
        """Sends the head."""
        transport = self._request.transport
        if transport is not None and (raw := transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)  # more would hide for long that nobody reads
        await self.response.prepare(self._request)

    async def send(self, event: bytes) -> None:
        """One event, or a comment. Raises ConnectionError where the listener has gone, Deaf where he does not read."""
        transport = self._request.transport
        if transport is None:
            raise ConnectionResetError("the listener has gone")
        if not transport.get_write_buffer_size():
            self._full_since = None
        elif self._full_since is None:
            self._full_since = self._clock()
        elif self._clock() - self._full_since > DEAF_AFTER:
            transport.abort()
            raise Deaf("the listener does not read")
        try:
            async with asyncio.timeout(DEAF_AFTER):
                await self.response.write(event)
        except TimeoutError:
            transport.abort()
            raise Deaf("the listener does not read") from None
