"""Streams of events over real sockets: who reads, who does not, and who has gone."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tools.http import event_stream, limits
from tools.http.activity import RequestActivity
from tools.http.event_stream import Deaf, EventStream
from tools.http.server import HttpServer


@contextlib.asynccontextmanager
async def streaming(ends: list[Exception]) -> AsyncIterator[str]:
    """A server that tells a kilobyte every five milliseconds. ends: gets what ended each stream."""
    activity = RequestActivity()
    app = web.Application(middlewares=[limits.middleware(True, (), activity)])

    async def events(request: web.Request) -> web.StreamResponse:
        stream = EventStream(request, time.monotonic)
        try:
            await stream.open()
            while True:
                await stream.send(b"data: " + b"x" * 1000 + b"\n\n")
                await asyncio.sleep(0.005)
        except ConnectionError as error:
            ends.append(error)
        return stream.response

    app.add_routes([web.get("/", events)])
    server = HttpServer(app, activity)
    port = await server.open("127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        await server.close()


def test_who_does_not_read_is_hung_up_on_and_who_reads_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "DEAF_AFTER", 0.5)

    async def main() -> None:
        ends: list[Exception] = []
        async with streaming(ends) as url, aiohttp.ClientSession() as http, http.get(url) as heard:
            deaf = socket.socket()
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            deaf.connect(("127.0.0.1", heard.url.port))
            deaf.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            async with asyncio.timeout(20):
                while not ends:
                    await heard.content.readline()
            assert [type(end) for end in ends] == [Deaf]
            assert heard.headers["X-Accel-Buffering"] == "no"
            async with asyncio.timeout(5):
                assert await heard.content.readline() and await heard.content.readline()
            deaf.close()

    asyncio.run(main())


def test_who_has_gone_ends_the_stream() -> None:
    async def main() -> None:
        ends: list[Exception] = []
        async with streaming(ends) as url, aiohttp.ClientSession() as http:
            async with http.get(url) as heard:
                await heard.content.readline()
            async with asyncio.timeout(5):
                while not ends:
                    await asyncio.sleep(0.01)
            assert not isinstance(ends[0], Deaf)

    asyncio.run(main())
