"""The control socket: lines in, lines out; who may; and what a browser that is sent there gets."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from engines.errors import UnderstudyError
from stream.live.steering import Steer, SteerError
from tools.live.control import CLIENTS, LONGEST, ControlSocket, place_of


@dataclass
class Desk:
    """Takes every change but a strength of 0.13 and a routing."""

    changes: list[Steer] = field(default_factory=list)

    def state(self) -> dict[str, object]:
        return {"live": True, "changes": len(self.changes)}

    async def change(self, steer: Steer) -> dict[str, object]:
        if steer.strength is not None and abs(steer.strength - 0.13) < 1e-3:
            raise SteerError("strength", "unlucky")
        if steer.routing is not None:
            raise UnderstudyError("the network went away")
        self.changes.append(steer)
        return self.state()


@dataclass
class Line:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, told: object) -> dict[str, Any]:
        return await self.raw(json.dumps(told).encode() + b"\n")

    async def raw(self, data: bytes) -> dict[str, Any]:
        self.writer.write(data)
        line = await asyncio.wait_for(self.reader.readline(), 5)
        found: dict[str, Any] = json.loads(line) if line else {}
        return found


@contextlib.asynccontextmanager
async def opened(desk: Desk, token: str | None = None) -> AsyncIterator[int]:
    door = ControlSocket("127.0.0.1", 0, desk, token)
    port = await door.open()
    try:
        yield port
    finally:
        await door.close()


@contextlib.asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()


def test_one_answer_a_line() -> None:
    desk = Desk()

    async def main() -> None:
        async with opened(desk) as port, line(port) as one:
            assert await one.ask({"strength": 0.5}) == {"ok": True, "live": True, "changes": 1}
            assert await one.ask({"strength": 3}) == {
                "ok": False,
                "field": "strength",
                "error": "strength: 3: write a number from 0 to 1",
            }
            assert (await one.ask({"strength": 0.13}))["error"] == "strength: unlucky"
            assert await one.ask({"routing": "fast"}) == {"ok": False, "error": "the network went away"}
            assert await one.ask({"get": "state"}) == {"ok": True, "live": True, "changes": 1}
            async with line(port) as other:
                assert (await other.ask({"map": ["1=track:3"]}))["changes"] == 2

    asyncio.run(main())
    assert desk.changes == [Steer(strength=0.5), Steer(map=("1=track:3",))]


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\n", b"[1]\n", b"\xff\xfe\n", b"[" * 5000 + b"\n"])
def test_what_is_no_object_ends_the_connection(data: bytes) -> None:
    desk = Desk()

    async def main() -> None:
        async with opened(desk) as port, line(port) as one:
            assert (await one.raw(data))["field"] == "change"
            assert await one.raw(b'{"strength": 0.5}\n') == {}, "a form that a page posts here changes nothing"

    asyncio.run(main())
    assert not desk.changes


def test_a_line_that_is_too_long_ends_it_too_and_others_go_on() -> None:
    async def main() -> None:
        async with opened(Desk()) as port, line(port) as one, line(port) as other:
            with contextlib.suppress(ConnectionError):
                assert await one.raw(b" " * (2 * LONGEST) + b"\n") == {}
            assert (await other.ask({"strength": 1}))["ok"]

    asyncio.run(main())


def test_a_token_is_shown_first() -> None:
    desk = Desk()

    async def main() -> None:
        async with opened(desk, "secret") as port:
            for wrong in ({"strength": 0.5}, {"token": "other"}, {"token": 7}, [1]):
                async with line(port) as one:
                    assert (await one.ask(wrong))["field"] == "token"
                    assert await one.ask({"strength": 0.5}) == {}
            async with line(port) as one:
                assert await one.ask({"token": "secret"}) == {"ok": True}
                assert (await one.ask({"strength": 0.5}))["ok"]

    asyncio.run(main())
    assert len(desk.changes) == 1


def test_so_many_at_once() -> None:
    async def main() -> None:
        async with opened(Desk()) as port, contextlib.AsyncExitStack() as stack:
            for _ in range(CLIENTS):
                one = await stack.enter_async_context(line(port))
                assert (await one.ask({"strength": 1}))["ok"]
            more = await stack.enter_async_context(line(port))
            with contextlib.suppress(ConnectionError):
                assert await more.ask({"strength": 1}) == {}

    asyncio.run(main())


def test_beyond_this_machine_only_with_a_token() -> None:
    for host in ("0.0.0.0", "192.0.2.7", "::"):
        with pytest.raises(UnderstudyError, match="control-token-file"):
            ControlSocket(host, 8765, Desk())
    ControlSocket("0.0.0.0", 8765, Desk(), "secret")


def test_a_busy_port_is_one_line() -> None:
    async def main() -> None:
        async with opened(Desk()) as port:
            with pytest.raises(UnderstudyError, match=f"cannot listen at 127.0.0.1:{port}"):
                await ControlSocket("127.0.0.1", port, Desk()).open()

    asyncio.run(main())


def test_places_are_read() -> None:
    assert place_of("--control", "127.0.0.1:8765") == ("127.0.0.1", 8765)
    assert place_of("--control", ":8765") == ("127.0.0.1", 8765)
    assert place_of("--control", "[::1]:1") == ("::1", 1)
    for wrong in ("8765", "host", "host:", "host:x", "host:99999"):
        with pytest.raises(UnderstudyError, match=r"--osc .*HOST:PORT"):
            place_of("--osc", wrong)
