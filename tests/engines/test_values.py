"""Boxes by value: sides, middle, overlap, growth; and that values stay as they are."""

from dataclasses import FrozenInstanceError

import pytest

from engines.values import Box


def test_a_box_knows_its_sides_its_middle_and_its_area() -> None:
    box = Box(10, 20, 40, 60)
    assert (box.width, box.height, box.centre, box.area) == (30, 40, (25, 40), 1200)
    assert Box(10, 20, 5, 60).area == 0, "turned inside out it covers nothing"


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (Box(0, 0, 10, 10), 1.0),
        (Box(5, 0, 15, 10), 50 / 150),
        (Box(0, 0, 20, 20), 100 / 400),
        (Box(10, 0, 20, 10), 0.0),
        (Box(20, 20, 30, 30), 0.0),
        (Box(-5, 30, 5, 40), 0.0),
        (Box(3, 3, 3, 3), 0.0),
    ],
)
def test_overlap_is_intersection_over_union_from_either_side(other: Box, shared: float) -> None:
    box = Box(0, 0, 10, 10)
    assert box.iou(other) == pytest.approx(shared) == other.iou(box)


def test_boxes_of_nothing_share_nothing() -> None:
    assert Box(1, 1, 1, 1).iou(Box(1, 1, 1, 1)) == 0


def test_a_box_grows_about_its_middle() -> None:
    grown = Box(10, 20, 30, 30).grown(1.5)
    assert grown == Box(5, 17.5, 35, 32.5)
    assert grown.centre == Box(10, 20, 30, 30).centre


def test_values_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Box(0, 0, 1, 1).x0 = 5  # type: ignore[misc]
