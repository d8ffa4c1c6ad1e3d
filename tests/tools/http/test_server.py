"""The HTTP server against floods: waiting requests, silent TLS, few descriptors; and what malformed HTTP leaves."""

import asyncio
import contextlib
import logging
import os
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web

from engines.errors import UnderstudyError
from stream.net.connections import GRACE
from tests.stream.rtmp.test_client import certificate
from tests.tools.live.serve.served import served
from tools.http import limits
from tools.http.activity import RequestActivity
from tools.http.server import HttpServer, HttpTimeouts

ROOT = Path(__file__).parents[3]
ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextlib.asynccontextmanager
async def serving(patience: HttpTimeouts | None = None) -> AsyncIterator[tuple[HttpServer, int, asyncio.Event]]:
    """A server with `/healthz`, and `/wait`, which answers once the event is set."""
    activity, go = RequestActivity(), asyncio.Event()
    app = web.Application(middlewares=[limits.middleware(True, (), activity)])

    async def health(_: web.Request) -> web.Response:
        return web.Response(text="alive")

    async def wait(_: web.Request) -> web.Response:
        await go.wait()
        return web.Response(text="done")

    app.add_routes([web.get("/healthz", health), web.get("/wait", wait)])
    server = HttpServer(app, activity, None, patience)
    port = await server.open("127.0.0.1", 0)
    try:
        yield server, port, go
    finally:
        await server.close()


async def asked(port: int, data: bytes = ASK) -> tuple[bytes, asyncio.StreamWriter]:
    """The first line of the answer, and the connection, which is kept."""
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        try:
            return await reader.readline(), writer
        except ConnectionError:
            return b"", writer


def test_seven_hundred_that_wait_are_not_kept_and_lock_nobody_out() -> None:
    async def main() -> None:
        async with serving() as (server, port, _):
            kept = [one for _ in range(7) for one in await asyncio.gather(*(asked(port) for _ in range(100)))]
            assert len(server.connections) == server.connections.most <= 256
            assert sum(line.startswith(b"HTTP/1.1 200") for line, _ in kept) >= server.connections.most
            await asyncio.sleep(GRACE)
            line, writer = await asked(port)
            assert line.startswith(b"HTTP/1.1 200")
            for _, one in (*kept, (line, writer)):
                one.close()
            async with asyncio.timeout(10):
                while len(server.connections):
                    await asyncio.sleep(0.01)

    asyncio.run(main())


def test_a_request_at_work_is_not_closed_for_those_that_come() -> None:
    async def main() -> None:
        async with serving() as (server, port, go):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await asyncio.sleep(GRACE + 0.1)
            others = await asyncio.gather(*(asked(port) for _ in range(server.connections.most + 50)))
            go.set()
            assert (await asyncio.wait_for(reader.readline(), 5)).startswith(b"HTTP/1.1 200")
            for _, one in others:
                one.close()
            writer.close()

    asyncio.run(main())


def test_what_is_no_http_leaves_one_line_without_an_address(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with serving() as (_, port, _go):
            for data in (b"\x16\x03\x01" + bytes(600), b"GET /\r\nX\r\n\r\n", b"GET / HTTP/1.1\r\nA b: c\r\n\r\n"):
                caplog.clear()
                _, writer = await asked(port, data + b"\r\n\r\n")
                writer.close()
                assert len(caplog.messages) == 1 and "no HTTP request" in caplog.messages[0], caplog.messages
                assert "127.0.0.1" not in caplog.text and "Traceback" not in caplog.text
            caplog.clear()
            line, writer = await asked(port)
            writer.close()
            assert b"200" in line and not caplog.messages

    with caplog.at_level(logging.INFO):
        asyncio.run(main())


def test_who_hangs_up_in_the_middle_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with serving() as (server, port, go):
            for data in (ASK[:20], b"GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n"):
                peer = socket.create_connection(("127.0.0.1", port))
                peer.sendall(data)
                await asyncio.sleep(0.1)
                peer.close()
            go.set()
            async with asyncio.timeout(5):
                while len(server.connections):
                    await asyncio.sleep(0.01)

    with caplog.at_level(logging.INFO):
        asyncio.run(main())
    assert not caplog.messages


def test_a_busy_port_is_one_line_that_says_what_to_do() -> None:
    async def main() -> None:
        async with serving() as (_, port, _go):
            with pytest.raises(UnderstudyError, match=rf"cannot listen at 127\.0\.0\.1:{port}: .*in use.*--port"):
                async with served(port=port):
                    pass

    asyncio.run(main())


SCRIPT = """
import asyncio, sys
from pathlib import Path
from tests.tools.live.serve.served import served
from tools.cli.event_loop import on_loop

async def main():
    cert, key = map(Path, sys.argv[1:])
    async with served(cert=cert, key=key) as (_, url, _http):
        print(url.rpartition(":")[2], flush=True)
        await asyncio.Event().wait()

on_loop(main())
"""


@contextlib.contextmanager
def starved(chain: Path, key: Path, descriptors: int) -> Iterator[int]:
    """The live server over TLS, in a process of its own with so many descriptors. Gives its port."""
    command = f'ulimit -n {descriptors}; exec "$0" -c "$1" "$2" "$3"'
    process = subprocess.Popen(
        ["/bin/sh", "-c", command, sys.executable, SCRIPT, str(chain), str(key)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
        assert process.poll() is None, "it is alive"
    finally:
        process.terminate()
        _, words = process.communicate(timeout=20)
    assert not re.search("Traceback|too many open files", words, re.IGNORECASE), words


@pytest.mark.skipif(os.name != "posix", reason="ulimit")
def test_silent_tls_on_a_machine_with_few_descriptors_locks_nobody_out(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    context = ssl.create_default_context(cafile=str(chain))
    with starved(chain, key, 256) as port, contextlib.ExitStack() as stack:
        for _ in range(400):
            peer = stack.enter_context(socket.socket())
            peer.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                peer.connect(("127.0.0.1", port))
        for _ in range(5):  # who speaks is heard, whoever else only waits
            began = time.monotonic()
            while not alive(port, context):
                assert time.monotonic() - began < 15
                time.sleep(0.2)


def alive(port: int, context: ssl.SSLContext) -> bool:
    """Whether a request over TLS is answered."""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as safe,
        ):
            safe.sendall(ASK)
            return safe.recv(15).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
