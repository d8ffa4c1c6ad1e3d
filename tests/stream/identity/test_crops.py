"""Boxes steadied by time, and the crops about them."""

import pytest

from engines.values import Box, Rect
from stream.identity.crops import SteadyBox, body_crop, face_crop

HERE, THERE = Box(0, 0, 10, 10), Box(10, 0, 20, 10)


def test_a_box_follows_by_time_and_not_by_frames() -> None:
    once, often = SteadyBox(HERE, 0), SteadyBox(HERE, 0)
    far = once.follow(THERE, 0.2).x0
    assert far == pytest.approx(3.93, abs=0.01), "two fifths in a fifth of a second"
    for i in range(1, 5):
        near = often.follow(THERE, 0.05 * i)
    assert near.x0 == pytest.approx(far)
    assert SteadyBox(HERE, 1).follow(THERE, 1) == HERE
    assert SteadyBox(HERE, 1).follow(THERE, 0.5) == HERE, "time never goes back"


def test_a_crop_is_a_square_with_room_that_ends_where_the_frame_does() -> None:
    assert face_crop(Box(40, 40, 60, 50), 200, 100) == Rect(30, 25, 40, 40)
    assert face_crop(Box(0, 0, 20, 20), 200, 100) == Rect(0, 0, 30, 30)
    assert face_crop(Box(190, 90, 230, 130), 200, 100) == Rect(170, 70, 30, 30)
    beyond = face_crop(Box(500, 500, 510, 510), 200, 100)
    assert beyond.w >= 2 and beyond.x + beyond.w <= 200 and beyond.y + beyond.h <= 100


def test_a_body_is_below_its_face_or_not_in_the_picture() -> None:
    body = body_crop(Box(90, 20, 110, 40), 200, 200)
    assert body == Rect(70, 10, 60, 80)
    assert body_crop(Box(90, 175, 110, 195), 200, 200) is None
