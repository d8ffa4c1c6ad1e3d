"""The last stage: what a frame shows where a face was missed, and who counts as missed."""

import numpy as np
import pytest

from engines.values import Box, Face, Patch
from stream.frame import Done, FacePatch, FaceTrack, Plan, Route, Scene
from stream.pipeline.choices import OnMiss
from stream.pipeline.control import Control
from stream.pipeline.finish import Finish
from stream.pipeline.stages import paste
from tests.stream.portraits import framed

RGB = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
MESH = np.zeros((468, 3), np.float32)
MIDDLE = Box(60, 40, 100, 90)


def track(box: Box = MIDDLE, source: int | None = 0, number: int = 1) -> FaceTrack:
    return FaceTrack(number, Face(box, np.zeros((6, 2), np.float32), MESH, 1.0), source)


def done(
    index: int, *tracks: FaceTrack, opacity: float = 1.0, control: Control | None = None, pasted: bool = True
) -> Done:
    """Every track that is wanted is painted white, as opaque as is told; 0: not at all."""
    scene = Scene(framed(RGB, 40 * index, index), tracks, control=control or Control())
    plan = Plan(scene, tuple(Route.FAST if t.source is not None else Route.PASS for t in tracks))
    white = np.full((50, 40, 3), 255, np.uint8)
    patches = tuple(
        FacePatch(t.id, Patch(int(t.box.x0), int(t.box.y0), white, np.ones((50, 40), np.float32)), opacity)
        for t in tracks
        if t.source is not None and opacity > 0
    )
    made = Done(plan, patches)
    return paste(made) if pasted else made


def changed(out: Done, box: Box = MIDDLE) -> float:
    """How far the picture is from the frame's own in a box."""
    assert out.picture is not None
    area = np.s_[int(box.y0) : int(box.y1), int(box.x0) : int(box.x1)]
    return float(np.abs(out.picture.small(160, 120).astype(int) - RGB)[area].mean())


@pytest.mark.parametrize("pasted", [True, False])
@pytest.mark.parametrize("on_miss", OnMiss)
def test_a_painted_face_goes_through_as_it_is(on_miss: OnMiss, pasted: bool) -> None:
    finish = Finish(on_miss)
    out = finish(done(0, track(), pasted=pasted))
    assert out.picture is not None
    assert (out.picture.small(160, 120)[50:80, 65:95] == 255).all()
    assert (finish.misses.frames, finish.misses.painted) == (0, 1)


def test_a_lost_face_is_covered_held_or_shown_and_always_counted() -> None:
    seen = {}
    for on_miss in OnMiss:
        finish = Finish(on_miss)
        finish(done(0, track()))
        seen[on_miss] = finish(done(1))
        assert finish.misses.frames == 1 and finish.misses.spans[0].reason == "lost"
    assert seen[OnMiss.HOLD].picture is None
    assert changed(seen[OnMiss.BLUR]) > 20
    assert changed(seen[OnMiss.SHOW]) == 0


def test_a_face_that_was_painted_in_part_is_covered_beneath_the_paint() -> None:
    finish = Finish(OnMiss.BLUR)
    out = finish(done(0, track(), opacity=0.5))
    assert out.picture is not None
    shown = out.picture.small(160, 120)
    assert (shown[50:80, 65:95] == 255).all(), "the paint lies over the cover"
    assert changed(out, Box(55, 40, 59, 90)) > 10, "beside it the face is covered"


def test_a_face_that_left_the_picture_was_not_missed() -> None:
    finish = Finish(OnMiss.SHOW)
    finish(done(0, track(Box(-2, 40, 38, 90))))
    finish(done(1))
    assert finish.misses.frames == 0


def test_who_is_left_alone_and_who_is_not_wanted_is_not_missed() -> None:
    finish = Finish(OnMiss.BLUR)
    out = finish(done(0, track(source=None)))
    assert changed(out) == 0 and finish.misses.frames == 0
    wished = Finish(OnMiss.BLUR)
    out = wished(done(0, track(), opacity=0.0, control=Control(strength=0.0)))
    assert changed(out) == 0 and wished.misses.frames == 0, "a strength of nothing is what was asked for"


def test_the_frames_of_each_source_are_counted_where_it_was_painted() -> None:
    finish = Finish(OnMiss.SHOW)
    other = Box(10, 40, 50, 90)
    finish(done(0, track(source=1), track(other, 2, 2)))
    finish(done(1, track(source=1), track(other, None, 2)))
    finish(done(2, track(source=1), opacity=0.0))
    assert finish.misses.sources == {1: 2, 2: 1}
