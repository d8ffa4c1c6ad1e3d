"""Frames turned by quarter turns, sample by sample, in any format."""

from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
import pytest

from engines.values import U8
from stream.media.turning import Turner, turns

PATTERN = np.asarray(np.random.default_rng(1).integers(16, 235, (36, 64, 3)), np.uint8)


def frame(rgb: U8, kind: str, pts: int = 0) -> av.VideoFrame:
    out = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=kind)
    out.pts, out.time_base = pts, Fraction(1, 90_000)
    return out


def samples(of: av.VideoFrame, number: int) -> npt.NDArray[np.generic]:
    """One plane's samples, without the padding of its lines."""
    plane = of.planes[number]
    deep = np.dtype("<u2" if "10" in of.format.name else "u1")
    lines: npt.NDArray[np.generic] = np.frombuffer(bytes(plane), deep).reshape(-1, plane.line_size // deep.itemsize)
    return lines[: plane.height, : plane.width]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_every_sample_is_where_a_turn_clockwise_puts_it(degrees: int) -> None:
    got = Turner(degrees).turn(frame(PATTERN, "rgb24")).to_ndarray(format="rgb24")
    assert np.array_equal(got, np.rot90(PATTERN, -degrees // 90))


@pytest.mark.parametrize("kind", ["yuv420p", "yuv444p", "yuv420p10le", "gray"])
def test_planes_of_any_format_are_turned_not_converted(kind: str) -> None:
    given = frame(PATTERN, kind)
    got = Turner(180).turn(given)
    assert got.format.name == kind
    for number in range(len(given.planes)):
        assert np.array_equal(samples(got, number), samples(given, number)[::-1, ::-1])


def test_four_quarters_are_a_whole_turn() -> None:
    turners = [Turner(90) for _ in range(4)]
    out = frame(PATTERN, "yuv420p")
    for turner in turners:
        out = turner.turn(out)
    assert np.array_equal(out.to_ndarray(), frame(PATTERN, "yuv420p").to_ndarray())


def test_one_turner_serves_a_stream_and_keeps_its_times() -> None:
    turner = Turner(90)
    for n in range(5):
        shade = np.full((36, 64, 3), 40 * n + 20, np.uint8)
        got = turner.turn(frame(shade, "rgb24", 3600 * n))
        assert (got.pts, got.width, got.height) == (3600 * n, 36, 64)
        assert int(got.to_ndarray(format="rgb24")[0, 0, 0]) == 40 * n + 20
        assert got.pict_type == 0, "the encoder chooses"


def test_the_frame_that_was_given_is_not_written_to() -> None:
    given = frame(PATTERN, "rgb24")
    turned = Turner(90).turn(given)
    assert np.array_equal(given.to_ndarray(format="rgb24"), PATTERN)
    assert turned.planes[0].buffer_ptr != given.planes[0].buffer_ptr


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_mirror_follows_the_turn(degrees: int) -> None:
    got = Turner(degrees, mirrored=True).turn(frame(PATTERN, "rgb24")).to_ndarray(format="rgb24")
    assert np.array_equal(got, np.rot90(PATTERN, -degrees // 90)[:, ::-1])


def test_the_filters_of_no_turn_are_none() -> None:
    assert turns(0, False) == ()
    assert turns(90, True) == (("transpose", "clock"), ("hflip", None))
