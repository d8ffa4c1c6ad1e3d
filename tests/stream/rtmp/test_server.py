"""The server with real publishers: ours and FFmpeg's, with right and wrong keys, two at once, silent and noisy ones."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import pytest

from stream.net.connections import GRACE
from stream.rtmp.client import RtmpPublisher
from stream.rtmp.server import BURST, RtmpServer, RtmpTimeouts, digest
from stream.rtmp.slot import Slot
from tests.stream.io.feeding import ffmpeg_publisher, port, write
from tests.tools.http.test_proxy import own_address


@contextlib.asynccontextmanager
async def opened(
    *paths: str, timeouts: RtmpTimeouts | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[tuple[RtmpServer, dict[str, Slot], int]]:
    slots = {path: Slot() for path in paths}
    made = RtmpServer({digest(path): slot for path, slot in slots.items()}, timeouts=timeouts)
    number = await made.open(host, 0)
    try:
        yield made, slots, number
    finally:
        await made.close()


def pictures(slot: Slot) -> int:
    """What one publisher sent, to its end."""
    end = slot.take(10)
    assert end is not None
    with end, end.makefile("rb", buffering=0) as file, av.open(file, "r", format="flv") as clip:
        return len(list(clip.decode(video=0)))


def test_two_keys_at_one_port_do_not_mix() -> None:
    async def main() -> list[int]:
        async with opened("live/a", "live/b") as (_, slots, number):
            reads = [asyncio.to_thread(pictures, slots[f"live/{k}"]) for k in "ab"]
            sends = [
                asyncio.to_thread(write, f"rtmp://127.0.0.1:{number}/live/{k}", n / 30, format="flv")
                for k, n in (("a", 40), ("b", 25))
            ]
            got = await asyncio.gather(*reads, *sends)
        return list(got)

    assert asyncio.run(main()) == [40, 25, 40, 25]


def test_ffmpegs_own_publisher_is_understood_and_its_wrong_key_refused() -> None:
    async def main() -> tuple[int, int | None, int, bytes]:
        async with opened("live/right") as (made, slots, number):
            wrong = ffmpeg_publisher(f"rtmp://127.0.0.1:{number}/live/wrong", 0.3)
            right = ffmpeg_publisher(f"rtmp://127.0.0.1:{number}/live/right", 0.5)
            count = await asyncio.to_thread(pictures, slots["live/right"])
            _, words = await asyncio.to_thread(wrong.communicate)
            code = await asyncio.to_thread(right.wait, 10)
            assert right.stderr is not None
            right.stderr.close()
            assert wrong.returncode != 0
            return count, code, made.refused, words

    count, code, refused, words = asyncio.run(main())
    assert (count, code, refused) == (15, 0, 1) and b"Error" in words


def test_the_second_publisher_on_a_key_is_refused_and_the_first_goes_on() -> None:
    async def main() -> None:
        async with opened("live/key") as (made, slots, number):
            url = f"rtmp://127.0.0.1:{number}/live/key"
            first = await asyncio.to_thread(RtmpPublisher, url)
            with pytest.raises(ConnectionRefusedError, match="already"):
                await asyncio.to_thread(RtmpPublisher, url)
            assert slots["live/key"].busy and made.refused == 1
            first.close()
            async with asyncio.timeout(5):
                while slots["live/key"].busy:
                    await asyncio.sleep(0.01)
            (await asyncio.to_thread(RtmpPublisher, url)).close()

    asyncio.run(main())


def test_who_says_nothing_is_disconnected() -> None:
    async def main() -> None:
        async with opened("live/key", timeouts=RtmpTimeouts(publish=0.2, data=0.3)) as (_, slots, number):
            for first in (b"", b"\x03", b"\x03" + bytes(1536), b"GET / HTTP/1.1\r\n\r\n", os.urandom(4000)):
                reader, writer = await asyncio.open_connection("127.0.0.1", number)
                writer.write(first)
                async with asyncio.timeout(3):
                    with contextlib.suppress(ConnectionError):
                        while await reader.read(65536):
                            pass
                writer.close()
            silent = await asyncio.to_thread(
                RtmpPublisher, f"rtmp://127.0.0.1:{number}/live/key"
            )  # and now it sends nothing
            assert slots["live/key"].busy
            async with asyncio.timeout(3):
                while slots["live/key"].busy:
                    await asyncio.sleep(0.02)
            silent.close()

    asyncio.run(main())


def test_a_reader_that_goes_away_ends_its_publisher() -> None:
    async def main() -> None:
        async with opened("live/key") as (_, slots, number):
            task = asyncio.create_task(
                asyncio.to_thread(write, f"rtmp://127.0.0.1:{number}/live/key", 60, format="flv", size=(640, 480))
            )
            end = await asyncio.to_thread(slots["live/key"].take, 10)
            assert end is not None
            end.close()
            with pytest.raises((OSError, av.error.FFmpegError)):
                async with asyncio.timeout(20):
                    await task

    asyncio.run(main())


def test_closing_ends_every_connection_and_says_nothing_of_it(caplog: pytest.LogCaptureFixture) -> None:
    """Silent ones, one in the middle of its handshake, a publisher, and one whose connection is not served yet."""

    async def main() -> None:
        trouble: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: trouble.append(what))
        async with opened("live/key") as (made, slots, number):
            url, place = f"rtmp://127.0.0.1:{number}/live/key", ("127.0.0.1", number)
            peers = [socket.create_connection(place, 3) for _ in range(2)]
            peers[1].sendall(b"\x03" + bytes(700))
            publisher = await asyncio.to_thread(RtmpPublisher, url)
            assert slots["live/key"].busy and len(made.connections) == 3
            peers.append(socket.create_connection(place, 3))
            while len(made.connections) < 4:
                await asyncio.sleep(0)
        for peer in peers:
            with peer, contextlib.suppress(ConnectionResetError):  # what it said may lie there unread
                while await asyncio.to_thread(peer.recv, 4096):
                    pass
        await asyncio.to_thread(publisher.close)
        assert not slots["live/key"].busy and not len(made.connections) and trouble == []

    asyncio.run(main())
    assert caplog.messages == []


def test_silent_connections_make_room_and_a_publisher_is_not_closed_for_them() -> None:
    async def main() -> None:
        async with opened("live/key", "live/late") as (made, slots, number):
            first = await asyncio.to_thread(RtmpPublisher, f"rtmp://127.0.0.1:{number}/live/key")
            silent = [socket.create_connection(("127.0.0.1", number)) for _ in range(made.connections.most + 20)]
            async with asyncio.timeout(5):
                while len(made.connections) < made.connections.most:
                    await asyncio.sleep(0.01)
            assert made.connections.refused >= 20
            await asyncio.sleep(GRACE)
            late = await asyncio.to_thread(RtmpPublisher, f"rtmp://127.0.0.1:{number}/live/late")
            assert slots["live/key"].busy and slots["live/late"].busy
            for one in silent:
                one.close()
            for publisher in (first, late):
                await asyncio.to_thread(publisher.close)

    asyncio.run(main())


def test_one_address_may_not_try_for_ever() -> None:
    """Keys cannot be guessed one after another, and a flood of connections costs little."""
    address = own_address()
    if address is None or address.startswith("127."):
        pytest.skip("this machine has no other address")

    async def main() -> None:
        async with opened("live/key", host=address) as (made, _, number):
            for _ in range(BURST + 20):
                reader, writer = await asyncio.open_connection(address, number)
                with contextlib.suppress(OSError):
                    writer.write(b"GET / HTTP/1.1\r\n\r\n")
                    await reader.read()
                writer.close()
            assert 15 <= made.connections.refused <= 20

    asyncio.run(main())


def test_a_flood_before_any_key_does_not_hold_others_up() -> None:
    """Empty messages of one byte each, and headers that shorten messages under way, which made the parser run back over
    them: 3.3 MB a second took a server from 3 to 740 ms for an answer. How little work each is: test_publisher_session.
    Here another publisher comes in while they keep coming."""
    empty = bytes([3]) + bytes(3) + bytes(3) + b"\x08" + bytes(4) + b"\xc3" * 20_000
    long = bytes([4]) + bytes(3) + (60_000).to_bytes(3, "big") + b"\x14" + bytes(4) + bytes(128)
    short = bytes([0x40 | 4]) + bytes(3) + (1).to_bytes(3, "big") + b"\x14"
    attack = b"\x03" + bytes(3072) + (empty + long + short) * 3
    enough = threading.Event()

    def flood(number: int) -> int:
        """Connections that the server has ended."""
        ended = 0
        while not enough.is_set() or ended < 10:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", number), 20) as peer:
                peer.sendall(attack)
                while peer.recv(1 << 16):
                    pass
            ended += 1
        return ended

    async def main() -> None:
        async with opened("live/key", timeouts=RtmpTimeouts(publish=30)) as (_, slots, number):
            floods = [asyncio.create_task(asyncio.to_thread(flood, number)) for _ in range(3)]
            await asyncio.sleep(0.2)
            publisher = await asyncio.to_thread(RtmpPublisher, f"rtmp://127.0.0.1:{number}/live/key", within=30)
            assert slots["live/key"].busy
            enough.set()
            async with asyncio.timeout(60):  # each connection was ended by the server, long before its patience was
                assert all(ended >= 10 for ended in await asyncio.gather(*floods))
            await asyncio.to_thread(publisher.close)

    asyncio.run(main())


def test_push_is_understood_by_ffmpegs_listener() -> None:
    """What we send to others' servers: a server that is not ours reads it."""
    url, got = f"rtmp://127.0.0.1:{port()}/live/x", list[tuple[str, int]]()

    def listen() -> None:
        listening = av.open(url, format="flv", options={"listen": "1"}, timeout=(15.0, 5.0))
        with listening as clip, contextlib.suppress(av.error.FFmpegError, OSError):
            for packet in clip.demux():
                got.append((packet.stream.type, packet.size))

    thread = threading.Thread(target=listen)
    thread.start()
    sent = _persist(lambda: write(url, 1.0, format="flv"))
    thread.join(20)
    assert sum(kind == "video" and size > 0 for kind, size in got) == sent == 30
    assert sum(kind == "audio" and size > 0 for kind, size in got) >= 45


def _persist(call: Callable[[], int]) -> int:
    for _ in range(100):
        try:
            return call()
        except ConnectionRefusedError:
            threading.Event().wait(0.05)
    raise AssertionError("nobody listened")


@pytest.mark.parametrize(
    ("answer", "words"),
    [(b"", "closed"), (b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200, "RTMP|closed"), (None, "timed out")],
)
def test_a_server_that_is_none_is_told_and_not_waited_for(answer: bytes | None, words: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> Any:
            peer, _ = server.accept()
            with peer:
                if answer is not None:
                    peer.sendall(answer)
                    peer.shutdown(socket.SHUT_WR)
                peer.settimeout(3)
                with contextlib.suppress(OSError):
                    while peer.recv(65536):
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(OSError, match=words):
            RtmpPublisher(f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/x", within=0.5)
        thread.join()


def test_an_address_without_a_stream_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="application/key"):
        RtmpPublisher("rtmp://127.0.0.1/key")
