"""Refiners behind one protocol: the built-in one, one led by depth, one painted over; and what happens when one fails.

The programs are real processes: one with DKT's interface whose depth is the film's red, one that turns a picture into
its negative.
"""

import sys
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import UnderstudyError
from engines.occlusion.network import SIDE as CROP
from engines.occlusion.network import frame_to_crop
from engines.refiners import controlnet
from engines.refiners.controlnet import ControlNet
from engines.refiners.dkt import Dkt
from engines.refiners.worker import RefinerError
from engines.values import F32, U8, Patch, Region
from stream.frame import Done, FaceTrack, Frame, Pending, Plan, Route, Scene
from stream.painting.refinement import Refinement
from stream.painting.refiners import EVERY, WINDOW, Deepened, Inverted, Refiner, Repainted, pasted, square
from stream.painting.underlay import UnderlayState, under_transparent
from tests.engines.refiners.programs import dkt_repository, written
from tests.stream.fronts import (
    CLEAN,
    CORNER,
    NEW,
    NOTHING,
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
from tools.swap.refiners import BUILT_IN, NAMES, open_refiner

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
    refiner = Repainted(programs(NEGATIVE), 128)
    out, before = refiner(pending(), UnderlayState()), plain()
    refiner.close()
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
    return Done(Plan(Scene(at, (glassy(),)), Route.REFINE), (), (pending(),))


def test_one_that_fails_gives_way_to_the_built_in_one_and_that_is_told_once(
    programs: Callable[[str], ControlNet],
) -> None:
    told: list[str] = []
    stage = Refinement(Repainted(programs(FAILING), 128), told.append)
    for i in range(3):
        out = stage(done(i))
        assert out.pending == ()
        assert out.patches[0].alpha.max() > 0.9
    stage.close()
    assert same(Refinement()(done()).patches[0], plain())
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


@pytest.mark.parametrize("name", NAMES)
def test_a_refiner_that_is_not_installed_says_what_it_wants(name: str, tmp_path: Path) -> None:
    if name == BUILT_IN:
        assert isinstance(open_refiner(name, tmp_path), Inverted)
        return
    with pytest.raises(UnderstudyError, match=rf"--refiner {name}: .*python is missing; .*refiners/{name} has to hold"):
        open_refiner(name, tmp_path)


def test_one_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="take one of inverted, dkt, controlnet"):
        open_refiner("magic", tmp_path)


def test_one_that_is_installed_is_opened_and_runs(tmp_path: Path) -> None:
    home = tmp_path / "refiners" / "dkt"
    (home / "env" / "bin").mkdir(parents=True)
    # a link would make the interpreter look for its libraries beside the link
    python = home / "env" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with pytest.raises(UnderstudyError, match=r"DKT is missing"):
        open_refiner("dkt", tmp_path)
    (home / "DKT").mkdir()
    dkt_repository(home / "DKT")
    refiner: Refiner = open_refiner("dkt", tmp_path)
    assert isinstance(refiner, Deepened)
    assert same(refiner(pending(), UnderlayState()), plain())
    refiner.close()


def test_errors_of_refiners_are_such_as_a_user_can_mend() -> None:
    assert issubclass(RefinerError, UnderstudyError)
    empty = replace(done(), pending=())
    assert isinstance(empty.plan.scene.frame, Frame) and Refinement()(empty) == empty
    assert NEW.shape == (*NOTHING.shape, 3)
