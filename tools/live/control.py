"""ControlSocket: JSON lines over TCP that change a running stream, one object a line, one answer a line.

Knows lines and connections; what a change means is `StreamSteering`'s.
"""

import asyncio
import contextlib
import hmac
import json
from typing import Protocol

from engines.errors import UnderstudyError
from stream.live.steering import Steer, SteerError, parse_steer
from stream.net.loopback import is_loopback

LONGEST = 1 << 14  # bytes of a line
CLIENTS = 8
IDLE_BEFORE_TOKEN = 10.0  # seconds
ENDING = 2.0  # seconds that connections get to end
STATE = {"get": "state"}


class Steered(Protocol):
    """What is changed."""

    def state(self) -> dict[str, object]: ...
    async def change(self, steer: Steer) -> dict[str, object]: ...


def place_of(option: str, text: str) -> tuple[str, int]:
    """`127.0.0.1:8765`, `:8765`, `[::1]:8765`. Raises UnderstudyError."""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise UnderstudyError(f"{option} {text!r}: write HOST:PORT, for example 127.0.0.1:8765")
    return host.strip("[]") or "127.0.0.1", int(port)


class ControlSocket:
    """token: that every connection has to show first, in `{"token": ...}`; None for none, on loopback alone."""

    def __init__(self, host: str, port: int, steered: Steered, token: str | None = None) -> None:
        """Raises UnderstudyError for an address that others can reach, without a token."""
        if token is None and not is_loopback(host):
            raise UnderstudyError(
                f"--control {host}:{port} can be reached by others: add --control-token-file FILE, or listen at"
                " 127.0.0.1"
            )
        self._host, self._port, self._steered, self._token = host, port, steered, token
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def open(self) -> int:
        """Listens. Returns the port. Raises UnderstudyError."""
        try:
            self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=LONGEST)
        except OSError as error:
            why = error.strerror or error
            raise UnderstudyError(f"--control: cannot listen at {self._host}:{self._port}: {why}") from error
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            serving = list(self._open.values())
            for writer in list(self._open):
                writer.close()
            if serving:
                await asyncio.wait(serving, timeout=ENDING)
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= CLIENTS:
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._open[writer] = task
        try:
            if self._token is None or await self._known(reader, writer):
                while line := await reader.readline():
                    told, more = await self._answered(line)
                    await _send(writer, told)
                    if not more:
                        break
        except (ConnectionError, ValueError, TimeoutError):  # ValueError: the line is too long
            pass
        finally:
            del self._open[writer]
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _known(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the first line shows the token."""
        async with asyncio.timeout(IDLE_BEFORE_TOKEN):
            told = _object(await reader.readline())
        shown = told.get("token") if told is not None else None
        known = isinstance(shown, str) and hmac.compare_digest(shown.encode(), (self._token or "").encode())
        await _send(writer, {"ok": True} if known else _wrong("token", "the first line shows the token"))
        return known

    async def _answered(self, line: bytes) -> tuple[dict[str, object], bool]:
        """The answer, and whether the connection goes on: what is no JSON may be a browser that was sent here."""
        told = _object(line)
        if told is None:
            return _wrong("change", 'write one object of JSON a line, for example {"strength": 0.8}'), False
        if told == STATE:
            return {"ok": True, **self._steered.state()}, True
        try:
            return {"ok": True, **await self._steered.change(parse_steer(told))}, True
        except SteerError as error:
            return {"ok": False, "field": error.field, "error": str(error)}, True
        except UnderstudyError as error:
            return {"ok": False, "error": str(error)}, True


def _object(line: bytes) -> dict[str, object] | None:
    """None where it is no object of JSON."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _wrong(field: str, why: str) -> dict[str, object]:
    return {"ok": False, "field": field, "error": f"{field}: {why}"}


async def _send(writer: asyncio.StreamWriter, told: dict[str, object]) -> None:
    writer.write(json.dumps(told).encode() + b"\n")
    await writer.drain()
