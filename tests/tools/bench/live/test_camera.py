"""The benchmark's camera and microphone."""

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
from tests.tools.bench.live.runs import grey
from tools.bench.live.camera import CLOCK, KEPT, RATE, SAMPLES, Camera, Microphone, load, picture
from tools.bench.live.frame_code import age, read


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
            began = microphone.began
            frame = await microphone.recv()
            assert (frame.pts, frame.time_base, frame.samples) == (i * SAMPLES, Fraction(1, RATE), SAMPLES)
            samples = np.abs(frame.to_ndarray()[0, ::2].astype(int))
            began = microphone.began
            assert began is not None
            if samples.max() > 3000:
                loud.append((began + (i * SAMPLES + int(np.argmax(samples > 3000))) / RATE + 0.5) % 1.0 - 0.5)
        assert loud and abs(loud[0]) < 0.002 and len(loud) <= 4

    asyncio.run(main())
