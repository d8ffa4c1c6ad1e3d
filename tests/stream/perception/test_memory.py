"""When people are looked at to be known again: newcomers at once, the others once a second, the hidden not at all."""

from collections.abc import Sequence

import numpy as np

from engines.mesh.fuse import view
from engines.occlusion.clean_plate import Plate
from engines.occlusion.network import NONE, OPAQUE
from engines.values import F32, Face, Region
from stream.frame import FaceOcclusion, Frame
from stream.perception.memory import ActorMemory, clear
from stream.perception.people import TrackedPerson
from stream.perception.tracker import Look, mesh_box
from stream.picture import Picture
from tests.engines.mesh.heads import head, picture
from tests.stream.portraits import framed


class ByHeight:
    """An appearance that tells people by how high their faces lie, and notes who it was asked about."""

    sure, likely = 0.95, 0.8

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def __call__(self, picture: Picture, meshes: Sequence[F32]) -> F32:
        heights = [float(mesh[:, 1].mean()) for mesh in meshes]
        self.asked.append([round(h, -1) for h in heights])  # type: ignore[misc]
        angles = np.array(heights) / 100
        return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


def person(number: int, height: float, front: int | None = None, lost: float | None = None) -> TrackedPerson:
    mesh = head(4, (100, height))
    rgb = picture(240, 240)
    face = Face(mesh_box(mesh), mesh[[33, 263, 1, 13, 234, 454], :2], mesh, 1.0)
    look = Look(face, view(rgb, (0, 0), mesh, None), Region(0, 0, rgb), np.zeros(432, np.float32), 0.0, 0)
    before = None if front is None else FaceOcclusion(front, None, Plate.empty())
    return TrackedPerson(number, look, 0.0, lost, before)


def at(milliseconds: int) -> Frame:
    return framed(picture(240, 240), milliseconds)


def test_newcomers_are_recalled_once() -> None:
    looks = ByHeight()
    memory = ActorMemory(looks)
    people = [person(0, 50), person(1, 150)]
    assert memory.recall(at(0), people) == {}
    memory.note(at(0), people, {0: 3, 1: 4})
    assert memory.recall(at(40), people) == {}
    # a cut: two new tracks, the places exchanged
    assert memory.recall(at(80), [person(2, 150), person(3, 50)]) == {2: 4, 3: 3}
    assert memory.recall(at(120), [person(2, 150), person(3, 50)]) == {}
    assert looks.asked == [[50, 150], [50, 150], [150, 50]]


def test_the_rule_of_a_short_shot_is_remembered() -> None:
    """A shot of less than a second: nobody is looked at twice, and yet known again."""
    memory = ActorMemory(ByHeight())
    for i, number in enumerate((0, 1, 2)):
        one = [person(number, 50)]
        assert memory.recall(at(40 * i), one) == ({} if i == 0 else {number: 5})
        memory.note(at(40 * i), one, {number: 5})


def test_those_followed_are_looked_at_once_a_second() -> None:
    looks = ByHeight()
    memory = ActorMemory(looks)
    people = [person(0, 50)]
    for i in range(51):
        memory.recall(at(50 * i), people)
        memory.note(at(50 * i), people, {})
    assert len(looks.asked) == 1 + 3  # as a newcomer, and after 0, 1 and 2 seconds


def test_who_is_hidden_or_lost_is_not_looked_at() -> None:
    looks = ByHeight()
    memory = ActorMemory(looks)
    people = [person(0, 50, OPAQUE), person(1, 100, lost=1.0), person(2, 150, NONE)]
    memory.note(at(0), people, {})
    assert looks.asked == [[150]]
    assert [clear(p) for p in people] == [False, True, True]


def test_a_track_that_proved_to_be_another_is_dropped() -> None:
    memory = ActorMemory(ByHeight())
    people = [person(0, 50), person(1, 50)]
    memory.recall(at(0), people)
    memory.note(at(0), people, {0: 7, 1: 8})
    memory.drop(1)
    assert memory.recall(at(40), [person(2, 50)]) == {2: 7}


def test_time_that_jumps_back_is_no_reason_to_wait() -> None:
    looks = ByHeight()
    memory = ActorMemory(looks)
    memory.note(at(9000), [person(0, 50)], {})
    memory.note(at(0), [person(0, 50)], {})
    assert len(looks.asked) == 2
