"""Which way up a face is: turned pictures undone by value, and real faces at every roll."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.detector import Detection, Detector
from engines.upright import QUARTERS, SIDE, SURE, around, askew, righted, roll, turned, unturned
from engines.values import F32, U8, Box, Region
from tests.stream.portraits import FACES, Placed, needs_models, networks, paint, wall

SIX = np.array([[4, 10], [8, 10], [6, 13], [6, 16], [2, 11], [10, 11]], np.float32)  # eyes, nose, mouth, ears


def detection(points: F32, score: float = 0.5) -> Detection:
    low, high = points.min(0), points.max(0)
    return Detection(Box(float(low[0]), float(low[1]), float(high[0]), float(high[1])), points, score)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_find_in_a_turned_picture_is_one_in_the_picture(quarters: int) -> None:
    """The pixel that the first point names keeps its colour, whichever way the picture is turned."""
    image = np.random.default_rng(0).integers(0, 255, (30, 20, 3), np.uint8)
    seen = turned(image, quarters)
    back = unturned(detection(SIX + np.float32(0.5)), quarters, (20, 30))
    for there, here in zip(SIX.astype(int), np.floor(back.points).astype(int), strict=True):
        assert np.array_equal(seen[there[1], there[0]], image[here[1], here[0]])
    # and the box still goes about the points
    assert (back.box.x0, back.box.y0) == tuple(back.points.min(0)) and back.box.x0 < back.box.x1
    assert (back.box.x1, back.box.y1) == tuple(back.points.max(0)) and back.box.y0 < back.box.y1


@given(st.integers(0, 3), st.integers(1, 400), st.integers(1, 400))
def test_four_turns_are_none(quarters: int, width: int, height: int) -> None:
    size = (width, height) if quarters % 2 == 0 else (height, width)
    one = unturned(detection(SIX), quarters, (width, height))
    again = unturned(one, (4 - quarters) % 4, size)
    assert np.allclose(again.points, SIX, atol=1e-3)


@pytest.mark.parametrize("angle", [-170, -90, -20, 0, 45, 135, 180])
def test_roll_is_the_angle_of_the_eyes(angle: float) -> None:
    a = math.radians(angle)
    points = SIX @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]], np.float32)
    assert math.isclose(math.remainder(roll(detection(points)) - a, 2 * math.pi), 0, abs_tol=1e-5)


@pytest.mark.parametrize(
    ("a", "b", "different"), [(0, 0.2, False), (0, 3.1, True), (3.1, -3.1, False), (-1.6, 1.5, True), (0.1, -0.6, True)]
)
def test_two_rolls_are_compared_around_the_circle(a: float, b: float, different: bool) -> None:
    assert askew(a, b) is different


def test_the_part_that_is_looked_at_is_a_square_about_the_face() -> None:
    rect = around(Detection(Box(100, 50, 140, 90), SIX, 0.5))
    assert rect.w == rect.h and 2 * 40 < rect.w < 4 * 40
    assert (rect.x + rect.w / 2, rect.y + rect.h / 2) == (120, 70)


class Eyes:
    """A detector that gives the answers laid out for it, one a call, and counts the calls."""

    def __init__(self, *scores: float) -> None:
        self.scores, self.calls = scores, 0

    def __call__(self, image: U8) -> list[Detection]:
        assert image.shape == (SIDE, SIDE, 3)
        score = self.scores[self.calls] if self.calls < len(self.scores) else 0.0
        self.calls += 1
        points = SIX * 4 + np.float32(SIDE / 2 - 30)
        return [Detection(Box(34, 34, 94, 94), points, score)] if score > 0 else []


FACE = Detection(Box(40, 40, 80, 80), SIX * 4 + np.array([36, 20], np.float32), 0.7)


@pytest.mark.parametrize(
    ("scores", "kept", "calls"),
    [
        ((0.95, 0.7), True, 2),  # upright, and sure of it
        ((0.7, 0.95), False, 2),  # the other way up
        ((0.7, 0.72), True, 5),  # neither
        ((0.7, 0.75, 0.0, 0.9), False, 4),  # on its side
        ((), True, 4),  # nothing any more
        ((0.86, 0.87), True, 5),  # no better by enough
        ((0.0, 0.79), True, 5),  # not certain enough
        ((0.0, 0.79, 0.0, 0.0, 0.9), False, 5),  # but once it is level
    ],
)
def test_a_face_is_turned_over_only_where_that_fits_better(scores: tuple[float, ...], kept: bool, calls: int) -> None:
    look = Eyes(*scores)
    out = righted(look, Region(0, 0, wall(120, 120)), FACE)
    assert (out is FACE) is kept
    assert look.calls == calls


def test_what_is_found_the_other_way_up_lies_in_the_picture() -> None:
    """The answer of the second look is in that crop's pixels: a half turn about the face's middle."""
    out = righted(Eyes(0.0, 0.95), Region(7, 9, wall(200, 200)), FACE)
    assert np.allclose(out.box.centre, FACE.box.centre, atol=1e-3)
    assert abs(abs(math.remainder(roll(out) - roll(FACE), 2 * math.pi)) - math.pi) < 1e-3
    assert out.score == 0.95


def seen_from(picture: U8, found: Detection) -> Region:
    rect = around(found)
    x, y = max(0, rect.x), max(0, rect.y)
    return Region(x, y, picture[y : rect.y + rect.h, x : rect.x + rect.w])


def found_in(detector: Detector, picture: U8) -> list[Detection]:
    """Faces of a picture; where it shows none, of its turned copies."""
    found = detector.whole(picture)
    for quarters in QUARTERS:
        found = found or [
            unturned(d, quarters, picture.shape[1::-1]) for d in detector.whole(turned(picture, quarters))
        ]
    return found


class TestPortraits:
    pytestmark = needs_models

    @pytest.mark.parametrize("name", FACES)
    @pytest.mark.parametrize("face", [110, 190, 700])
    @pytest.mark.parametrize("turn", [0, 60, 90, 110, 135, 180, 225, 270])
    def test_a_face_at_any_roll_is_found_the_right_way_up(self, name: str, face: float, turn: float) -> None:
        size = (640, 480) if face < 500 else (2000, 1500)
        picture = paint([Placed(name, size[0] / 2, size[1] / 2, face, turn)], size)
        detector = Detector(networks().detector)
        found = max(found_in(detector, picture), key=lambda d: d.score)
        out = righted(detector.whole, seen_from(picture, found), found) if found.score < SURE else found
        assert abs(math.remainder(math.degrees(roll(out)) - turn, 360)) < 25
        assert math.dist(out.box.centre, (size[0] / 2, size[1] / 2)) < 0.3 * face
        assert 0.6 < out.box.width / face < 1.6

    @pytest.mark.parametrize("name", FACES)
    def test_an_upright_portrait_is_sure_of_itself(self, name: str) -> None:
        """So it costs no second look."""
        found = Detector(networks().detector).whole(paint([Placed(name, 320, 240, 150)]))
        assert [d.score >= SURE for d in found] == [True]
