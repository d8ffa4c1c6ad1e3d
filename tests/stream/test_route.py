"""Routes by value: every mode against everything that may lie before a face, and frames of several faces."""

from fractions import Fraction
from itertools import permutations
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.occlusion.clean_plate import Plate
from engines.occlusion.network import NONE, OPAQUE, TRANSPARENT
from engines.values import Box, Face
from stream.frame import ORDER, FaceOcclusion, FaceTrack, Frame, Route, Scene
from stream.picture import Picture
from stream.pipeline.choices import Routing
from stream.pipeline.control import Control
from stream.route import route, track_route

FACE = Face(Box(0, 0, 9, 9), np.zeros((6, 2), np.float32), np.zeros((468, 3), np.float32), 1.0)
FRAME = Frame(0, 0, Fraction(1, 25), cast(Picture, None), 0.0)
UNSEEN = 9  # nobody has looked
KINDS = (UNSEEN, NONE, OPAQUE, TRANSPARENT)

# mode, then the route for: nobody has looked, nothing, opaque, transparent
WANTED = {
    Routing.AUTO: (Route.FAST, Route.FAST, Route.XSEG, Route.REFINE),
    Routing.FAST: (Route.FAST,) * 4,
    Routing.XSEG: (Route.XSEG,) * 4,
    Routing.ALWAYS_REFINE: (Route.REFINE,) * 4,
}


def scene(*tracks: FaceTrack, mode: Routing = Routing.AUTO) -> Scene:
    return Scene(FRAME, tracks, control=Control(routing=mode))


def track(kind: int, source: int | None = 0) -> FaceTrack:
    front = None if kind == UNSEEN else FaceOcclusion(kind, None, Plate.empty())
    return FaceTrack(1, FACE, source, front=front)


@pytest.mark.parametrize("mode", Routing)
@pytest.mark.parametrize("kind", KINDS)
def test_every_mode_with_everything_before_a_face(mode: Routing, kind: int) -> None:
    want = WANTED[mode][KINDS.index(kind)]
    assert track_route(track(kind), mode) is want
    plan = route(scene(track(kind), mode=mode))
    assert plan.route is want and plan.routes == (want,)


@pytest.mark.parametrize("mode", Routing)
@pytest.mark.parametrize("kind", KINDS)
def test_who_is_left_alone_passes_in_every_mode(mode: Routing, kind: int) -> None:
    assert track_route(track(kind, None), mode) is Route.PASS
    assert route(scene(track(kind, None), mode=mode)).route is Route.PASS


def test_a_frame_without_faces_passes() -> None:
    for mode in Routing:
        empty = scene(mode=mode)
        plan = route(empty)
        assert plan.route is Route.PASS
        assert plan.scene is empty


def test_the_hardest_face_decides_whatever_their_order() -> None:
    faces = [track(NONE), track(OPAQUE), track(TRANSPARENT), track(TRANSPARENT, None)]
    for order in permutations(faces):
        assert route(Scene(FRAME, order)).route is Route.REFINE
    for order in permutations([track(NONE), track(OPAQUE), track(TRANSPARENT, None)]):
        assert route(Scene(FRAME, order)).route is Route.XSEG


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from([None, 0, 3])), max_size=6))
def test_a_frame_is_as_costly_as_its_costliest_face(people: list[tuple[int, int | None]]) -> None:
    tracks = tuple(track(*p) for p in people)
    cost = [ORDER.index(track_route(t)) for t in tracks]
    assert ORDER.index(route(Scene(FRAME, tracks)).route) == max(cost, default=0)


def test_automatic_is_what_is_meant_when_nothing_is_said() -> None:
    for kind in KINDS:
        assert track_route(track(kind)) is track_route(track(kind), Routing.AUTO)


def test_every_face_keeps_its_own_route_and_none_is_dearer_than_the_limit() -> None:
    plan = route(scene(track(NONE), track(OPAQUE), track(TRANSPARENT), track(OPAQUE, None)))
    assert plan.routes == (Route.FAST, Route.XSEG, Route.REFINE, Route.PASS)
    assert plan.limited(Route.XSEG).routes == (Route.FAST, Route.XSEG, Route.XSEG, Route.PASS)
    assert plan.limited(Route.FAST).route is Route.FAST
    assert plan.limited(Route.REFINE).routes == plan.routes
