"""Videos to be seen all around or with two eyes: what is said of them stays said."""

import struct
from pathlib import Path

import pytest

from stream.media.sink import open_sink
from stream.media.source import open_source
from stream.media.video.boxes import add_boxes
from stream.media.video.immersive import FLAT, Immersive
from tests.stream.clips import make

ROUND = Immersive(projection=0)
DEGREE = 65_536


def film(path: Path, around: Immersive) -> Path:
    """A clip whose boxes FFmpeg reads back."""
    make(path, frames=3)
    assert add_boxes(path, around.boxes)
    return path


def read(path: Path) -> Immersive:
    with open_source(str(path)) as source:
        return source.info.immersive


def through(path: Path, out: Path) -> tuple[str, ...]:
    with open_source(str(path)) as source, open_sink(str(out), source) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
        return sink.notes


@pytest.mark.parametrize("around", [
    ROUND,
    Immersive(projection=0, pose=(90 * DEGREE, -10 * DEGREE, 5 * DEGREE)),
    Immersive(projection=2, bounds=(1 << 30, 0, 1 << 30, 0)),
    Immersive(projection=1, padding=4),
    Immersive(stereo=1),
    Immersive(stereo=2, projection=0),
], ids=str)  # fmt: skip
@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_boxes_come_out_as_they_went_in(tmp_path: Path, around: Immersive, ending: str) -> None:
    path = film(tmp_path / f"a.{ending}", around)
    assert read(path) == around
    assert through(path, tmp_path / f"b.{ending}") == ()
    assert read(tmp_path / f"b.{ending}") == around


def test_an_ordinary_clip_is_flat(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=3)
    assert read(path) == FLAT
    assert not FLAT and FLAT.boxes == b"" and FLAT.whole


def test_stereo_goes_into_matroskas_own_tag(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", Immersive(stereo=1))
    assert through(path, tmp_path / "b.mkv") == ()
    assert read(tmp_path / "b.mkv").stereo == 1


@pytest.mark.parametrize("ending", ["mkv", "ts"])
def test_what_cannot_be_kept_is_said(tmp_path: Path, ending: str) -> None:
    path = film(tmp_path / "a.mp4", ROUND)
    (note,) = through(path, tmp_path / f"b.{ending}")
    assert "does not keep that the picture is seen all around; .mp4 does" in note


def test_words_and_numbers() -> None:
    assert Immersive(stereo=1).word == "left_right"
    assert Immersive(stereo=1, inverted=True).word == "right_left"
    assert Immersive(stereo=2).word == "top_bottom"
    assert Immersive(stereo=3).word is None and not Immersive(stereo=3).whole
    assert Immersive(projection=5).boxes == b"" and not Immersive(projection=5).whole
    assert Immersive(stereo=2).boxes == struct.pack(">I4sIB", 13, b"st3d", 0, 1)


def test_half_a_sphere_is_written_as_its_bounds() -> None:
    half = Immersive(projection=3).boxes
    at = half.index(b"equi")
    assert struct.unpack(">5I", half[at + 4 : at + 24]) == (0, 0, 0, 1 << 30, 1 << 30)
