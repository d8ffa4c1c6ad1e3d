"""Where faces are looked for: the whole picture, its turns, tiles and the place of a loss; with a detector that knows
only a mark, and with the real one."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from engines.nets.detectors.finder import NetDetector
from engines.nets.detectors.found import Found
from engines.upright import roll
from engines.values import F32, U8, Box
from stream.perception.search import LOOK, FaceSearch
from tests.stream.portraits import FACES, Placed, framed, needs_models, networks, paint, wall

pytestmark = needs_models


class MarkDetector:
    """Finds a red square, and that only while the green one beside it lies to its right: one way up. Its eyes are the
    middles of the two."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def __call__(self, image: U8) -> list[Found]:
        self.sizes.append(image.shape[1::-1])
        red, green = _middle(image, 0), _middle(image, 1)
        if red is None or green is None or green[0] <= red[0] + 2:
            return []
        nose = (red + green) / 2
        points = np.stack([red, green, nose, nose, nose]).astype(np.float32)
        return [Found(Box(*(red - 5).tolist(), *(green + 5).tolist()), points, 0.9)]


def _middle(image: U8, channel: int) -> F32 | None:
    other = np.delete(image, channel, 2).max(2)
    y, x = np.nonzero((image[..., channel] > 180) & (other < 90))
    return np.array([x.mean() + 0.5, y.mean() + 0.5], np.float32) if len(x) else None


def marked(quarters: int, size: tuple[int, int] = (300, 200)) -> U8:
    """A picture with the two marks, turned by so many quarters clockwise."""
    out = np.full((size[1], size[0], 3), 60, np.uint8)
    out[40:60, 80:100] = (255, 0, 0)
    out[40:60, 140:160] = (0, 255, 0)
    return np.ascontiguousarray(np.rot90(out, -quarters))


@contextmanager
def searching(detect: MarkDetector | None = None) -> Iterator[FaceSearch]:
    finder = NetDetector(detect, 640, lambda: None) if detect else None
    search = FaceSearch(networks().detector, finder)
    try:
        yield search
    finally:
        search.close()


def test_a_face_one_way_up_is_seen_at_its_turn_alone() -> None:
    with searching(MarkDetector()) as search:
        assert len(search.whole(framed(marked(0)))) == 1
        for quarters in (1, 2, 3):
            frame = framed(marked(quarters))
            assert search.whole(frame) == []
            found = [f for look in search.at_turns(frame, True) for f in look]
            assert len(found) == 1
            assert abs(math.remainder(roll(found[0]) - quarters * math.pi / 2, 2 * math.pi)) < 0.05
            right, left = found[0].points[:2]
            red, green = _middle(marked(quarters), 0), _middle(marked(quarters), 1)
            assert red is not None and green is not None
            assert np.abs(right - red).max() < 2.5 and np.abs(left - green).max() < 2.5


def test_one_turn_after_the_other_is_looked_at() -> None:
    """Not all of them in each look: three looks see all."""
    detect = MarkDetector()
    with searching(detect) as search:
        frame = framed(marked(0))
        for _ in range(3):
            list(search.at_turns(frame, False))
    assert sorted(detect.sizes) == [(200, 300), (200, 300), (300, 200)]


def test_a_heavier_detectors_size_is_used() -> None:
    detect = MarkDetector()
    with searching(detect) as search:
        search.whole(framed(marked(0, (1280, 720))))
    assert detect.sizes == [(640, 360)]


@pytest.mark.parametrize("name", FACES)
def test_the_whole_picture_is_seen_in_its_own_pixels(name: str) -> None:
    picture = paint([Placed(name, 900, 500, 200), Placed("hopper", 300, 500, 300)], (1400, 1000))
    assert max(picture.shape) > LOOK
    with searching() as search:
        found = search.whole(framed(picture))
    assert len(found) == 2 and found[0].box.area > found[1].box.area
    assert math.dist(found[0].box.centre, (300, 500)) < 80 and math.dist(found[1].box.centre, (900, 500)) < 60


def test_small_faces_are_seen_in_tiles_and_only_where_wanted() -> None:
    frame = framed(paint([Placed("hopper", 400, 150, 22)]))
    with searching() as search:
        assert search.whole(frame) == []
        assert search.small(frame, 160, 1.0, wanted=False) == []
        search.restart()
        found = search.small(frame, 160, 1.0, wanted=True)
        assert len(found) == 1 and math.dist(found[0].box.centre, (400, 150)) < 10
        # the round is over; a new shot begins another
        assert search.small(frame, 160, 1.0, wanted=True) == []
        search.restart()
        assert len(search.small(frame, 160, 1.0, wanted=True)) == 1


@pytest.mark.parametrize("at", [(400, 150), (20, 24), (620, 460)])
def test_a_closer_look_at_where_somebody_was(at: tuple[float, float]) -> None:
    frame = framed(paint([Placed("hopper", *at, 36)]))
    with searching() as search:
        found = search.near(frame, Box(at[0] - 30, at[1] - 18, at[0] + 6, at[1] + 18))
    assert len(found) == 1 and math.dist(found[0].box.centre, at) < 18


def test_a_closer_look_at_a_wall_sees_nobody() -> None:
    with searching() as search:
        assert search.near(framed(wall(640, 480)), Box(300, 200, 360, 260)) == []


@pytest.mark.parametrize("turn", [0.0, 120.0, 180.0])
def test_what_is_found_is_set_upright(turn: float) -> None:
    frame = framed(paint([Placed("hopper", 320, 240, 120, turn)]))
    with searching() as search:
        (found,) = search.whole(frame)
        out = search.righted(frame, found)
    assert abs(math.remainder(math.degrees(roll(out)) - turn, 360)) < 20
    assert (out is found) is (turn == 0)
