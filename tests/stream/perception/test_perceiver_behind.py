"""Faces that FaceMesh does not see, because something is before them: carried along where that is known."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from calib.thresholds import load as load_thresholds
from engines.backends.choose import open_engine
from engines.occlusion.network import NONE, OPAQUE, WEIGHTS
from engines.values import U8
from stream.frame import Route, Scene
from stream.perception.face_selection import Rule, Who
from stream.perception.occlusion_tracker import OcclusionTracker
from stream.perception.perceiver import BEHIND, Pace, Perceiver
from stream.route import route
from tests.stream.portraits import FACES, Placed, framed, needs_models, paint, perceiver, wall

pytestmark = [*needs_models, pytest.mark.skipif(not WEIGHTS.is_file(), reason="the occlusion network is not built")]
STEP, COMES, GOES = 40, 12, 24  # milliseconds between frames; in which frames there is a phone
AT = (300, 240)


def covered(name: str, phone: bool, size: float = 170, at: tuple[int, int] = AT) -> U8:
    """The face, with a phone before one half of it."""
    picture = paint([Placed(name, *at, size)])
    if phone:
        x, y, k = *at, size / 170
        picture[int(y - 70 * k) : int(y + 120 * k), int(x - 45 * k) : int(x + 75 * k)] = (250, 160, 120)
    return picture


@pytest.fixture
def watched() -> Iterator[Callable[[tuple[Rule, ...]], Perceiver]]:
    opened = []

    def make(rules: tuple[Rule, ...] = (Rule(0, Who("all")),)) -> Perceiver:
        see = perceiver(rules)
        see.watch(OcclusionTracker(open_engine(WEIGHTS), load_thresholds()))
        opened.append(see)
        return see

    yield make
    for see in opened:
        see.close()


def film(see: Perceiver, name: str, until: int = 30, pace: Pace | None = None) -> list[Scene]:
    return [see(framed(covered(name, COMES <= i < GOES), STEP * i, i), pace) for i in range(until)]


@pytest.mark.parametrize("name", FACES)
def test_without_a_watch_such_a_face_is_lost(name: str) -> None:
    scenes = film(perceiver(), name)
    assert all(s.tracks == () and len(s.lost) == 1 for s in scenes[COMES:GOES])


@pytest.mark.parametrize("name", FACES)
def test_with_one_it_stays_behind_what_is_before_it(name: str, watched: Callable[..., Perceiver]) -> None:
    """From the very first frame: nothing announced the phone."""
    scenes = film(watched(), name)
    assert all(s.lost == () and len(s.tracks) == 1 and s.tracks[0].id == 0 for s in scenes)
    clear = scenes[COMES - 1].tracks[0].face.mesh
    for scene in scenes[COMES:GOES]:
        (track,) = scene.tracks
        assert track.front is not None and track.front.kind == OPAQUE and track.front.seen is not None
        assert route(scene).route is Route.XSEG
        assert np.linalg.norm(track.face.mesh[:, :2] - clear[:, :2], axis=1).mean() < 0.05 * 170
        hidden = track.front.seen.opaque > 0.5
        assert 0.15 < hidden.mean() < 0.6, "the phone is cut out, not the face"
    assert scenes[-1].tracks[0].front is not None and scenes[-1].tracks[0].front.kind == NONE
    assert [s.tracks[0].age for s in scenes] == list(range(30)), "one track throughout"


def test_who_is_left_alone_is_not_carried(watched: Callable[..., Perceiver]) -> None:
    scenes = film(watched((Rule(0, Who("left-to-right", n=2)),)), "hopper", GOES)
    assert all(s.tracks == () for s in scenes[COMES:])


def test_where_nobody_asks_what_is_before_faces_nobody_is_carried(watched: Callable[..., Perceiver]) -> None:
    scenes = film(watched(), "hopper", GOES, Pace(fronts=False))
    assert all(s.tracks == () and len(s.lost) == 1 for s in scenes[COMES:])


def test_a_face_that_is_gone_is_lost_as_ever(watched: Callable[..., Perceiver]) -> None:
    see = watched()
    film(see, "hopper", COMES)
    for i in range(COMES, COMES + 4):
        scene = see(framed(wall(640, 480), STEP * i, i))
        assert scene.tracks == ()


def test_it_is_not_waited_for_for_ever(watched: Callable[..., Perceiver]) -> None:
    see = watched()
    film(see, "hopper", COMES + 1)
    seconds = [see(framed(covered("hopper", True), 500 + 250 * i, COMES + 1 + i)) for i in range(24)]
    shown = [bool(s.tracks) for s in seconds]
    assert shown[0] and not shown[-1]
    assert shown == sorted(shown, reverse=True)
    assert 0.25 * sum(shown) == pytest.approx(BEHIND, abs=0.5)
