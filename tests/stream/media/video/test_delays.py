"""The last picture's time in a finished animation, set in place."""

import zlib
from pathlib import Path

import cv2
import pytest

from stream.media.video.delays import set_last_delay
from tests.stream.clips import make
from tests.stream.media.video.test_animation import LENGTHS, animate


@pytest.mark.parametrize("ending", ["webp", "png"])
@pytest.mark.parametrize("delay", [10, 500, 60_000])
def test_only_the_last_picture_stays_longer(tmp_path: Path, ending: str, delay: int) -> None:
    path = animate(tmp_path / f"a.{ending}")
    size = path.stat().st_size
    assert set_last_delay(path, delay)
    assert path.stat().st_size == size
    read, animation = cv2.imreadanimation(str(path))
    assert read
    assert [int(v) for v in animation.durations] == [*LENGTHS[:3], delay]


def test_a_pngs_checksums_are_right(tmp_path: Path) -> None:
    path = animate(tmp_path / "a.png")
    set_last_delay(path, 777)
    data, at, seen = path.read_bytes(), 8, 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        assert zlib.crc32(data[at + 4 : at + 8 + length]) == int.from_bytes(
            data[at + 8 + length : at + 12 + length], "big"
        )
        seen += data[at + 4 : at + 8] == b"fcTL"
        at += 12 + length
    assert seen == 4


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=3)
    before = path.read_bytes()
    assert not set_last_delay(path, 100)
    assert path.read_bytes() == before
