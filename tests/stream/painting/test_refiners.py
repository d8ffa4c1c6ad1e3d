"""Refiners behind one protocol: the built-in one, one led by depth, one painted over; and what happens when one fails.

The programs are real processes: one with DKT's interface whose depth is the film's red, one that turns a picture into
its negative.
"""

import sys
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.occlusion.network import SIDE as CROP
from engines.occlusion.network import frame_to_crop
from engines.refiners import controlnet
from engines.refiners.controlnet import ControlNet
from engines.refiners.dkt import Dkt
from engines.values import F32, U8, Patch, Region
from stream.frame import Done, FaceTrack, Pending, Plan, Route, Scene
from stream.painting.refinement import Refinement
from stream.painting.refiners import EVERY, WINDOW, Deepened, Inverted, Repainted, pasted, square
from stream.painting.underlay import UnderlayState, under_transparent
from tests.engines.refiners.programs import dkt_repository, written
from tests.stream.fronts import (
    CLEAN,
    CORNER,
    POSE,
    SIZE,
    behind_glass,
    box,
    frame,
    laid,
    on_face,
    seen,
    track,
)
from tests.stream.fronts import swapped as patch_of

PATCH = patch_of()
GLASS = box(50, 60, 150, 150)
SHOWN = behind_glass((0.8, 0.85, 0.8), (3.0, 0.0), GLASS, PATCH)
NEGATIVE = "def answer(note, arrays):\n    return {'image': 255 - arrays['image']}\n"
FAILING = "def answer(note, arrays):\n    raise RuntimeError('no memory left')\n"


def glassy(number: int = 1) -> FaceTrack:
    return track(SHOWN.image, seen(glass=GLASS), number=number)


def pending(number: int = 1) -> Pending:
    return Pending(glassy(number), PATCH)


def plain() -> Patch:
    return under_transparent(glassy(), PATCH, UnderlayState())


def same(a: Patch, b: Patch) -> bool:
    return np.array_equal(a.rgb, b.rgb) and np.array_equal(a.alpha, b.alpha)


def test_the_built_in_one_is_inverted_compositing() -> None:
    assert same(Inverted()(pending(), UnderlayState()), plain())


class Counted(Dkt):
    """DKT, which also keeps how many frames it was asked for."""

    asked: list[int]

    def depth(self, frames: U8) -> F32:
        self.asked.append(len(frames))
        return super().depth(frames)


@pytest.fixture
def dkt(tmp_path: Path) -> Iterator[Counted]:
    made = Counted(sys.executable, dkt_repository(tmp_path), seconds=60)
    made.asked = []
    yield made
    made.close()


def test_depth_is_asked_for_now_and_then_over_a_window_of_frames(dkt: Counted) -> None:
    refiner, memory = Deepened(dkt), UnderlayState()
    for _ in range(2 * EVERY + 1):
        refiner(pending(), memory)
    assert dkt.asked == [1, WINDOW, WINDOW]
    refiner(pending(2), UnderlayState())
    assert dkt.asked == [1, WINDOW, WINDOW, 1], "of somebody else nothing is known"
    refiner.keep({2})
    refiner(pending(1), UnderlayState())
    assert dkt.asked[4:] == [1], "who was forgotten begins anew"


def test_with_a_depth_that_explains_nothing_the_picture_stays_the_built_in_ones(dkt: Counted) -> None:
    assert same(Deepened(dkt)(pending(), UnderlayState()), plain())


