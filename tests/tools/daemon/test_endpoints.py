"""RTMP endpoints with real publishers: each key its own outputs, publishers that come back, no room, broken outputs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import av
import pytest

from engines.errors import OutputError
from engines.watermark.payload import Payload
from stream.marks.keys import Identity, local_identity
from stream.marks.layers import Marking
from stream.marks.provenance import ManifestState
from stream.marks.read import read_provenance
from stream.pipeline.pipeline import Pipeline
from stream.rtmp.client import RtmpPublisher
from stream.telemetry.metrics import Metered, Metrics
from tests.stream.io.feeding import Same, counted, packets, write
from tools.daemon.config import Endpoint
from tools.daemon.endpoint_swaps import EndpointSwaps
from tools.daemon.endpoints import Endpoints

KEYS = {"one": "key-of-endpoint-one", "two": "key-of-endpoint-two"}


def swaps(painted: int | None = None, identity: Identity | None = None) -> EndpointSwaps:
    """Of sessions that change nothing. painted: pictures that each says it has painted, None: it has no pipeline."""

    def make(payload: Payload | None, opened: Callable[[Pipeline], object]) -> Callable[[Metered], Same]:
        def session(stats: Metered) -> Same:
            if painted is not None:
                opened(counted(painted))
            return Same(stats)

        return session

    return EndpointSwaps(make, None, identity or local_identity(), Marking(), "Face replaced")


def endpoint(name: str, *outputs: Path) -> Endpoint:
    return Endpoint(name, KEYS[name], tuple(map(str, outputs)), (), bitrate="800k", preset="ultrafast")


@contextlib.asynccontextmanager
async def opened(
    *endpoints: Endpoint, most: int = 4, own: EndpointSwaps | None = None
) -> AsyncIterator[tuple[Endpoints, str]]:
    live = Endpoints(endpoints, [own or swaps()] * len(endpoints), Metrics(), most, linger=0.6)
    port = await live.open("127.0.0.1", 0)
    try:
        yield live, f"rtmp://127.0.0.1:{port}/live"
    finally:
        live.shut()
        await live.close()


async def ended(live: Endpoints) -> None:
    async with asyncio.timeout(10):
        while live.running:
            await asyncio.sleep(0.02)


def publish(url: str, name: str, seconds: float) -> asyncio.Task[int]:
    return asyncio.create_task(
        asyncio.to_thread(write, f"{url}/{KEYS[name]}", seconds, format="flv", pace=True, sound=None)
    )


def test_two_endpoints_work_at_once_and_end_after(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(endpoint("one", tmp_path / "a.ts"), endpoint("two", tmp_path / "b.ts")) as (live, url):
            sends = [publish(url, "one", 2.0), publish(url, "two", 1.5)]
            async with asyncio.timeout(10):
                while not all(t["publishing"] and t["left"] for t in live.to_json()):
                    await asyncio.sleep(0.02)
            assert live.running == 2 and KEYS["one"] not in str(live.to_json())
            await asyncio.gather(*sends)
            await ended(live)
            assert [t["publishing"] for t in live.to_json()] == [False, False]

    asyncio.run(main())
    assert len(packets(tmp_path / "a.ts", "video")) > 5 and len(packets(tmp_path / "b.ts", "video")) > 5


def test_a_publisher_that_comes_back_in_time_finds_its_outputs_open(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(endpoint("one", tmp_path / "a.ts")) as (live, url):
            await publish(url, "one", 0.7)
            await asyncio.sleep(0.2)
            assert live.running == 1
            await publish(url, "one", 0.7)
            await ended(live)

    asyncio.run(main())
    assert [p.name for p in tmp_path.iterdir()] == ["a.ts"]
    seen = packets(tmp_path / "a.ts", "video")
    assert seen == sorted(seen) and seen[-1] - seen[0] > 1.2


def test_where_there_is_no_room_the_next_is_told_so(tmp_path: Path) -> None:
    async def main() -> None:
        both = endpoint("one", tmp_path / "a.ts"), endpoint("two", tmp_path / "b.ts")
        async with opened(*both, most=1) as (live, url):
            first = await asyncio.to_thread(RtmpPublisher, f"{url}/{KEYS['one']}")
            with pytest.raises(ConnectionRefusedError, match="no room"):
                await asyncio.to_thread(RtmpPublisher, f"{url}/{KEYS['two']}")
            with pytest.raises(ConnectionRefusedError, match="no such stream"):
                await asyncio.to_thread(RtmpPublisher, f"{url}/wrong-key-altogether")
            first.close()
            await ended(live)
            (await asyncio.to_thread(RtmpPublisher, f"{url}/{KEYS['two']}")).close()

    asyncio.run(main())


def test_an_output_that_breaks_is_told_and_the_next_publisher_tries_again(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    async def main() -> None:
        async with opened(endpoint("one", folder / "a.ts")) as (live, url):
            folder.rmdir()
            with contextlib.suppress(OSError, av.error.FFmpegError):
                await publish(url, "one", 0.5)
            await ended(live)
            assert "no folder" in str(live.to_json()[0]["trouble"])
            folder.mkdir()
            (folder / "a.ts").mkdir()  # no file can be there
            with contextlib.suppress(OSError, av.error.FFmpegError):
                await publish(url, "one", 2.0)
            await ended(live)
            assert "a.ts cannot be written" in str(live.to_json()[0]["trouble"])
            (folder / "a.ts").rmdir()
            await publish(url, "one", 1.2)
            await ended(live)
            assert live.to_json()[0]["trouble"] == ""

    asyncio.run(main())
    assert len(packets(folder / "a.ts", "video")) > 5


def test_recordings_are_signed_and_the_next_publisher_gets_files_of_its_own(tmp_path: Path) -> None:
    """As those of `stream`: with the mark of their session. The first publisher breaks off once."""
    identity = local_identity(tmp_path / "keys" / "signing")
    (tmp_path / "out").mkdir()
    outputs = (tmp_path / "out" / "a.ts", tmp_path / "out" / "live.m3u8")

    async def main() -> None:
        async with opened(endpoint("one", *outputs), own=swaps(4, identity)) as (live, url):
            for publishers in (2, 1):
                for _ in range(publishers):
                    await publish(url, "one", 0.7)
                await ended(live)
                assert live.to_json()[0]["trouble"] == ""

    asyncio.run(main())
    records = []
    for name in ("a.ts", "a-2.ts"):
        found = read_provenance(tmp_path / "out" / name, identity.root)
        assert found.state is ManifestState.TRUSTED and found.record is not None and found.watermark
        assert found.record.frames == len(packets(tmp_path / "out" / name, "video"))
        records.append(found)
    assert [r.record.resumed for r in records if r.record] == [1, 0]
    assert records[0].watermark != records[1].watermark, "two sessions, two marks"
    assert not list((tmp_path / "out").glob("*.m3u8.c2pa"))


def test_the_trouble_of_one_publisher_is_not_told_of_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    async def main() -> None:
        async with opened(endpoint("one", folder / "a.ts")) as (live, url):
            folder.rmdir()
            with contextlib.suppress(OSError, av.error.FFmpegError):
                await publish(url, "one", 0.5)
            await ended(live)
            assert live.to_json()[0]["trouble"]
            folder.mkdir()
            sending = publish(url, "one", 2.0)
            async with asyncio.timeout(10):
                while not live.to_json()[0]["left"]:
                    await asyncio.sleep(0.02)
            assert live.to_json()[0]["trouble"] == "" and live.to_json()[0]["publishing"]
            await sending
            await ended(live)

    asyncio.run(main())


def test_a_publisher_that_comes_while_an_endpoint_is_in_trouble_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    async def main() -> None:
        async with opened(endpoint("one", folder / "a.ts")) as (live, url):
            folder.rmdir()
            first = publish(url, "one", 0.3)
            async with asyncio.timeout(10):
                while not live.running:
                    await asyncio.sleep(0.01)
            with contextlib.suppress(OSError, av.error.FFmpegError):
                await first
            folder.mkdir()
            await publish(url, "one", 2.0)  # the endpoint still waits after its failure
            await ended(live)

    asyncio.run(main())
    assert len(packets(folder / "a.ts", "video")) > 5


def test_an_output_that_cannot_be_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no folder"):
        Endpoints([endpoint("one", tmp_path / "none" / "a.ts")], [swaps()], Metrics())
