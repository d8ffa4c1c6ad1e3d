"""HttpServer: an aiohttp application on listening sockets, with counted connections and short limits of time.

Knows sockets and aiohttp's protocol; nothing of what is served.
"""

import asyncio
import logging
import ssl
import time
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from stream.net.connections import Connections
from stream.net.delegate import Delegate
from stream.net.descriptors import share
from stream.net.listener import Listener
from tools.http.activity import RequestActivity

CONNECTIONS = 256
DESCRIPTORS = 4  # the server's connections may take one in so many


@dataclass(frozen=True, slots=True)
class HttpTimeouts:
    """Seconds. head: from connecting to a first whole request. kept: that a connection waits for the next one. linger:
    that the rest of a refused body is read, so that the answer gets through. ending: that requests get at the end."""

    head: float = 10.0
    kept: float = 30.0
    linger: float = 2.0
    ending: float = 3.0


class HttpServer:
    """app: what is served. activity: the one that the application's middleware tells. tls: None for plain HTTP."""

    def __init__(
        self,
        app: web.Application,
        activity: RequestActivity,
        tls: ssl.SSLContext | None = None,
        patience: HttpTimeouts | None = None,
    ) -> None:
        self._activity, self._patience = activity, patience or HttpTimeouts()
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=self._patience.kept,
            lingering_time=self._patience.linger,
            shutdown_timeout=self._patience.ending,
            logger=_ProtocolLog(logging.getLogger("understudy.http"), {}),
        )
        self.connections = Connections(share(CONNECTIONS, DESCRIPTORS))
        self._listener = Listener(self.connections, self._protocol, tls)

    async def open(self, host: str, port: int) -> int:
        """Listens. Returns the port. Raises OSError."""
        await self._runner.setup()
        try:
            return await self._listener.open(host, port)
        except BaseException:
            await self._runner.cleanup()
            raise

    def shut(self) -> None:
        """Accepts no more connections; requests that have begun go on."""
        self._listener.shut()

    async def close(self) -> None:
        """Lets the requests end, and closes all connections."""
        self._listener.shut()
        await self._runner.cleanup()
        await self._listener.close()

    def _protocol(self, number: int) -> asyncio.Protocol:
        assert self._runner.server is not None
        return _Watched(self._runner.server(), number, self.connections, self._activity, self._patience.head)


class _Watched(Delegate):
    """aiohttp's protocol; tells when its connection works, and closes it where no request comes (slow loris)."""

    def __init__(
        self,
        inner: asyncio.Protocol,
        number: int,
        connections: Connections,
        activity: RequestActivity,
        head: float,
    ) -> None:
        super().__init__(inner)
        self._number, self._connections, self._activity, self._head = number, connections, activity, head
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        abort = cast(asyncio.Transport, transport).abort  # uvloop's own are no subclass
        self._deadline = asyncio.get_running_loop().call_later(self._head, abort)
        self._activity.watch(self.inner, self._changed)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._asked()
        self._activity.forget(self.inner)
        super().connection_lost(exc)

    def _changed(self, busy: bool) -> None:
        self._asked()
        if busy:
            self._connections.busy(self._number)
        else:
            self._connections.idle(self._number, time.monotonic())

    def _asked(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _ProtocolLog(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's log without addresses: what is no HTTP leaves one line and no traceback."""

    def debug(self, msg: object, *args: object, exc_info: Any = None, **more: Any) -> None:
        if exc_info is not None:
            self._tell(exc_info)

    def exception(self, msg: object, *args: object, exc_info: Any = True, **more: Any) -> None:
        self._tell(exc_info)

    def _tell(self, error: Any) -> None:
        if isinstance(error, HttpProcessingError):
            self.logger.info("a connection sent what is no HTTP request: %s", type(error).__name__)
        else:
            self.logger.error("a connection failed", exc_info=error)
