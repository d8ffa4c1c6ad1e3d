"""The benchmark's camera and microphone, and what its viewer makes of them."""

import asyncio
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engines.errors import InputError
from engines.values import U8
from tests.stream.clips import make
from tools.bench.live import camera
from tools.bench.live.camera import CLOCK, KEPT, RATE, SAMPLES, Camera, Microphone, load, picture
from tools.bench.live.frame_code import age, read
from tools.bench.live.processes import ProcessUsage, ViewerRecord

SIZE = (480, 270)


def grey(level: int = 96) -> U8:
    plane: U8 = np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8)
    plane[: SIZE[1]] = level
    return plane


def luma(frame: Any) -> U8:
    return np.asarray(frame.to_ndarray(format="gray"), np.uint8)


def test_a_clip_runs_to_and_fro_on_a_ground(tmp_path: Path) -> None:
    clip = tmp_path / "c.mp4"
    make(clip, size=(200, 100))
    planes = load(clip, 640, 480)
    with av.open(str(clip)) as container:
        count = min(KEPT, sum(1 for _ in container.decode(video=0)))
    assert len(planes) == 2 * count - 2 and all(p.shape == (720, 640) and p.dtype == np.uint8 for p in planes)
    assert (planes[1] == planes[-1]).all(), "back the same way"
    assert planes[0][:70, :480].std() < planes[0][160:320].std(), "the clip lies in the middle, ground above it"


@pytest.mark.parametrize("data", [b"", b"no video at all"])
def test_what_is_no_clip_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "c.mp4"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"c\.mp4"):
        load(path, 640, 480)


def test_a_picture_is_stamped_with_number_and_time() -> None:
    plane, before = grey(), time.monotonic()
    frame = picture(plane, 7, 21_000)
    found = read(luma(frame))
    assert found is not None and found[0] == 7 and 0 <= age(found[1], time.monotonic()) < 0.2
    assert (frame.pts, frame.time_base) == (21_000, CLOCK) and time.monotonic() - before < 1
    assert (plane == grey()).all(), "the clip itself is not written to"


def test_the_camera_keeps_its_pace_and_leaves_out_what_is_late() -> None:
    async def main() -> None:
        lens, began = Camera([grey()], 50), time.monotonic()
        numbers = []
        for _ in range(10):
            frame = await lens.recv()
            numbers.append(lens.number)
            assert frame.pts == round(lens.number * 90_000 / 50)
        assert numbers[0] == 0 and numbers == sorted(set(numbers))
        assert time.monotonic() - began >= numbers[-1] / 50
        time.sleep(0.2)  # noqa: ASYNC251 - the whole process was away
        await lens.recv()
        assert lens.number >= numbers[-1] + 9, "a camera does not wait"

    asyncio.run(main())


def test_the_microphone_clicks_on_the_second() -> None:
    async def main() -> None:
        microphone, loud = Microphone(), []
        for i in range(70):
            began = microphone._began
            frame = await microphone.recv()
            assert (frame.pts, frame.time_base, frame.samples) == (i * SAMPLES, Fraction(1, RATE), SAMPLES)
            samples = np.abs(frame.to_ndarray()[0, ::2].astype(int))
            began = microphone._began
            assert began is not None
            if samples.max() > 3000:
                loud.append((began + (i * SAMPLES + int(np.argmax(samples > 3000))) / RATE + 0.5) % 1.0 - 0.5)
        assert loud and abs(loud[0]) < 0.002 and len(loud) <= 4

    asyncio.run(main())


def test_a_viewer_counts_what_it_sees() -> None:
    watch = ViewerRecord()
    for number in (65_534, 65_535, 0, 2):
        watch.picture(picture(grey(), number, 0))
    watch.picture(av.VideoFrame.from_ndarray(grey(), format="yuv420p"))  # no code in it
    sights = watch.sights()
    assert [s.number for s in sights] == [65_534, 65_535, 65_536, 65_538] and watch.unread == 1
    assert all(0 <= s.delay < 0.2 for s in sights)
    watch.forget()
    assert watch.sights() == [] and watch.unread == 0 and watch.skew() is None


def test_a_viewer_keeps_one_picture_to_show() -> None:
    watch = ViewerRecord()
    for number in range(62):
        watch.picture(picture(grey(150), number, 0))
    assert watch.shot is not None and watch.shot.shape == (270, 480, 3)
    assert abs(float(watch.shot[100:].mean()) - 156) < 6  # 150 of 16 to 235


def test_sound_that_comes_with_its_picture_has_no_skew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tone of the whole second, as it would arrive after 40 ms, and pictures that took as long."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "s16"
    encoder.options = {"application": "lowdelay"}
    watch, now = ViewerRecord(), [999.5]

    class Clock:
        def __getattr__(self, name: str) -> Any:
            return getattr(time, name)

        def monotonic(self) -> float:
            return now[0]

    monkeypatch.setattr("tools.bench.live.processes.time", Clock())
    for i in range(150):
        start = 999.5 + i * SAMPLES / RATE
        at = (start + np.arange(SAMPLES) / RATE) % 1.0
        tone = np.where(at < camera.CLICK, 12_000 * np.sin(2 * np.pi * 1000 * at), 0).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, i * SAMPLES, Fraction(1, RATE)
        now[0] = start + SAMPLES / RATE + 0.040
        for packet in encoder.encode(frame):
            watch.hear(packet)
        watch.seen.append((i, now[0], 0.040))
    skew = watch.skew()
    assert len(watch.sound) >= 2 and skew is not None and abs(skew) < 0.012


def test_a_meter_measures_this_process() -> None:
    meter, until = ProcessUsage(), time.process_time() + 0.15
    while time.process_time() < until:
        sum(range(1000))
    used = meter.stop()
    assert 0.005 < used.cores <= 1.6 and used.peak_mb >= used.end_mb > 10
