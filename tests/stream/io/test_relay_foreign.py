"""Relays with publishers, servers and players of other makers: FFmpeg, GStreamer, nginx. They publish, are killed and
come back; sound stays with its picture."""

import asyncio
import contextlib
import itertools
import signal
import statistics
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import av
import pytest

from stream.io.address import inlet, outlet
from stream.io.relay import Relay
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from stream.telemetry.metrics import Metrics
from tests.programs import needs, nginx, program
from tests.stream.io import clapper
from tests.stream.io.feeding import Same, packets, pictures
from tests.stream.io.feeding import port as free_port
from tests.waiting import until

SYNC = 0.020  # seconds that sound may be off its picture
KEY = "live/a-key-that-is-hard-to-guess"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clapper.make(tmp_path_factory.mktemp("clapper") / "clip.mkv", 60.0)


def relay(source: str, *outputs: str | Path, slot: Slot | None = None, linger: float | None = None) -> Relay:
    return Relay(
        inlet(source, listen=slot is not None), [outlet(str(o)) for o in outputs], Same, Metrics(),
        preset="ultrafast", bitrate=800_000, slot=slot, linger=linger,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def working(made: Relay) -> AsyncIterator[Relay]:
    """The relay at work until left."""
    stop = asyncio.Event()
    running = asyncio.create_task(made.run(stop))
    try:
        yield made
    finally:
        stop.set()
        await running


@contextlib.asynccontextmanager
async def listening(*outputs: str | Path, linger: float = 30.0) -> AsyncIterator[tuple[Relay, Slot, str]]:
    """A relay that publishers come to, and its address."""
    slot = Slot()
    server = RtmpServer({digest(KEY): slot})
    url = f"rtmp://127.0.0.1:{await server.open('127.0.0.1', 0)}/{KEY}"
    async with working(relay(url, *outputs, slot=slot, linger=linger)) as made:
        yield made, slot, url
    await server.close()


@contextlib.contextmanager
def started(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program until left, killed at the end where it still runs."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def frames(made: Relay, count: int, patience: float = 60.0) -> None:
    """Waits until so many more pictures have come."""
    wanted = made.input.count.frames + count
    await until(lambda: made.input.count.frames >= wanted, patience)


async def opened_times(made: Relay, count: int) -> None:
    await until(lambda: made.input.count.opened == count, 60.0)


async def sent(made: Relay, opened: int) -> None:
    """Waits until the first output was opened so often, and has sent something since."""
    await until(lambda: bool(made.outputs) and made.outputs[0].opened == opened, 60.0)
    before = made.outputs[0].sent
    await until(lambda: made.outputs[0].sent > before + 60)


def ffmpeg(clip: Path, url: str, *more: str) -> list[str]:
    words = [program("ffmpeg"), "-v", "error", "-nostdin", "-re", "-i", str(clip), *(more or ("-c", "copy"))]
    return [*words, "-f", "mpegts" if url.startswith("udp") else "flv", url]


def ffmpeg_to_file(clip: Path, path: str) -> list[str]:
    return [program("ffmpeg"), "-v", "error", "-nostdin", "-i", str(clip), "-t", "5", "-c", "copy", "-f", "flv", path]


def gstreamer(sink: str, pace: bool = True) -> Callable[[Path, str], list[str]]:
    """The clip by GStreamer's own demuxer, parsers and FLV muxer, which says onMetaData again and again."""

    def command(clip: Path, url: str) -> list[str]:
        pipeline = (
            f"filesrc location={clip} ! matroskademux name=d flvmux name=m streamable=true latency=100000000"
            f" ! {sink} location={url} sync={str(pace).lower()}"
            " d.video_0 ! queue ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! m."
            " d.audio_0 ! queue ! aacparse ! m."
        )
        return [program("gst-launch-1.0"), "-q", *pipeline.split()]

    return command


PUBLISHERS = [
    pytest.param(ffmpeg, ffmpeg_to_file, id="ffmpeg", marks=needs("ffmpeg")),
    *(
        pytest.param(
            gstreamer(sink), gstreamer("filesink", pace=False), id=sink,
            marks=needs(f"gst:{sink}", "gst:flvmux", "gst:matroskademux"),
        )
        for sink in ("rtmpsink", "rtmp2sink")
    ),
]  # fmt: skip


def in_sync(path: Path, least: int, own: float = 0.0) -> None:
    """own: by how much the publisher itself sends its sound late."""
    skews = clapper.skews(path)
    assert len(skews) >= least, skews
    assert max(abs(skew - own) for skew in skews) < SYNC, skews


def own_skew(command: Callable[[Path, str], list[str]], clip: Path, out: Path) -> float:
    """What a publisher makes of the clip where it writes a file: GStreamer does not take the AAC encoder's delay (1024
    samples) out of Matroska's sound."""
    subprocess.run(command(clip, str(out)), check=True, stdin=subprocess.DEVNULL, timeout=60)
    return statistics.median(clapper.skews(out))


@pytest.mark.parametrize(("command", "to_file"), PUBLISHERS)
def test_a_publisher_is_killed_and_comes_back(
    command: Callable[[Path, str], list[str]],
    to_file: Callable[[Path, str], list[str]],
    clip: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    out = tmp_path / "out.ts"

    async def main() -> None:
        async with listening(out) as (made, slot, url):
            for opened in (1, 2):
                with started(command(clip, url)) as publisher:
                    await frames(made, 90)
                    assert slot.busy and made.input.count.opened == opened
                    publisher.send_signal(signal.SIGKILL)
                await until(lambda: not slot.busy)
            assert made.session is not None and made.session.failed is None

    asyncio.run(main())
    seen = packets(out, "video")
    assert len(seen) > 120 and all(b > a for a, b in itertools.pairwise(seen))
    in_sync(out, 6, own_skew(to_file, clip, tmp_path / "own.flv"))
    assert "Traceback" not in caplog.text


@needs("gst:rtmpsink", "gst:flvmux", "gst:x264enc", "gst:voaacenc")
def test_tags_that_change_in_mid_stream_do_not_end_the_relay(tmp_path: Path) -> None:
    """GStreamer's muxer says onMetaData again when a tag changes and at its end; the publisher that follows is live."""
    tags = "taginject tags=title=one"
    pipeline = (
        "videotestsrc num-buffers=90 is-live=true ! video/x-raw,width=160,height=120,framerate=30/1"
        f" ! x264enc tune=zerolatency key-int-max=15 ! {tags} ! m."
        " audiotestsrc num-buffers=140 is-live=true ! voaacenc ! aacparse ! m."
        " flvmux name=m streamable=true metadatacreator=other ! rtmpsink location="
    )
    out = tmp_path / "out.ts"

    async def main() -> None:
        async with listening(out) as (made, slot, url):
            for opened in (1, 2):
                words = [program("gst-launch-1.0"), "-q", *(pipeline + url).split()]
                done = await asyncio.to_thread(subprocess.run, words, capture_output=True, timeout=60)
                assert done.returncode == 0, done.stderr
                await until(lambda: not slot.busy)
                await opened_times(made, opened)
            await until(lambda: made.input.count.frames >= 120)

    asyncio.run(main())
    assert len(packets(out, "video")) > 100


@needs("ffmpeg")
def test_ffmpeg_plays_the_playlist_while_it_grows(clip: Path, tmp_path: Path) -> None:
    playlist = tmp_path / "live.m3u8"

    async def main() -> bytes:
        async with listening(playlist) as (made, _, url):
            with started(ffmpeg(clip, url)) as publisher:
                await until(playlist.exists)
                await until(lambda: made.input.count.frames > 200)
                words = [program("ffmpeg"), "-v", "error", "-i", str(playlist), "-t", "3", "-f", "null", "-"]
                done = await asyncio.to_thread(subprocess.run, words, capture_output=True, timeout=60)
                publisher.kill()
            return done.stderr

    assert asyncio.run(main()) == b""
    in_sync(playlist, 6)


@needs("ffmpeg")
def test_a_sender_over_udp_begins_again_with_other_pids(
    clip: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url, out = f"udp://127.0.0.1:{free_port()}", tmp_path / "out.ts"

    async def main() -> None:
        async with working(relay(url, out)) as made:
            for opened, more in ((1, ()), (2, ("-mpegts_start_pid", "0x321", "-mpegts_pmt_start_pid", "0x456"))):
                command = ffmpeg(clip, f"{url}?pkt_size=1316", "-c", "copy", *more)
                with started(command) as sender:
                    await opened_times(made, opened)
                    await frames(made, 60)
                    sender.kill()

    asyncio.run(main())
    assert "no picture came for 10 s; opened again" in caplog.text
    in_sync(out, 3)


def rtmp_block(port: int) -> str:
    """nginx as an RTMP server: what comes to /app/KEY can be pulled from there."""
    return (
        "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;\nevents {}\n"
        f"rtmp {{ server {{ listen 127.0.0.1:{port}; application app {{ live on; }} }} }}\n"
    )


def recorded(url: str, out: Path, seconds: float) -> subprocess.Popen[bytes]:
    """FFmpeg's own player, which writes down what it gets."""
    words = [program("ffmpeg"), "-v", "error", "-nostdin", "-i", url, "-t", str(seconds), "-c", "copy", str(out)]
    return subprocess.Popen(words, stderr=subprocess.PIPE)


@needs("ffmpeg", "nginx", "nginx:rtmp")
def test_a_push_to_nginx_comes_back_after_its_restart_with_a_key_frame_and_in_sync(clip: Path, tmp_path: Path) -> None:
    number = free_port()
    there = f"rtmp://127.0.0.1:{number}/app/their-key"

    async def main() -> None:
        async with listening(there) as (made, _, url):
            with started(ffmpeg(clip, url)) as publisher:
                for part in (1, 2):
                    with nginx(tmp_path / f"nginx{part}", rtmp_block(number), number):
                        await sent(made, part)
                        with recorded(there, tmp_path / f"part{part}.ts", 3.0) as player:
                            assert await asyncio.to_thread(player.wait, 40) == 0
                publisher.kill()

    asyncio.run(main())
    for part in (1, 2):
        path = tmp_path / f"part{part}.ts"
        in_sync(path, 2)  # of six flashes of one picture each, some of which a busy machine leaves out
        with av.open(str(path)) as got:
            first = next(p for p in got.demux(video=0) if p.size)
        assert first.is_keyframe and set(pictures(path)) == {clapper.SIZE}


@needs("ffmpeg", "nginx", "nginx:rtmp")
def test_a_stream_is_pulled_from_nginx_and_again_after_its_restart(clip: Path, tmp_path: Path) -> None:
    number, out = free_port(), tmp_path / "out.ts"
    there = f"rtmp://127.0.0.1:{number}/app/their-key"

    async def main() -> None:
        async with working(relay(there, out)) as made:
            for part in (1, 2):
                with (
                    nginx(tmp_path / f"nginx{part}", rtmp_block(number), number),
                    started(ffmpeg(clip, there)) as publisher,
                ):
                    await frames(made, 90)
                    publisher.kill()
            assert made.input.count.opened >= 2

    asyncio.run(main())
    in_sync(out, 6)
