"""An occluder at the size at which it is solved: its place in the picture, its fields in the picture's pixels."""

import numpy as np
import pytest

from engines.values import Patch, Region
from stream.painting.occluder import Occluder
from stream.painting.occluders import gathered
from tests.stream.fronts import (
    CLEAN,
    box,
    enlarged,
    seen,
    track,
)

HAND = box(60, 90, 140, 130)


@pytest.mark.parametrize("corner", [(0, 0), (40, 60), (150, 100)])
def test_a_field_touches_no_pixels_but_those_that_are_named(corner: tuple[int, int]) -> None:
    before = gathered(enlarged(track(CLEAN, seen(opaque=HAND)), 4))
    assert before is not None
    field = np.zeros_like(before.known)
    field[90:130, 60:101] = 1
    full = before.spread(field)
    assert full.shape == before.region.rgb.shape[:2]
    x, y = before.region.x + corner[0], before.region.y + corner[1]
    part = Patch(x, y, np.zeros((300, 320, 3), np.uint8), np.zeros((300, 320), np.float32))
    at = before.touched(field, part)
    inside = full[corner[1] : corner[1] + 300, corner[0] : corner[0] + 320]
    assert at is not None
    here, there = at
    assert np.array_equal(inside[here], full[there])
    left = inside.copy()
    left[here] = 0
    assert left.max() == 0
    assert before.touched(0 * field, part) is None


def small() -> Occluder:
    """Solved at 10 x 5 for a region of 40 x 20 whose corner lies at (100, 50)."""
    map_, picture = np.zeros((5, 10), np.float32), np.zeros((5, 10, 3), np.float32)
    region = Region(100, 50, np.zeros((20, 40, 3), np.uint8))
    return Occluder(region, picture, picture, map_, map_, map_, map_, 8.0)


def test_it_covers_patches_of_its_own_pixels_and_no_others() -> None:
    one, rgb, alpha = small(), np.zeros((20, 40, 3), np.uint8), np.zeros((20, 40), np.float32)
    assert one.covers(Patch(100, 50, rgb, alpha))
    assert not one.covers(Patch(101, 50, rgb, alpha)) and not one.covers(Patch(100, 49, rgb, alpha))
    assert not one.covers(Patch(100, 50, rgb[:, 1:], alpha[:, 1:]))


def test_points_of_the_picture_are_found_among_the_solved_pixels() -> None:
    """A solved pixel is four wide: its middle lies between the second and the third."""
    points = np.array([[101.5, 51.5, 9], [137.5, 67.5, 9], [119.5, 59.5, 9]], np.float32)
    wanted = np.array([[0, 0], [9, 4], [4.5, 2]], np.float32)
    np.testing.assert_allclose(small().locate(points), wanted, atol=1e-5)


def test_a_field_is_spread_over_the_regions_pixels() -> None:
    field = np.zeros((5, 10), np.float32)
    field[:, 5:] = 1
    spread = small().spread(field)
    assert spread.shape == (20, 40)
    assert spread[:, :17].max() == 0 and spread[:, 23:].min() == 1
    assert np.all(np.diff(spread, axis=1) >= 0)
