"""What a proxy says: the path it shows a server under, from whom it is believed, and that it is one at all."""

import asyncio
import socket

import pytest
from aiohttp import ClientSession, web

from tools.http.proxy import MARKS, PREFIX, prefix, proxied


def told(headers: dict[str, str], host: str = "127.0.0.1") -> tuple[str, bool]:
    """What a server that listens at `host` makes of a request with these headers."""
    seen: list[tuple[str, bool]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((prefix(request), proxied(request)))
        return web.Response()

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, host, 0)
        await site.start()
        async with ClientSession() as http, http.get(f"http://{host}:{runner.addresses[0][1]}/", headers=headers):
            pass
        await runner.cleanup()

    asyncio.run(main())
    return seen[0]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("/swap", "/swap"), ("/swap/", "/swap"), ("/a/b-c.d~e", "/a/b-c.d~e"), ("", ""), ("/", ""), ("swap", ""),
        ("//evil.example", ""), ("/a//b", ""), ("/..", ""), ("/a/../b", ""), ("https://evil.example", ""),
        ("/a\\b", ""), ("/a?b", ""), ("/a b", ""), ("/" + "a" * 65, ""), ("/a" * 9, ""), ("/é", ""),
    ],
)  # fmt: skip
def test_a_path_is_believed_only_where_it_is_one(text: str, made: str) -> None:
    assert told({PREFIX: text}) == (made, True)


def own_address() -> str | None:
    """This machine's address on a network, None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        return str(probe.getsockname()[0])


def test_a_proxy_elsewhere_is_not_believed() -> None:
    address = own_address()
    if address is None or address.startswith("127."):
        pytest.skip("this machine has no other address")
    assert told({PREFIX: "/swap"}, address) == ("", True)


@pytest.mark.parametrize("name", MARKS)
def test_each_mark_of_a_proxy_is_seen(name: str) -> None:
    assert told({name: "x"})[1]
    assert not told({"X-Other": "x"})[1]
