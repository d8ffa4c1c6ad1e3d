"""Faces found anew in each frame, and the numbers that they keep."""

from collections.abc import Iterator

import numpy as np
import pytest

from stream.identity.sighting import FaceSighting
from tests.stream.portraits import Placed, framed, needs_models, networks, paint, wall

pytestmark = needs_models
HOPPER, ASTRONAUT = Placed("hopper", 160, 200, 110), Placed("astronaut", 460, 220, 110)


@pytest.fixture
def sighting() -> Iterator[FaceSighting]:
    one = FaceSighting(networks())
    yield one
    one.close()


def at(sighting: FaceSighting, *people: Placed, ms: int = 0) -> dict[int, float]:
    """Number to the face's middle across."""
    return {track.id: track.box.centre[0] for track in sighting(framed(paint(people), ms))}


def test_numbers_stay_with_faces_that_move_a_little(sighting: FaceSighting) -> None:
    first = at(sighting, HOPPER, ASTRONAUT)
    assert sorted(first) == [0, 1]
    moved = at(sighting, Placed("hopper", 220, 200, 110), ASTRONAUT, ms=200)
    assert sorted(moved) == [0, 1]
    hopper = min(first, key=lambda n: first[n])
    assert moved[hopper] == pytest.approx(first[hopper] + 60, abs=8)


def test_a_face_elsewhere_or_of_another_size_is_a_new_number(sighting: FaceSighting) -> None:
    at(sighting, HOPPER)
    assert list(at(sighting, Placed("hopper", 460, 200, 110), ms=200)) == [1]
    assert list(at(sighting, Placed("hopper", 460, 200, 220), ms=400)) == [2]


def test_nobody_is_seen_on_a_wall_and_after_a_restart_numbers_begin_anew(sighting: FaceSighting) -> None:
    assert sighting(framed(wall(320, 240))) == ()
    assert list(at(sighting, HOPPER, ms=200)) == [0]
    assert list(at(sighting, Placed("hopper", 460, 200, 110), ms=400)) == [1]
    sighting.restart()
    assert list(at(sighting, HOPPER, ms=600)) == [0]


def test_what_is_seen_of_a_frame_does_not_hang_on_those_before(sighting: FaceSighting) -> None:
    picture = paint([HOPPER])
    [alone] = sighting(framed(picture))
    for x in (150, 165, 170):
        at(sighting, Placed("hopper", x, 200, 110))
    [again] = sighting(framed(picture))
    np.testing.assert_array_equal(alone.face.mesh, again.face.mesh)


def test_a_face_that_lies_on_its_side_is_found(sighting: FaceSighting) -> None:
    assert len(sighting(framed(paint([Placed("hopper", 320, 240, 150, turn=90)])))) == 1
