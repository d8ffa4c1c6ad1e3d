"""Palettes by value: 256 colours or fewer, near to what was there, and transparency kept."""

from fractions import Fraction

import av
import numpy as np
import pytest

from engines.values import U8
from stream.media.video.palette import Palette
from tests.stream.clips import picture


def frame_of(rgb: U8, pts: int, alpha: int = 255) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.dstack([rgb, np.full(rgb.shape[:2], alpha, np.uint8)]), format="rgba")
    frame.pts, frame.time_base, frame.duration = pts, Fraction(1, 100), 4
    return frame


def rgba(frame: av.VideoFrame) -> U8:
    return np.asarray(frame.to_ndarray(format="rgba"), np.uint8)


def test_nothing_comes_before_the_rest_is_asked_for() -> None:
    palette = Palette()
    for i in range(5):
        assert palette.add(frame_of(picture(i, 64, 48), 4 * i)) == []
    out = palette.rest()
    assert [f.pts for f in out] == [0, 4, 8, 12, 16]
    assert {f.format.name for f in out} == {"pal8"}
    assert palette.rest() == []


def test_one_palette_for_all_and_near_to_what_was_there() -> None:
    palette = Palette()
    for i in range(5):
        palette.add(frame_of(picture(i, 64, 48), i))
    out = [rgba(f) for f in palette.rest()]
    colours = np.unique(np.concatenate([o.reshape(-1, 4) for o in out]), axis=0)
    assert len(colours) <= 256
    for i, got in enumerate(out):
        assert np.abs(got[..., :3].astype(int) - picture(i, 64, 48)).mean() < 6


def test_few_colours_stay_the_very_same() -> None:
    flags = np.zeros((32, 48, 3), np.uint8)
    flags[:, :16], flags[:, 16:32], flags[:, 32:] = (200, 30, 40), (250, 250, 250), (20, 60, 150)
    palette = Palette()
    palette.add(frame_of(flags, 0))
    (got,) = palette.rest()
    assert np.array_equal(rgba(got)[..., :3], flags)


def test_transparency_is_kept() -> None:
    palette = Palette()
    palette.add(frame_of(picture(0, 32, 32), 0))
    palette.add(frame_of(picture(1, 32, 32), 1, alpha=0))
    one, two = palette.rest()
    assert (rgba(one)[..., 3] == 255).all()
    assert (rgba(two)[..., 3] == 0).all()


@pytest.mark.parametrize("count", [2, 5])
def test_long_animations_get_a_palette_a_stretch(count: int) -> None:
    """Pictures of 80 MB: two of them fill what may wait."""
    palette, ready = Palette(), []
    wide: U8 = np.zeros((2000, 10_000, 3), np.uint8)
    for i in range(count):
        wide[:] = 40 * i
        ready += [f.pts for f in palette.add(frame_of(wide, i))]
    ready += [f.pts for f in palette.rest()]
    assert ready == list(range(count))
