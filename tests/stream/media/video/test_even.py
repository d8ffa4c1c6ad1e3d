"""One more row and column, and nothing else."""

from fractions import Fraction

import av
import numpy as np
import pytest

from stream.media.video.even import evened_frame
from tests.stream.clips import picture


@pytest.mark.parametrize("size", [(33, 25), (32, 25), (33, 24), (32, 24)])
def test_the_last_row_and_column_repeat(size: tuple[int, int]) -> None:
    rgb = picture(2, *size)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    frame.pts, frame.time_base = 5, Fraction(1, 25)
    even = evened_frame(frame)
    got = even.to_ndarray(format="rgb24")
    assert (even.width % 2, even.height % 2, even.pts) == (0, 0, 5)
    assert np.array_equal(got[: size[1], : size[0]], rgb)
    assert np.array_equal(got[-1], np.asarray(got[size[1] - 1]))
    assert np.array_equal(got[:, -1], np.asarray(got[:, size[0] - 1]))


def test_sixteen_bits_stay() -> None:
    deep = np.full((3, 5, 3), 40_001, np.uint16)
    even = evened_frame(av.VideoFrame.from_ndarray(deep, format="rgb48le"))
    assert even.format.name == "rgb48le"
    assert (even.to_ndarray() == 40_001).all()


def test_transparency_is_left_off() -> None:
    assert evened_frame(av.VideoFrame.from_ndarray(np.zeros((3, 5, 4), np.uint8), format="bgra")).format.name == "rgb24"
