"""How frames are meant to be seen, told frame by frame."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from stream.media.video.display import Display, display_matrix
from stream.pixels.geometry import Geometry
from tests.stream.clips import make
from tests.stream.media.video.joined import disc, segment


def geometries(path: Path) -> list[Geometry]:
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        display = Display(stream)
        return [display(frame) for frame in clip.decode(stream)]


def test_an_ordinary_picture_is_seen_as_it_lies(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=3)
    assert geometries(path) == [Geometry(96, 64)] * 3
    with av.open(str(path)) as clip:
        assert display_matrix(next(clip.decode(video=0))) is None


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turns_are_clockwise(tmp_path: Path, rotation: int) -> None:
    assert geometries(make(tmp_path / "a.mp4", frames=2, rotation=rotation))[0].rotation == rotation


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_pixel_shapes_are_read(tmp_path: Path, ending: str) -> None:
    path = make(tmp_path / f"a.{ending}", frames=3, aspect=Fraction(16, 11))
    assert {g.aspect for g in geometries(path)} == {Fraction(16, 11)}


def test_a_pixel_shape_that_changes_in_mid_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    narrow = [disc(96, 64)] * 5
    path.write_bytes(
        segment(tmp_path / "1", narrow, aspect=Fraction(16, 11)) + segment(tmp_path / "2", narrow, 5, Fraction(2))
    )
    assert [g.aspect for g in geometries(path)] == [Fraction(16, 11)] * 5 + [Fraction(2)] * 5


def test_a_size_that_changes_in_mid_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    path.write_bytes(segment(tmp_path / "1", [disc(96, 64)] * 5) + segment(tmp_path / "2", [disc(64, 96)] * 5, 5))
    assert [(g.width, g.height) for g in geometries(path)] == [(96, 64)] * 5 + [(64, 96)] * 5
