"""Uploads: all that are under way may take only so many bytes together."""

import asyncio
import contextlib

import pytest
from aiohttp import web

from tests.tools.live.serve.served import served
from tools.http.uploads import MOST, Uploads

MB = 1 << 20


def test_what_comes_is_counted_and_given_back() -> None:
    uploads = Uploads(100)
    with uploads.upload() as one, uploads.upload() as two:
        one.grow(60)
        two.grow(40)
        with pytest.raises(web.HTTPServiceUnavailable) as told:
            two.grow(1)
        assert told.value.headers["Retry-After"] and uploads.held == 100
    assert uploads.held == 0
    with uploads.upload() as again:
        again.grow(100)


def test_one_that_fails_gives_its_bytes_back() -> None:
    uploads = Uploads(100)
    with contextlib.suppress(ZeroDivisionError), uploads.upload() as one:
        one.grow(100)
        raise ZeroDivisionError
    assert uploads.held == 0


def test_slow_uploads_do_not_fill_the_memory_and_the_next_is_told_to_wait() -> None:
    size = 12 * MB - 1000
    head = (
        b"POST /api/rooms?consent=true HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: image/png\r\nContent-Length: %d\r\n\r\n" % size
    )

    async def main() -> None:
        async with served() as (server, url, http):
            port = int(url.rsplit(":", 1)[1])
            answers: list[bytes] = []
            writers: list[asyncio.StreamWriter] = []

            async def upload() -> None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writers.append(writer)
                writer.write(head + bytes(size - 1))  # and the last byte never comes
                with contextlib.suppress(ConnectionError):
                    answers.append(await reader.readline())

            tasks = [asyncio.create_task(upload()) for _ in range(MOST // size + 2)]
            async with asyncio.timeout(12):
                while len(answers) < 2:
                    await asyncio.sleep(0.02)
            assert all(b" 503 " in answer for answer in answers) and not server.rooms.rooms
            async with http.get(f"{url}/healthz") as got:
                assert got.status == 200
            for writer in writers:
                writer.close()
            await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