def test_a_depth_that_explains_what_is_seen_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slope to the right before a plate that was displaced to the right, where flow is blind."""
    from engines.occlusion import glass

    monkeypatch.setattr(glass, "refraction", lambda frame, *_: np.zeros((*frame.shape[:2], 2), np.float32))
    x = np.arange(SIZE, dtype=np.float32)[None].repeat(SIZE, 0) / SIZE
    cut = np.s_[20 : SIZE - 20, 20 : SIZE - 20]
    blind = plain()
    led = under_transparent(glassy(), PATCH, UnderlayState(), np.ascontiguousarray(x[cut]))
    where = (cv2.erode(GLASS, np.ones((15, 15))) * on_face()) > 0
    off = [np.abs(laid(SHOWN.image, p) - SHOWN.wanted)[where].mean() for p in (blind, led)]
    assert off[1] < 0.75 * off[0]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ControlNet]:
    def make(answer: str) -> ControlNet:
        path = written(tmp_path, answer)
        monkeypatch.setattr(controlnet, "program", lambda *_: [sys.executable, str(path)])
        return ControlNet(sys.executable, tmp_path, "cpu", seconds=60)

    return make


def test_what_is_behind_glass_is_painted_over_and_nothing_else(programs: Callable[[str], ControlNet]) -> None:
    net = programs(NEGATIVE)
    refiner = Repainted(net, 128)
    out, before = refiner(pending(), UnderlayState()), plain()
    net.close()
    assert (out.x, out.y) == (before.x, before.y)
    np.testing.assert_array_equal(out.alpha, before.alpha)
    new, old = laid(SHOWN.image, out), laid(SHOWN.image, before)
    deep = (cv2.erode(GLASS, np.ones((21, 21))) * on_face()) > 0
    far = cv2.dilate(GLASS, np.ones((21, 21))) == 0
    # the negative of a picture that was seen at half its size
    soft = [cv2.GaussianBlur(a, (0, 0), 3) for a in (new, 255 - old)]
    assert np.abs(soft[0] - soft[1])[deep].mean() < 12
    np.testing.assert_allclose(new[far], old[far], atol=1)


def test_where_hardly_anything_is_transparent_no_program_is_even_started(
    programs: Callable[[str], ControlNet],
) -> None:
    refiner = Repainted(programs("raise SystemExit"), 128)
    few = track(CLEAN, seen(glass=box(60, 60, 68, 68)))
    assert same(refiner(Pending(few, PATCH), UnderlayState()), under_transparent(few, PATCH, UnderlayState()))
    blank = track(CLEAN, None)
    assert same(refiner(Pending(blank, PATCH), UnderlayState()), under_transparent(blank, PATCH, UnderlayState()))
    hidden = track(SHOWN.image, seen(opaque=GLASS, glass=GLASS))
    assert same(refiner(Pending(hidden, PATCH), UnderlayState()), under_transparent(hidden, PATCH, UnderlayState()))


def done(seconds: int = 0) -> Done:
    at = frame(1000 * seconds)
    return Done(Plan(Scene(at, (glassy(),)), (Route.REFINE,)), (), (pending(),))


def test_one_that_fails_gives_way_to_the_built_in_one_and_that_is_told_once(
    programs: Callable[[str], ControlNet],
) -> None:
    told: list[str] = []
    net = programs(FAILING)
    stage = Refinement(Repainted(net, 128), told.append)
    for i in range(3):
        out = stage(done(i))
        assert out.pending == ()
        assert out.patches[0].patch.alpha.max() > 0.9
    net.close()
    assert same(Refinement()(done()).patches[0].patch, plain())
    assert told == ["the refiner controlnet says: RuntimeError: no memory left; the built-in refiner is used"]


def test_the_stage_tells_the_refiner_who_is_still_there() -> None:
    class Kept(Inverted):
        ids: list[set[int]] = []  # noqa: RUF012

        def keep(self, ids: AbstractSet[int]) -> None:
            self.ids.append(set(ids))

    stage = Refinement(Kept())
    for second in (0, 1, 9):
        stage(done(second))
    assert Kept.ids == [set(), {1}, set()]


def test_a_square_shows_the_face_as_the_occlusion_network_sees_it() -> None:
    matrix = frame_to_crop(POSE, CROP)
    one = square(glassy().region or Region(0, 0, np.zeros((1, 1, 3), np.uint8)), matrix, CROP)
    assert one.shape == (CROP, CROP, 3)
    x, y = (matrix[:, :2] @ POSE[4, :2] + matrix[:, 2]).round().astype(int)
    nose = (POSE[4, :2] - CORNER).round().astype(int)
    assert np.abs(one[y, x].astype(int) - SHOWN.image[nose[1], nose[0]]).max() < 12


def test_a_pasted_region_is_the_frame_as_it_will_be() -> None:
    region = glassy().region
    assert region is not None
    out = pasted(region, plain())
    assert (out.x, out.y) == (region.x, region.y)
    np.testing.assert_allclose(out.rgb, laid(SHOWN.image, plain()), atol=1)
    assert np.array_equal(region.rgb, (glassy().region or region).rgb), "the region itself is left alone"
