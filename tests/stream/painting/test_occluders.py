"""What is gathered of what lies before a face: of all of its region or a part, at one size."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engines.values import Patch
from stream.painting.occluders import WORKING, beneath, face_only, gathered
from tests.stream.fronts import (
    CLEAN,
    CORNER,
    SIZE,
    box,
    enlarged,
    seen,
    swapped,
    track,
    with_thing,
)


def test_what_is_gathered_of_the_face_alone_is_what_is_gathered_of_all() -> None:
    what = track(with_thing(box(60, 90, 140, 130)), seen(opaque=box(60, 90, 140, 130), veil=box(30, 30, 50, 60)))
    whole, region = gathered(what), face_only(what)
    assert whole is not None and region is not None and what.region is not None
    few = gathered(what, region)
    assert few is not None
    h, w = region.rgb.shape[:2]
    patch = Patch(region.x, region.y, region.rgb, np.ones((h, w), np.float32))
    at = whole.touched(np.ones_like(whole.known), patch)
    assert at is not None
    assert np.array_equal(whole.region.rgb[at[1]], region.rgb)
    assert at[0] == np.s_[0:h, 0:w]
    assert few.wide == pytest.approx(whole.wide, rel=0.02)
    for name in ("opaque", "veil", "known", "plate"):
        a, b = few.spread(getattr(few, name)), whole.spread(getattr(whole, name))[at[1]]
        assert a.shape[:2] == (h, w)
        assert np.abs(a - b).mean() < 0.02 * max(1, float(b.max()))


def test_a_large_face_is_solved_small() -> None:
    """Four times as large: no more pixels, and the same is found at the same place."""
    what = track(with_thing(box(60, 90, 140, 130)), seen(opaque=box(60, 90, 140, 130)))
    one, four = gathered(what), gathered(enlarged(what, 4))
    assert one is not None and four is not None
    assert four.region.rgb.shape == (4 * SIZE, 4 * SIZE, 3)
    assert four.wide == pytest.approx(WORKING, rel=0.01)
    assert four.frame.shape == (*four.known.shape, 3)
    assert max(four.known.shape) < 0.4 * four.region.rgb.shape[0]
    for name, far in (("frame", 6.0), ("plate", 6.0), ("opaque", 0.02), ("known", 0.02)):
        there = cv2.resize(four.spread(getattr(four, name)), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        assert np.abs(there - getattr(one, name)).mean() < far


def test_nothing_is_gathered_where_nobody_looked_or_nothing_was_read() -> None:
    assert gathered(track(CLEAN, None)) is None
    blind = replace(track(CLEAN, seen()), region=None)
    assert gathered(blind) is None and face_only(blind) is None and beneath(blind, swapped()) is None


def test_each_map_is_gathered_under_its_own_name() -> None:
    places = {"opaque": box(60, 40, 140, 70), "veil": box(60, 90, 140, 120), "glass": box(60, 140, 140, 170)}
    before = gathered(track(CLEAN, seen(places["opaque"], places["veil"], places["glass"])))
    assert before is not None
    for name, place in places.items():
        field = before.spread(getattr(before, name))
        assert field[cv2.erode(place, np.ones((9, 9))) > 0].min() > 0.9, name
        assert field[cv2.dilate(place, np.ones((9, 9))) == 0].max() < 0.1, name


def test_what_is_beneath_a_patch_is_the_regions_own_pixels_there() -> None:
    what, patch = track(CLEAN, seen()), swapped()
    part = beneath(what, patch)
    assert part is not None and what.region is not None
    assert (part.x, part.y, part.rgb.shape) == (patch.x, patch.y, patch.rgb.shape)
    x, y = patch.x - CORNER[0], patch.y - CORNER[1]
    assert np.array_equal(part.rgb, what.region.rgb[y:, x:][: part.rgb.shape[0], : part.rgb.shape[1]])
