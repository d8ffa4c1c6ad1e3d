"""Listener: accepts connections, counts them before anything is read, and closes those that are too many.

asyncio's own server counts nothing, and waits a minute for a TLS handshake. Knows sockets; nothing of what is spoken.
"""

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import time
from collections.abc import Callable
from functools import partial

from stream.net.connections import Connections
from stream.net.delegate import Delegate

HANDSHAKE_WITHIN = 5.0  # seconds for TLS
BACKLOG = 128
PAUSE = 0.05  # seconds after an accept that failed
_NONE_LEFT = (errno.EMFILE, errno.ENFILE)


class _Counted(Delegate):
    """A protocol whose connection is counted until it is lost."""

    def __init__(self, inner: asyncio.Protocol, lost: Callable[[], None]) -> None:
        super().__init__(inner)
        self._lost = lost

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost()
        super().connection_lost(exc)


class Listener:
    """connections: the count. protocol: makes one for a connection of this number. tls: None for plain sockets.
    handshake: seconds that TLS gets."""

    def __init__(
        self,
        connections: Connections,
        protocol: Callable[[int], asyncio.Protocol],
        tls: ssl.SSLContext | None = None,
        handshake: float = HANDSHAKE_WITHIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connections, self._protocol, self._clock = connections, protocol, clock
        self._tls, self._handshake = tls, handshake
        self._sockets: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._opening: dict[int, asyncio.Task[None]] = {}
        self._transports: dict[int, asyncio.Transport] = {}
        self._spare: int | None = None

    async def open(self, host: str, port: int) -> int:
        """Listens. Returns the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        places = await loop.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        try:
            for family, kind, protocol, _, place in dict.fromkeys(places):
                made = socket.socket(family, kind, protocol)
                self._sockets.append(made)
                _bind(made, (place[0], port, *place[2:]))
                port = int(made.getsockname()[1])
        except BaseException:
            for made in self._sockets:
                made.close()
            raise
        self._spare = os.open(os.devnull, os.O_RDONLY)
        for made in self._sockets:
            task = asyncio.create_task(self._accept(made))
            task.add_done_callback(partial(_closed, made))  # once the loop has let go of it
            self._accepting.append(task)
        return port

    def shut(self) -> None:
        """Accepts no more; the connections that are open stay."""
        for task in self._accepting:
            task.cancel()
        self._accepting = []
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    async def close(self) -> None:
        """Accepts no more and closes every connection."""
        accepting = self._accepting
        self.shut()
        opening = list(self._opening.values())
        for task in opening:
            task.cancel()
        await asyncio.gather(*accepting, *opening, return_exceptions=True)
        for transport in list(self._transports.values()):
            transport.abort()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                peer, address = await loop.sock_accept(listening)
            except OSError as error:
                if error.errno in _NONE_LEFT:
                    self._refuse(listening)
                await asyncio.sleep(PAUSE)
                continue
            self._arrived(peer, str(address[0]) if address else "")

    def _refuse(self, listening: socket.socket) -> None:
        """No descriptor is left: the spare one is given up for a moment, so that who waits is told by a closed
        connection and does not wait for ever."""
        if self._spare is None:
            return
        os.close(self._spare)
        with contextlib.suppress(OSError):
            listening.accept()[0].close()
        try:
            self._spare = os.open(os.devnull, os.O_RDONLY)
        except OSError:
            self._spare = None

    def _arrived(self, peer: socket.socket, address: str) -> None:
        arrival = self._connections.arrive(address, self._clock())
        if arrival.evicted is not None:
            self._abort(arrival.evicted)
        if arrival.number is None:
            peer.close()
            return
        number = arrival.number
        task = asyncio.create_task(self._connect(number, peer))
        self._opening[number] = task
        task.add_done_callback(lambda _: self._opening.pop(number, None))

    def _abort(self, number: int) -> None:
        if (task := self._opening.get(number)) is not None:
            task.cancel()
        if (transport := self._transports.get(number)) is not None:
            transport.abort()

    async def _connect(self, number: int, peer: socket.socket) -> None:
        within = None if self._tls is None else self._handshake
        try:
            peer.setblocking(False)
            transport, _ = await asyncio.get_running_loop().connect_accepted_socket(
                lambda: _Counted(self._protocol(number), lambda: self._left(number)),
                peer,
                ssl=self._tls,
                ssl_handshake_timeout=within,
            )
        except OSError:  # the handshake failed or took too long
            self._left(number)
            peer.close()
        except BaseException:
            self._left(number)
            peer.close()
            raise
        else:
            if transport.is_closing():
                self._left(number)
            else:
                self._transports[number] = transport

    def _left(self, number: int) -> None:
        self._transports.pop(number, None)
        self._connections.leave(number)


def _closed(listening: socket.socket, _: asyncio.Task[None]) -> None:
    listening.close()


def _bind(made: socket.socket, place: tuple[object, ...]) -> None:
    """Raises OSError."""
    if os.name == "posix":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.setblocking(False)
    made.bind(place)
    made.listen(BACKLOG)
