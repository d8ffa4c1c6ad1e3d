"""The values of a frame's journey: its time, its routes, the limit on their cost."""

from dataclasses import replace
from fractions import Fraction
from typing import cast

import numpy as np
import pytest

from engines.values import Box, Face
from stream.frame import ORDER, Done, FaceTrack, Frame, Plan, Route, Scene
from stream.picture import Picture

FACE = Face(Box(0, 0, 9, 9), np.zeros((6, 2), np.float32), np.zeros((468, 3), np.float32), 1.0)
FRAME = Frame(0, 0, Fraction(1, 25), cast(Picture, None), 0.0)


def test_routes_are_in_the_order_of_their_cost() -> None:
    assert [r.value for r in ORDER] == ["pass", "fast", "xseg", "refine"]


def test_a_plan_has_a_route_for_every_track() -> None:
    with pytest.raises(ValueError, match="1 tracks and 0 routes"):
        Plan(scene(0), ())


def scene(*sources: int | None) -> Scene:
    """A face for each: the source that it takes."""
    return Scene(FRAME, tuple(FaceTrack(i, FACE, source) for i, source in enumerate(sources)))


def test_seconds_are_units_of_the_time_base() -> None:
    assert replace(FRAME, pts=3003, time_base=Fraction(1, 30_000)).seconds == pytest.approx(0.1001)
    assert replace(FRAME, pts=-25).seconds == -1


def test_the_dearest_face_is_the_route_of_the_frame() -> None:
    some = Plan(scene(0, 1, None), (Route.FAST, Route.REFINE, Route.PASS))
    assert some.route is Route.REFINE and Plan(scene()).route is Route.PASS
    assert some.limited(Route.XSEG) == Plan(some.scene, (Route.FAST, Route.XSEG, Route.PASS)), "none gets dearer"
    assert some.limited(Route.PASS).route is Route.PASS


def test_what_came_out_knows_its_frame_and_a_track_its_box() -> None:
    assert Done(Plan(scene())).frame is FRAME
    assert FaceTrack(3, FACE).box is FACE.box and FaceTrack(3, FACE).source is None, "left alone unless it is said"
