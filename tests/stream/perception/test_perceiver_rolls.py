"""Perception of faces that lie sideways or upside down: found in the first frame, followed, found again, at no cost
where faces are upright."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from engines.protocol import Engine, Session, Spec
from engines.values import U8, Array
from stream.frame import FaceTrack, Scene
from stream.perception.face_finding import Perception
from stream.perception.perceiver import Perceiver
from tests.stream.portraits import ALL, FACES, Placed, framed, needs_models, networks, paint, perceiver, wall

pytestmark = needs_models


@dataclass
class CountedEngine:
    """An engine that counts its calls."""

    engine: Engine
    calls: list[int] = field(default_factory=lambda: [0])

    @property
    def inputs(self) -> Mapping[str, Spec]:
        return self.engine.inputs

    @property
    def outputs(self) -> Mapping[str, Spec]:
        return self.engine.outputs

    @property
    def device(self) -> str:
        return self.engine.device

    def session(self) -> Session:
        return CountedSession(self.engine.session(), self.calls)


class CountedSession:
    def __init__(self, session: Session, calls: list[int]) -> None:
        self._session, self._calls = session, calls

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        self._calls[0] += 1
        return self._session.run(feeds)

    def close(self) -> None:
        self._session.close()


def roll_of(track: FaceTrack) -> float:
    across = track.face.points[1] - track.face.points[0]
    return math.degrees(math.atan2(float(across[1]), float(across[0])))


def lies(scene: Scene, one: Placed) -> None:
    """The scene holds that face alone, at its place and the way up that it has."""
    assert len(scene.tracks) == 1
    (track,) = scene.tracks
    assert math.dist(track.box.centre, (one.x, one.y)) < 0.4 * one.width
    assert abs(math.remainder(roll_of(track) - one.turn, 360)) < 20


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("turn", [90.0, 115.0, 135.0, 180.0, -135.0, -90.0])
@pytest.mark.parametrize("face", [24.0, 110.0, 300.0])
def test_a_turned_face_is_found_in_the_first_frame(name: str, turn: float, face: float) -> None:
    one = Placed(name, 320, 240, face, turn)
    lies(perceiver()(framed(paint([one]))), one)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_picture_shows_the_same_people(quarters: int) -> None:
    """A camera that lies on its side: two people, each once, with their meshes as in the upright picture."""
    upright = paint([Placed("hopper", 460, 230, 110), Placed("astronaut", 160, 240, 90)])
    turned = np.ascontiguousarray(np.rot90(upright, quarters))
    want = [t.face.mesh for t in perceiver()(framed(upright)).tracks]
    got = perceiver()(framed(turned)).tracks
    assert len(got) == len(want) == 2
    for track in got:
        mesh = track.face.mesh
        x, y = mesh[:, 0] + 0.5, mesh[:, 1] + 0.5
        h, w = upright.shape[:2]
        back = np.stack(((x, y), (w - y, x), (w - x, h - y), (y, h - x))[quarters], 1) - 0.5
        near = min(want, key=lambda m: float(np.abs(m[:, :2] - back).mean()))
        assert np.abs(near[:, :2] - back).mean() < 2.0


@pytest.mark.parametrize("turn", [90.0, 180.0])
def test_a_turned_face_is_followed_and_found_again(turn: float) -> None:
    see = perceiver()

    def at(i: int) -> U8:
        x = 200 + 2 * i
        picture = paint([Placed("hopper", x, 240, 110, turn)])
        if 8 <= i < 13:
            picture[:, x - 110 : x + 110] = 128
        return picture

    scenes = [see(framed(at(i), 40 * i, i)) for i in range(18)]
    assert [sorted(t.id for t in s.tracks) for s in scenes] == [[0]] * 8 + [[]] * 5 + [[0]] * 5
    assert all(abs(math.remainder(roll_of(s.tracks[0]) - turn, 360)) < 20 for s in scenes if s.tracks)


def test_an_upright_and_an_upside_down_face_are_both_seen() -> None:
    scene = perceiver()(framed(paint([Placed("hopper", 460, 230, 110), Placed("astronaut", 160, 240, 90, 180.0)])))
    rolls = {round(abs(roll_of(t)) / 180) for t in scene.tracks}
    assert len(scene.tracks) == 2 and rolls == {0, 1}


def test_a_head_that_rolls_over_is_followed_through() -> None:
    see = perceiver()
    scenes = [see(framed(paint([Placed("hopper", 320, 240, 150, 6.0 * i)]), 40 * i, i)) for i in range(31)]
    assert [[t.id for t in s.tracks] for s in scenes] == [[0]] * 31
    assert abs(math.remainder(roll_of(scenes[-1].tracks[0]) - 180, 360)) < 15


def counted() -> tuple[Perceiver, CountedEngine]:
    models = networks()
    detector = CountedEngine(models.detector)
    return Perceiver(Perception(detector, models.landmarks), ALL), detector


def test_upright_faces_cost_no_look_more() -> None:
    """One look at the whole picture and one at each of the 20 tiles in the shot's first frame; tiles alone after it."""
    see, detector = counted()
    picture = paint([Placed("hopper", 320, 240, 150)])
    see(framed(picture))
    assert detector.calls == [1 + 20]
    for i in range(1, 11):
        see(framed(picture, 40 * i, i))
    # 0.4 seconds are 8 of the 20 tiles; half a second has not passed
    assert detector.calls == [21 + 8]


def test_an_upside_down_face_costs_two_looks_once() -> None:
    see, detector = counted()
    picture = paint([Placed("hopper", 320, 240, 150, 180.0)])
    see(framed(picture))
    assert 21 + 2 <= detector.calls[0] <= 21 + 5
    first = detector.calls[0]
    for i in range(1, 11):
        see(framed(picture, 40 * i, i))
    assert detector.calls == [first + 8]


def test_where_nobody_is_the_turned_pictures_are_looked_at_seldom() -> None:
    see, detector = counted()
    for i in range(26):
        assert see(framed(wall(640, 480), 40 * i, i)).tracks == ()
    # the first frame: the picture, its three turns and 20 tiles; in the second after it a round of tiles, the picture
    # every third frame, a turned one every ninth, and a few second looks at what is no face
    assert 24 + 20 + 8 + 2 <= detector.calls[0] <= 24 + 20 + 8 + 2 + 10
