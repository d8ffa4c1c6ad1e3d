"""Relays under load and in trouble: slow stages, failing ones, publishers and players that are FFmpeg's own."""

import asyncio
import itertools
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from stream.frame import Frame
from stream.io.address import inlet, outlet
from stream.io.relay import Relay
from stream.live.session import FrameSwap
from stream.live.swap import Shown
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from stream.telemetry.metrics import Metered, Metrics
from tests.stream.io.feeding import Same, ffmpeg_publisher, packets, pictures, write


@dataclass
class Slow(Same):
    """Takes five times as long for each frame as there is."""

    seconds: float = 5 / 30

    def __call__(self, frame: Frame) -> Shown:
        time.sleep(self.seconds)
        return super().__call__(frame)


@dataclass
class Failing(Same):
    """Breaks at the tenth frame."""

    count: int = 0

    def __call__(self, frame: Frame) -> Shown:
        self.count += 1
        if self.count == 10:
            raise RuntimeError("the network's output has another shape")
        return super().__call__(frame)


def relay(path: Path, make: type[Same], *outputs: Path) -> Relay:
    given = [outlet(str(o)) for o in outputs]

    def made(stats: Metered) -> FrameSwap:
        return make(stats)

    return Relay(inlet(str(path), realtime=True), given, made, Metrics(), preset="ultrafast", bitrate=800_000)


def test_stages_five_times_too_slow_cost_frames_and_no_delay(tmp_path: Path) -> None:
    write(str(tmp_path / "a.mkv"), 4.0)
    made = relay(tmp_path / "a.mkv", Slow, tmp_path / "b.ts")
    asyncio.run(made.run(asyncio.Event()))
    s = made.session
    assert s is not None and s.came == 120 and s.left + s.shed + s.held >= 118
    assert s.shed > 80 and s.left > 10, "what cannot be done is dropped and counted"
    delays = np.array(s.delays)
    assert delays.max() < 3 * 5 / 30, "at most the frame in hand and the one that waits"
    half = len(delays) // 2
    assert np.median(delays[half:]) < np.median(delays[:half]) + 0.05, "and it does not grow"
    seen, heard = packets(tmp_path / "b.ts", "video"), packets(tmp_path / "b.ts", "audio")
    assert len(heard) > 160 and abs(heard[-1] - seen[-1]) < 0.4, "sound goes on whole, in step"
    dropped = s.metrics.text().decode().split('understudy_drops_total{reason="newer"} ')[1].split()[0]
    assert float(dropped) == s.shed


def test_a_stage_that_fails_ends_the_stream_with_its_reason(tmp_path: Path) -> None:
    write(str(tmp_path / "a.mkv"), 20.0, sound=None)
    made = relay(tmp_path / "a.mkv", Failing, tmp_path / "b.mp4")
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="another shape"):
        asyncio.run(made.run(asyncio.Event()))
    assert time.monotonic() - began < 15
    assert 1 <= len(packets(tmp_path / "b.mp4", "video")) <= 9, "what went well is in the file, and the file is whole"


def test_a_stream_whose_only_output_is_lost_ends(tmp_path: Path) -> None:
    write(str(tmp_path / "a.mkv"), 30.0, sound=None)
    (tmp_path / "b.ts").mkdir()
    made = relay(tmp_path / "a.mkv", Same, tmp_path / "b.ts")
    began = time.monotonic()
    asyncio.run(made.run(asyncio.Event()))
    assert time.monotonic() - began < 12 and isinstance(made.outputs[0].error, OSError)


def test_a_stop_is_heard_at_once_and_leaves_whole_files(tmp_path: Path) -> None:
    write(str(tmp_path / "a.mkv"), 30.0)
    made = relay(tmp_path / "a.mkv", Same, tmp_path / "b.mp4", tmp_path / "c.m3u8")

    async def main() -> float:
        stop = asyncio.Event()
        running = asyncio.create_task(made.run(stop))
        await asyncio.sleep(1.5)
        began = time.monotonic()
        stop.set()
        await running
        return time.monotonic() - began

    assert asyncio.run(main()) < 5
    assert len(packets(tmp_path / "b.mp4", "video")) > 10
    assert "#EXT-X-ENDLIST" in (tmp_path / "c.m3u8").read_text()
    assert not [t for t in threading.enumerate() if t.name.startswith(("output", "relay", "live"))]


def test_ffmpeg_pushes_rtmp_and_ffmpeg_pulls_hls(tmp_path: Path) -> None:
    """A camera that is another program, in another process, and a player that is one too."""
    slot = Slot()
    playlist = tmp_path / "live.m3u8"

    async def main() -> int:
        server = RtmpServer({digest("live/the-key-of-a-camera"): slot})
        number = await server.open("127.0.0.1", 0)
        url = f"rtmp://127.0.0.1:{number}/live/the-key-of-a-camera"
        made = Relay(
            inlet(url, listen=True), [outlet(str(playlist))], Same, Metrics(),
            preset="ultrafast", bitrate=800_000, slot=slot, linger=1.0,
        )  # fmt: skip
        publisher = ffmpeg_publisher(url, 5.0)
        async with asyncio.timeout(60):
            while not slot.busy:
                await asyncio.sleep(0.02)
            running = asyncio.create_task(made.run(asyncio.Event()))
            while not playlist.exists():
                await asyncio.sleep(0.05)
            early = await asyncio.to_thread(pictures, playlist)
            await running
        await server.close()
        assert publisher.wait(10) == 0 and publisher.stderr is not None
        publisher.stderr.close()
        assert set(early) == {(160, 120)}, "it can be watched while it grows"
        assert made.session is not None
        return made.session.came

    came = asyncio.run(main())
    assert came == 150
    seen = packets(playlist, "video")
    assert len(seen) > 40 and all(b > a for a, b in itertools.pairwise(seen))
