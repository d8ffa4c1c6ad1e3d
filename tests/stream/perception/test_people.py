"""Who is who within a shot: boxes that mean one face, portraits that know each other again."""

import math

import numpy as np
import pytest

from engines.mesh.fuse import view
from engines.values import F32, Box, Face, Region
from stream.perception.people import TrackedPerson, here, part, recognised, roll, same
from stream.perception.tracker import Look, mesh_box
from tests.engines.mesh.heads import head, picture


def portrait(seed: int) -> F32:
    v = np.random.default_rng(seed).standard_normal(432).astype(np.float32)
    return np.asarray(v / np.linalg.norm(v), np.float32)


def look(x: float = 120.0, seed: int = 0, age: int = 3, turn: float = 0.0) -> Look:
    mesh = head(8, (x, 120.0), roll=turn)
    rgb = picture(240, 400)
    face = Face(mesh_box(mesh), mesh[[33, 263, 1, 13, 234, 454], :2], mesh, 1.0)
    return Look(face, view(rgb, (0, 0), mesh, None), Region(0, 0, rgb), portrait(seed), 0.0, age)


def person(number: int, x: float = 120.0, seed: int = 0, lost: float | None = None, age: int = 3) -> TrackedPerson:
    return TrackedPerson(number, look(x, seed, age), 0.0, lost)


def test_those_here_are_those_not_lost() -> None:
    people = [person(0), person(1, lost=2.0), person(2)]
    assert [p.id for p in here(people)] == [0, 2]


def test_one_behind_something_is_lost_and_yet_shown() -> None:
    one = person(0, lost=2.0)
    assert not one.shown
    one.behind = True
    assert one.shown and here([one]) == []
    again = look(140.0)
    one.found(again)
    assert one.look is again and one.shown and here([one]) == [one] and not one.behind


def test_a_face_where_one_is_behind_something_is_theirs_whatever_it_looks_like() -> None:
    """Half hidden it looks like nobody."""
    people = [person(0, x=120, seed=1, lost=1.0), person(1, x=300, seed=2, lost=1.0)]
    assert recognised(look(x=302, seed=9), people) is None
    people[1].behind = True
    assert recognised(look(x=302, seed=9), people) is people[1]
    assert recognised(look(x=120, seed=1), people) is people[0], "elsewhere the portrait decides, as ever"


def test_people_are_the_same_only_as_objects() -> None:
    """Looks hold arrays: compared by value they would raise."""
    one, other = person(0), person(0)
    assert one != other and [one, other].index(other) == 1


def test_a_persons_box_is_that_of_the_last_look() -> None:
    one = person(0)
    assert one.box == one.look.face.box


@pytest.mark.parametrize(
    ("other", "one_face"),
    [
        (Box(0, 0, 100, 100), True),
        (Box(30, 0, 130, 100), True),
        (Box(30, 30, 70, 75), False),  # a quarter of its size and less
        (Box(20, 20, 80, 80), True),  # inside, of like size
        (Box(90, 90, 190, 190), False),
        (Box(300, 0, 400, 100), False),
    ],
)
def test_boxes_that_mean_one_face(other: Box, one_face: bool) -> None:
    assert same(Box(0, 0, 100, 100), other) is one_face


def test_a_face_is_known_again_by_its_portrait() -> None:
    people = [person(0, seed=1, lost=1.0), person(1, seed=2, lost=1.0)]
    found = recognised(look(seed=2), people)
    assert found is people[1]


def test_who_is_not_lost_is_not_come_back() -> None:
    assert recognised(look(seed=1), [person(0, seed=1)]) is None
    assert recognised(look(seed=1), []) is None


def test_a_stranger_is_nobody() -> None:
    assert recognised(look(seed=5), [person(0, seed=1, lost=1.0)]) is None


def test_of_two_alike_the_nearer_is_meant() -> None:
    people = [person(0, 60, lost=1.0), person(1, 330, lost=1.0)]
    assert recognised(look(300), people) is people[1]
    assert recognised(look(100), people) is people[0]


@pytest.mark.parametrize("turn", [0.0, 90.0, 180.0, -135.0])
def test_roll_is_the_angle_of_the_eyes(turn: float) -> None:
    assert abs(math.remainder(math.degrees(roll(look(turn=turn))) - turn, 360)) < 0.5


def test_of_two_tracks_on_one_face_the_newer_is_lost() -> None:
    older, newer, other = person(0, age=9), person(1, age=2), person(2, 330)
    part([newer, other, older], 4.0)
    assert (older.lost, newer.lost, other.lost) == (None, 4.0, None)


def test_tracks_beside_one_another_stay() -> None:
    people = [person(0, 60), person(1, 330)]
    part(people, 4.0)
    assert [p.lost for p in people] == [None, None]
