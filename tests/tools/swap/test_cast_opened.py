"""A job's cast, opened with the embedded networks: how it routes, that it paints, that it is closed."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import SourceError, UnderstudyError
from engines.occlusion.eyewear import WEIGHTS as EYEWEAR
from engines.occlusion.network import WEIGHTS
from stream.frame import FaceTrack, Frame, Plan, Route, Scene
from stream.perception.perceiver import Perceiver
from tests.stream.portraits import Placed, framed, needs_models, paint
from tests.tools.stages import SOMEBODY
from tools.swap.cast import open_cast
from tools.swap.job import SwapJob

pytestmark = needs_models


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cast") / "face.png"
    cv2.imwrite(str(path), paint([Placed("hopper", 240, 230, 190)], (480, 480))[..., ::-1])
    return path


def scene() -> Scene:
    picture = framed(np.full((64, 64, 3), 90, np.uint8)).picture
    return Scene(Frame(0, 0, Fraction(1, 25), picture, 0.0), (FaceTrack(1, SOMEBODY, 0),))


@pytest.mark.parametrize(("routing", "want"), [("auto", Route.FAST), ("xseg", Route.XSEG), ("fast", Route.FAST)])
def test_a_job_is_routed_as_it_asks(face: Path, routing: str, want: Route) -> None:
    with open_cast(SwapJob(((face,),), "in.mp4", "out.mp4", routing=routing)) as cast:
        plan: Plan = cast.route(scene())
        assert plan.route is want
        assert ("occlusion" in cast.models) == (routing != "fast" and WEIGHTS.is_file())
        assert ("eyewear" in cast.models) == EYEWEAR.is_file()
        assert {"face_detection_short_range", "face_landmark"} <= set(cast.models)
        assert all(path.is_file() for path in cast.models.values())


def test_a_face_is_found_and_painted_and_the_frame_left_alone_elsewhere(face: Path) -> None:
    picture = paint([Placed("astronaut", 300, 240, 130)])
    frame = framed(picture)
    with open_cast(SwapJob(((face,),), "in.mp4", "out.mp4", routing="fast")) as cast:
        done = cast.refine(cast.paint(cast.route(cast.perceive(frame))))
    (patch,) = done.patches
    assert done.pending == ()
    assert abs(patch.x + patch.alpha.shape[1] / 2 - 300) < 40
    shown = frame.picture.pasted(done.patches).small(640, 480).astype(int)
    assert np.abs(shown - frame.picture.small(640, 480))[:, :150].max() == 0
    assert np.abs(shown[220:260, 270:330] - picture[220:260, 270:330]).mean() > 3


def test_a_photo_without_a_face_is_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 127, np.uint8))
    with (
        pytest.raises(SourceError, match=r"wall\.png"),
        open_cast(SwapJob(((tmp_path / "wall.png",),), "in.mp4", "out.mp4")),
    ):
        pass


def test_a_rule_for_a_source_that_is_not_there_is_told_before_any_network_is_opened(face: Path) -> None:
    job = SwapJob(((face,),), "in.mp4", "out.mp4", maps=("7=left",))
    with pytest.raises(UnderstudyError), open_cast(job):
        pass


def test_what_was_opened_is_closed_whatever_happens(face: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    usual = Perceiver.close

    def close(self: Perceiver) -> None:
        closed.append(True)
        usual(self)

    monkeypatch.setattr(Perceiver, "close", close)
    with pytest.raises(LookupError), open_cast(SwapJob(((face,),), "in.mp4", "out.mp4")):
        raise LookupError
    assert closed == [True]
