"""OscServer: Open Sound Control messages that change a running stream, as lighting desks and show control send them.

`/understudy/FIELD VALUE...`, the fields of a change. Over UDP nobody shows a token, so it listens on loopback alone.
"""

import asyncio
import logging
from importlib.util import find_spec

from engines.errors import UnderstudyError
from engines.extras import install
from stream.live.steering import KINDS, Steer, SteerError, parse_steer, parse_texts
from stream.net.loopback import is_loopback
from tools.live.control import Steered

log = logging.getLogger("understudy.io")
PREFIX = "/understudy/"
AGREED = "i-have-consent"
WAITING = 64  # messages that wait for those before them


def read_message(address: str, values: tuple[object, ...]) -> Steer:
    """`/understudy/strength 0.5`, `/understudy/map "1=track:3" "2=all"`, `/understudy/source ann i-have-consent`.
    Raises SteerError."""
    field = address.removeprefix(PREFIX)
    if not address.startswith(PREFIX) or field not in KINDS or field == "consent":
        known = ", ".join(name for name in KINDS if name != "consent")
        raise SteerError(address[:80], f"write {PREFIX} and one of {known}")
    if KINDS[field] is bool and values in ((0,), (1,)):  # desks have no other
        return parse_steer({field: bool(values[0])})
    if len(values) == 1 and KINDS[field] in (bool, float) and not isinstance(values[0], str):
        return parse_steer({field: values[0]})
    texts = [str(value) for value in values]
    if field == "source":
        return parse_steer({"source": [one for one in texts if one != AGREED], "consent": AGREED in texts})
    return parse_texts({field: texts})


class OscServer:
    """Messages are done in the order in which they come; what is wrong with one is logged."""

    def __init__(self, host: str, port: int, steered: Steered) -> None:
        """Raises UnderstudyError for an address that others can reach, or without python-osc."""
        if not is_loopback(host):
            raise UnderstudyError(f"--osc {host}:{port}: OSC has no token, so it listens at 127.0.0.1 alone")
        if find_spec("pythonosc") is None:
            raise UnderstudyError(f"--osc needs python-osc; install it: {install('osc')}")
        self._host, self._port, self._steered = host, port, steered
        self._messages: asyncio.Queue[tuple[str, tuple[object, ...]]] = asyncio.Queue(WAITING)
        self._transport: asyncio.BaseTransport | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> int:
        """Listens. Returns the port. Raises UnderstudyError."""
        from pythonosc.dispatcher import Dispatcher
        from pythonosc.osc_server import AsyncIOOSCUDPServer

        dispatcher = Dispatcher()
        dispatcher.set_default_handler(self._came)
        loop = asyncio.get_running_loop()
        try:
            server = AsyncIOOSCUDPServer((self._host, self._port), dispatcher, loop)
            transport, _ = await server.create_serve_endpoint()
        except OSError as error:
            why = error.strerror or error
            raise UnderstudyError(f"--osc: cannot listen at {self._host}:{self._port}: {why}") from error
        self._transport, self._task = transport, asyncio.create_task(self._work())
        return int(transport.get_extra_info("sockname")[1])

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _came(self, address: str, *values: object) -> None:
        try:
            self._messages.put_nowait((address, values))
        except asyncio.QueueFull:
            log.warning("OSC: %s was passed over: too many wait", address[:80])

    async def _work(self) -> None:
        while True:
            address, values = await self._messages.get()
            try:
                await self._steered.change(read_message(address, values))
            except UnderstudyError as error:
                log.warning("OSC: %s", error)
