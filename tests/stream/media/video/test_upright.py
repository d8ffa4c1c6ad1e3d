"""Live pictures as they are meant to be seen."""

from fractions import Fraction

import av
import numpy as np
import pytest

from stream.media.video.upright import Upright
from stream.pixels.geometry import Geometry
from tests.stream.clips import picture
from tests.stream.media.video.joined import disc, extent


def frame_of(rgb: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    frame.pts, frame.time_base = 7, Fraction(1, 90_000)
    return frame


def test_an_upright_picture_is_not_copied() -> None:
    frame = frame_of(picture(0, 64, 48))
    assert Upright()(frame, Geometry(64, 48)) is frame


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turns_and_mirrors(rotation: int, mirrored: bool) -> None:
    shown = picture(3, 64, 48)
    sides = (48, 64) if rotation % 180 else (64, 48)
    geometry = Geometry(*sides, rotation, mirrored)
    got = Upright()(frame_of(geometry.unturned(shown)), geometry)
    assert np.array_equal(got.to_ndarray(format="rgb24"), shown)
    assert got.pts == 7


def test_pixels_become_square() -> None:
    geometry = Geometry(96, 64, aspect=Fraction(16, 11))
    upright = Upright()
    for _ in range(2):
        got = upright(frame_of(disc(96, 64, 16 / 11)), geometry).to_ndarray(format="rgb24")
        assert got.shape == (64, 140, 3)
        width, height = extent(np.asarray(got, np.uint8))
        assert abs(width - height) <= 2


def test_a_stream_may_change() -> None:
    upright = Upright()
    assert upright(frame_of(picture(0, 64, 48)), Geometry(64, 48, 90)).width == 48
    assert upright(frame_of(picture(0, 32, 48)), Geometry(32, 48, 90)).width == 48
    assert upright(frame_of(picture(0, 32, 48)), Geometry(32, 48)).width == 32
