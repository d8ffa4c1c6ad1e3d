"""Stages by value: what is laid where, and what may not wait."""

import numpy as np
import pytest

from engines.errors import UnderstudyError
from engines.values import Patch
from stream.frame import Done, FacePatch, FaceTrack, Pending, Plan, Route, Scene
from stream.pipeline.stages import Stages, paste, refuse
from tests.stream.portraits import framed
from tests.stream.test_journey import FACE

RGB = np.full((8, 8, 3), 10, np.uint8)


def patch(x: int, value: int) -> Patch:
    return Patch(x, 2, np.full((2, 2, 3), value, np.uint8), np.ones((2, 2), np.float32))


def plan() -> Plan:
    return Plan(Scene(framed(RGB), (FaceTrack(1, FACE, 0),)), (Route.REFINE,))


def test_patches_are_laid_in_their_order_and_the_rest_keeps_its_bits() -> None:
    done = paste(Done(plan(), (FacePatch(1, patch(2, 100)), FacePatch(2, patch(3, 200)))))
    assert done.picture is not None
    shown = done.picture.small(8, 8)
    assert shown[2, 2:5, 0].tolist() == [100, 200, 200]
    shown[2:4, 2:5] = 10
    assert (shown == 10).all()


def test_without_patches_the_picture_is_the_frames_own() -> None:
    done = paste(Done(plan()))
    assert done.picture is done.frame.picture


def test_without_refinement_nothing_may_be_pending() -> None:
    clear = Done(plan())
    assert refuse(clear) is clear
    waiting = Done(plan(), (), (Pending(FaceTrack(1, FACE, 0), patch(2, 100)),))
    with pytest.raises(UnderstudyError, match="--routing xseg"):
        refuse(waiting)
    assert Stages(Scene, Plan, (Done,)).refine is refuse
