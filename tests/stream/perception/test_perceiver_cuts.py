"""Sources stay with people across cuts: exchanged seats, close-ups, strangers; with the real networks."""

import numpy as np
import pytest

from engines.values import U8
from stream.frame import Scene
from stream.perception.face_selection import parse_rules
from stream.perception.perceiver import Perceiver
from tests.stream.portraits import Placed, framed, needs_models, networks, paint

pytestmark = needs_models
LEFT, RIGHT = 170.0, 470.0


def shot(*people: Placed, seed: int = 0, gain: float = 1.0) -> U8:
    return np.asarray(np.clip(paint(people, seed=seed).astype(np.float32) * gain, 0, 255), np.uint8)


def pair(left: str, right: str, seed: int = 0, gain: float = 1.0, sizes: tuple[float, float] = (100, 100)) -> U8:
    return shot(Placed(left, LEFT, 240, sizes[0]), Placed(right, RIGHT, 240, sizes[1]), seed=seed, gain=gain)


def played(see: Perceiver, *shots: U8, each: int = 3) -> list[Scene]:
    """The last scene of each shot."""
    scenes = []
    for i, picture in enumerate(shots):
        for j in range(each):
            n = i * each + j
            scene = see(framed(picture, 40 * n, n))
            assert scene.cut == (j == 0)
        scenes.append(scene)
    return scenes


def taken(scene: Scene) -> dict[str, int | None]:
    """Who sits where takes what."""
    return {("left" if t.box.centre[0] < 320 else "right"): t.source for t in scene.tracks}


def perceiver(who: str | None, sources: int) -> Perceiver:
    return Perceiver(networks(), parse_rules(who, (), sources))


def test_exchanged_seats_do_not_exchange_sources() -> None:
    """Three shots, the seats exchanged twice, at other sizes and in another light."""
    first = pair("astronaut", "hopper")
    then = pair("hopper", "astronaut", seed=3, gain=0.85, sizes=(120, 90))
    scenes = played(perceiver(None, 2), first, then, pair("astronaut", "hopper", seed=5))
    assert taken(scenes[0]) == {"left": 0, "right": 1}
    assert taken(scenes[1]) == {"left": 1, "right": 0}
    assert taken(scenes[2]) == {"left": 0, "right": 1}


@pytest.mark.parametrize(("name", "source"), [("astronaut", 0), ("hopper", 1)])
def test_a_close_up_takes_its_own_source(name: str, source: int) -> None:
    first = pair("astronaut", "hopper")
    close = shot(Placed(name, 300, 240, 200), seed=4)
    scenes = played(perceiver(None, 2), first, close, pair("hopper", "astronaut", seed=7))
    assert [t.source for t in scenes[1].tracks] == [source]
    assert taken(scenes[2]) == {"left": 1, "right": 0}


def test_the_largest_stays_who_it_was() -> None:
    """After the cut the other one is larger."""
    first = pair("astronaut", "hopper", sizes=(120, 80))
    then = pair("hopper", "astronaut", seed=3, sizes=(120, 80))
    scenes = played(perceiver("largest", 1), first, then)
    assert taken(scenes[0]) == {"left": 0, "right": None}
    assert taken(scenes[1]) == {"left": None, "right": 0}


def test_the_largest_is_somebody_new_where_the_one_who_was_is_not_there() -> None:
    """No face that should be replaced is left because it is not the one that was."""
    first = pair("astronaut", "hopper", sizes=(120, 80))
    scenes = played(perceiver("largest", 1), first, shot(Placed("hopper", 300, 240, 150), seed=4))
    assert [t.source for t in scenes[1].tracks] == [0]


def test_who_comes_back_in_a_later_shot_is_known() -> None:
    first = pair("astronaut", "hopper")
    scenes = played(
        perceiver(None, 2), first, shot(Placed("hopper", 300, 240, 200), seed=4), pair("hopper", "astronaut", seed=9)
    )
    assert taken(scenes[2]) == {"left": 1, "right": 0}
