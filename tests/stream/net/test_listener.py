"""Listeners for real: connections that are too many, TLS that says nothing, descriptors that run out."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from stream.net.connections import GRACE, Connections
from stream.net.listener import Listener
from tests.stream.rtmp.test_client import certificate

ROOT = Path(__file__).parents[3]


class Echo(asyncio.Protocol):
    """Says back what it hears; a connection that was heard is busy."""

    def __init__(self, number: int, connections: Connections) -> None:
        self._number, self._connections = number, connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own are no subclass

    def data_received(self, data: bytes) -> None:
        self._connections.busy(self._number)
        self.transport.write(data)


@contextlib.asynccontextmanager
async def listening(most: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Connections, int]]:
    connections = Connections(most)
    listener = Listener(connections, lambda number: Echo(number, connections), tls, 1.5)
    port = await listener.open("127.0.0.1", 0)
    try:
        yield connections, port
    finally:
        await listener.close()


async def said(port: int, tls: ssl.SSLContext | None = None) -> bytes:
    """What comes back on a connection of one's own."""
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
        writer.write(b"hello")
        got = await reader.read(100)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return got


async def closed(peer: socket.socket) -> bool:
    """Whether the other side closes a connection soon."""
    peer.setblocking(False)
    try:
        async with asyncio.timeout(2):
            return await asyncio.get_running_loop().sock_recv(peer, 10) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def test_who_is_too_many_is_closed_at_once_and_who_waits_makes_room() -> None:
    async def main() -> None:
        async with listening(3) as (connections, port):
            peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(6)]
            assert [await closed(peer) for peer in peers[3:]] == [True] * 3
            assert len(connections) == 3
            await asyncio.sleep(GRACE)
            assert await said(port) == b"hello", "the oldest that only waits is closed for it"
            assert await closed(peers[0])
            for peer in peers:
                peer.close()
            async with asyncio.timeout(5):
                while len(connections):
                    await asyncio.sleep(0.01)

    asyncio.run(main())


def test_tls_that_says_nothing_is_given_up_and_locks_nobody_out(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context(cafile=str(chain))
    server.load_cert_chain(chain, key)

    async def main() -> None:
        async with listening(4, server) as (connections, port):
            peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
            await asyncio.sleep(GRACE + 0.1)
            assert await said(port, client) == b"hello", "one of the silent ones makes room"
            assert all([await closed(peer) for peer in peers]), "and the others are given up"
            async with asyncio.timeout(5):
                while len(connections):
                    await asyncio.sleep(0.01)
            for peer in peers:
                peer.close()
            with contextlib.suppress(OSError):
                assert await said(port) == b"", "what is no TLS gets nothing"

    asyncio.run(main())


def test_a_port_that_is_taken_is_an_error_that_leaves_nothing_open() -> None:
    async def main() -> None:
        async with listening(3) as (_, port):
            other = Listener(Connections(1), lambda number: Echo(number, Connections(1)))
            with pytest.raises(OSError, match="in use"):
                await other.open("127.0.0.1", port)
            await other.close()
            assert await said(port) == b"hello"

    asyncio.run(main())


def test_closing_hangs_up_on_everybody() -> None:
    async def main() -> None:
        async with listening(3) as (connections, port):
            peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
            async with asyncio.timeout(5):
                while len(connections) < 2:
                    await asyncio.sleep(0.01)
        assert [await closed(peer) for peer in peers] == [True, True]
        for peer in peers:
            peer.close()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port))

    asyncio.run(main())


STARVED = """
import asyncio, os, resource, socket, sys
sys.path.insert(0, "")
from stream.net.connections import Connections
from stream.net.listener import Listener
from tests.stream.net.test_listener import Echo, closed, said

async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    connections = Connections(1000)
    listener = Listener(connections, lambda number: Echo(number, connections))
    port = await listener.open("127.0.0.1", 0)
    peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
    kept = []
    while True:
        try:
            kept.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            break
    os.close(kept.pop())
    late = socket.create_connection(("127.0.0.1", port))  # takes the last one: none is left to accept it with
    assert await closed(late), "it is told, and not left to wait"
    late.close()
    for one in kept:
        os.close(one)
    assert await said(port) == b"hello", "and later ones are served"
    await listener.close()

if sys.argv[1] == "uvloop":
    import uvloop
    asyncio.Runner(loop_factory=uvloop.new_event_loop).run(main())
else:
    asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_without_a_descriptor_left_who_comes_is_told(loop: str) -> None:
    done = subprocess.run([sys.executable, "-c", STARVED, loop], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "and nothing is said of it"
