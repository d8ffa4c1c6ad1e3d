"""The new face beneath what is before it, by value: opaque, veil, glass, and what may not be touched."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engines.occlusion.clean_plate import Plate
from engines.occlusion.network import Occlusion
from engines.values import Patch, Region
from stream.frame import FaceTrack
from stream.painting.occluders import face_only, gathered
from stream.painting.underlay import UnderlayState, completed, under_opaque, under_transparent
from tests.engines.scenes import psnr
from tests.stream.fronts import (
    CLEAN,
    CORNER,
    NEW,
    SIZE,
    THING,
    behind_glass,
    behind_veil,
    box,
    enlarged,
    laid,
    mask_of,
    on_face,
    seen,
    swapped,
    track,
    with_thing,
)

PATCH = swapped()
MASK = mask_of(PATCH)


def solved(memory: UnderlayState) -> list[str]:
    """What the last frame's solution was."""
    return [name for name in ("airlight", "flow") if getattr(memory, name) is not None]


def cut(what: FaceTrack) -> Patch:
    """The patch beneath what is opaque before that face."""
    before = gathered(what)
    assert before is not None
    return under_opaque(before, PATCH)


def test_where_nobody_has_looked_there_is_nothing() -> None:
    unseen = track(CLEAN, None)
    assert gathered(unseen) is None
    assert under_transparent(unseen, PATCH, UnderlayState()) is PATCH
    without_region = replace(track(CLEAN, seen()), region=None)
    assert gathered(without_region) is None
    assert face_only(without_region) is None


def test_what_was_gathered_for_painting_serves_for_refining() -> None:
    alpha = np.full((SIZE, SIZE), 0.5, np.float32)
    what = track(behind_veil(alpha, (230.0,) * 3, PATCH).image, seen(veil=alpha))
    assert what.region is not None
    x, y = PATCH.x - CORNER[0], PATCH.y - CORNER[1]
    h, w = PATCH.alpha.shape
    beneath = Region(PATCH.x, PATCH.y, what.region.rgb[y : y + h, x : x + w])
    own, other = gathered(what, beneath), gathered(what)
    assert own is not None and other is not None
    assert own.covers(PATCH)
    assert not other.covers(PATCH)
    want = under_transparent(what, PATCH, UnderlayState())
    for before in (own, other):  # that of other pixels is not used
        got = under_transparent(what, PATCH, UnderlayState(), before=before)
        assert np.array_equal(got.rgb, want.rgb)
        assert np.array_equal(got.alpha, want.alpha)
    blank = replace(own, veil=0 * own.veil)
    assert under_transparent(what, PATCH, UnderlayState(), before=blank) is PATCH  # this one was


def test_under_an_opaque_thing_a_large_face_is_cut_as_a_small_one_is() -> None:
    cover = box(60, 90, 140, 130)
    what = track(with_thing(cover), seen(opaque=cover))
    large = enlarged(what, 4)
    rgb, alpha = (np.repeat(np.repeat(a, 4, 0), 4, 1) for a in (PATCH.rgb, PATCH.alpha))
    before = gathered(large)
    assert before is not None
    out = under_opaque(before, Patch(PATCH.x * 4, PATCH.y * 4, rgb, alpha))
    few = cv2.resize(out.alpha, PATCH.alpha.shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(few - cut(what).alpha).mean() < 0.02


def test_with_nothing_in_front_the_new_face_is_laid_plainly() -> None:
    got = laid(CLEAN, cut(track(CLEAN, seen())))
    want = CLEAN + MASK[..., None] * (NEW - CLEAN)
    assert np.abs(got - want)[MASK > 0.02].mean() < 0.6
    assert np.abs(got - want).max() < 3


def test_an_opaque_thing_stays_bit_for_bit_and_beside_it_the_face_is_new() -> None:
    cover = box(60, 90, 140, 130)
    image = with_thing(cover)
    out = cut(track(image, seen(opaque=cover)))
    got = laid(image, out)
    core = cv2.erode(cover, np.ones((13, 13))) > 0
    assert core.sum() > 1000
    assert mask_of(out)[core].max() == 0
    assert np.array_equal(got[core], laid(image, replace(out, alpha=0 * out.alpha))[core])
    far = (cv2.dilate(cover, np.ones((25, 25))) == 0) & (on_face() > 0)
    assert far.sum() > 1000
    assert psnr(got, CLEAN + MASK[..., None] * (NEW - CLEAN), far) > 38


def test_the_edge_of_an_opaque_thing_follows_the_picture_not_the_networks_guess() -> None:
    """The network's edge is 4 px too far out; the picture says where the thing ends."""
    cover, guess = box(60, 90, 140, 130), box(60, 90, 140, 134)
    image = with_thing(cover)
    out = laid(image, cut(track(image, seen(opaque=guess))))
    strip = np.s_[132:134, 70:130]
    new = (CLEAN + MASK[..., None] * (NEW - CLEAN))[strip]
    assert np.abs(out[strip] - new).mean() < 0.5 * np.abs(CLEAN[strip] - new).mean()


@pytest.mark.parametrize("opacity", [0.25, 0.5, 0.75])
def test_under_a_veil_the_old_face_is_exchanged_and_the_veil_stays(opacity: float) -> None:
    alpha = (opacity * np.hanning(SIZE)[:, None] * np.ones((1, SIZE))).astype(np.float32)
    shown = behind_veil(alpha, (235.0, 232.0, 228.0), PATCH)
    out = under_transparent(track(shown.image, seen(veil=alpha)), PATCH, UnderlayState())
    got, where = laid(shown.image, out), on_face()
    assert psnr(got, shown.wanted, where) > 28
    # how much of the old face is still in it: the share of (old - new) that is left over
    left, gone = (got - shown.wanted)[where > 0], ((1 - alpha)[..., None] * (CLEAN - NEW))[where > 0]
    assert abs(float((left * gone).sum() / (gone * gone).sum())) < 0.06


def test_glass_dims_the_new_face_as_it_dimmed_the_old() -> None:
    region = box(50, 60, 150, 150)
    shown = behind_glass((0.7, 0.8, 0.75), (0.0, 0.0), region, PATCH)
    got = laid(shown.image, under_transparent(track(shown.image, seen(glass=region)), PATCH, UnderlayState()))
    core = cv2.erode(region, np.ones((15, 15))) * on_face()
    assert core.sum() > 2000
    assert psnr(got, shown.wanted, core) > 40


@pytest.mark.parametrize("shift", [(5.0, 0.0), (-5.0, 0.0), (0.0, 4.0)])
def test_glass_displaces_the_new_face_as_it_displaced_the_old(shift: tuple[float, float]) -> None:
    region, memory = box(40, 50, 160, 160), UnderlayState()
    shown = behind_glass((0.9, 0.9, 0.9), shift, region, PATCH)
    got = laid(shown.image, under_transparent(track(shown.image, seen(glass=region)), PATCH, memory))
    straight = behind_glass((0.9, 0.9, 0.9), (0.0, 0.0), region, PATCH).wanted
    core = cv2.erode(region, np.ones((31, 31))) * on_face()
    assert core.sum() > 2000
    assert memory.flow is not None
    assert np.median(memory.flow[core[20:180, 20:180] > 0], axis=0) == pytest.approx(shift, abs=1)
    assert psnr(got, shown.wanted, core) > max(28, psnr(got, straight, core) + 1.5)


@pytest.mark.parametrize("light", [0.6, 1.2])
def test_the_light_may_have_changed_since_the_plate_was_learned(light: float) -> None:
    """A veil over half of a face in another light: what is behind it is still told from it."""
    alpha = box(0, 110, SIZE, SIZE, 0.5)
    dim, patch = np.asarray(CLEAN * light, np.float32), swapped(np.asarray(NEW * light, np.float32))
    veiled = [np.asarray(b + alpha[..., None] * (220 - b), np.float32) for b in (dim, NEW * np.float32(light))]
    image, wanted = veiled[0], veiled[0] + MASK[..., None] * (veiled[1] - veiled[0])
    got = laid(image, under_transparent(track(image, seen(veil=alpha)), patch, UnderlayState()))
    where = (alpha > 0) & (on_face() > 0)
    where[:118] = False
    assert psnr(got, wanted, where) > 40


def test_an_opaque_thing_beside_smoke_is_cut_out_of_the_refined_face() -> None:
    alpha, cover = np.full((SIZE, SIZE), 0.4, np.float32), box(80, 100, 130, 140)
    shown = behind_veil(alpha * (1 - cover), (230.0, 230.0, 230.0), PATCH)
    image = np.where(cover[..., None] > 0, np.array(THING, np.float32), shown.image).astype(np.float32)
    out = laid(
        image, under_transparent(track(image, seen(opaque=cover, veil=alpha * (1 - cover))), PATCH, UnderlayState())
    )
    core = cv2.erode(cover, np.ones((13, 13))) > 0
    assert np.abs(out - image)[core].max() < 3
    beside = (cv2.dilate(cover, np.ones((25, 25))) == 0) & (on_face() > 0)
    assert psnr(out, shown.wanted, beside) > psnr(image, shown.wanted, beside) + 6


def test_hardly_any_veil_is_not_solved_for() -> None:
    """Less than a fiftieth of the patch: the same as if it were opaque only, and nothing is remembered."""
    wisp = box(100, 100, 112, 110, 0.5)
    shown = behind_veil(wisp, (235.0, 235.0, 235.0), PATCH)
    memory, what = UnderlayState(), track(shown.image, seen(veil=wisp))
    got, want = under_transparent(what, PATCH, memory), cut(what)
    assert np.array_equal(got.rgb, want.rgb)
    assert np.array_equal(got.alpha, want.alpha)
    assert memory.airlight is None
    assert memory.flow is None


AREA = box(30, 30, 170, 170, 0.6)


@pytest.mark.parametrize("front", [seen(opaque=AREA), seen(veil=AREA), seen(glass=AREA)])
def test_outside_the_mask_nothing_is_touched(front: Occlusion) -> None:
    out = under_transparent(track(CLEAN, front), PATCH, UnderlayState())
    assert (out.x, out.y) == (PATCH.x, PATCH.y)
    assert out.alpha[PATCH.alpha == 0].max() == 0
    assert out.alpha.min() >= 0
    assert out.alpha.max() <= 1
    assert np.array_equal(laid(CLEAN, out)[MASK == 0], laid(CLEAN, replace(out, alpha=0 * out.alpha))[MASK == 0])


def test_the_airlight_is_remembered_and_follows_slowly() -> None:
    alpha = np.full((SIZE, SIZE), 0.5, np.float32)
    memory = UnderlayState()
    under_transparent(track(behind_veil(alpha, (240.0,) * 3, PATCH).image, seen(veil=alpha)), PATCH, memory)
    first = memory.airlight
    assert first is not None
    assert float(first.mean()) == pytest.approx(240, abs=12)
    under_transparent(track(behind_veil(alpha, (160.0,) * 3, PATCH).image, seen(veil=alpha)), PATCH, memory)
    second, fresh = memory.airlight, UnderlayState()
    under_transparent(track(behind_veil(alpha, (160.0,) * 3, PATCH).image, seen(veil=alpha)), PATCH, fresh)
    assert second is not None and fresh.airlight is not None
    assert second == pytest.approx(0.8 * first + 0.2 * fresh.airlight, abs=0.5)


def test_a_remembered_flow_of_another_size_is_let_go() -> None:
    region = box(40, 50, 160, 160)
    shown = behind_glass((0.8, 0.8, 0.8), (3.0, 0.0), region, PATCH)
    what = track(shown.image, seen(glass=region))
    strange, fresh = UnderlayState(flow=np.full((7, 9, 2), 50, np.float32)), UnderlayState()
    one, two = under_transparent(what, PATCH, strange), under_transparent(what, PATCH, fresh)
    assert np.array_equal(one.rgb, two.rgb)
    assert strange.flow is not None
    assert strange.flow.shape == (*PATCH.alpha.shape, 2)


def test_a_remembered_flow_counts_for_half() -> None:
    region = box(40, 50, 160, 160)
    shown = behind_glass((0.8, 0.8, 0.8), (0.0, 0.0), region, PATCH)
    what, fresh = track(shown.image, seen(glass=region)), UnderlayState()
    under_transparent(what, PATCH, fresh)
    held = UnderlayState(flow=np.full((*PATCH.alpha.shape, 2), 6, np.float32))
    under_transparent(what, PATCH, held)
    assert fresh.flow is not None and held.flow is not None
    np.testing.assert_allclose(held.flow, 0.5 * (fresh.flow + 6), atol=1e-3)


def test_the_larger_kind_decides_between_smoke_and_glass() -> None:
    """Nine tenths one, one tenth the other: what it leaves behind tells which was solved for."""
    most, some = box(20, 20, 180, 160, 0.5), box(20, 160, 180, 175, 0.9)
    for front, want in ((seen(veil=most, glass=some), ["airlight"]), (seen(glass=2 * most, veil=some), ["flow"])):
        memory = UnderlayState()
        under_transparent(track(CLEAN, front), PATCH, memory)
        assert solved(memory) == want


@pytest.mark.parametrize("truth", ["airlight", "flow"])
def test_where_both_are_as_large_the_picture_decides(truth: str) -> None:
    region = box(20, 20, 180, 180)
    shown = (
        behind_veil(0.6 * region, (240.0,) * 3, PATCH)
        if truth == "airlight"
        else behind_glass((0.55, 0.75, 0.9), (4.0, -3.0), region, PATCH)
    )
    memory = UnderlayState()
    under_transparent(track(shown.image, seen(veil=0.6 * region, glass=region)), PATCH, memory)
    assert solved(memory) == [truth]


def test_an_opaque_thing_that_is_half_taken_for_glass_stays_whole() -> None:
    cover = box(60, 90, 140, 130)
    half = box(60, 90, 100, 130)
    image = with_thing(cover)
    out = laid(image, cut(track(image, seen(opaque=half, glass=cover - half))))
    core = cv2.erode(cover, np.ones((7, 7))) > 0
    assert np.abs(out - image)[core].max() < 3


def test_a_region_with_nothing_known_of_the_face_is_left_as_it_is() -> None:
    cover = box(60, 90, 140, 130)
    ignorant = track(with_thing(cover), seen(opaque=cover), Plate.empty())
    before = gathered(ignorant)
    assert before is not None and ignorant.region is not None
    assert np.array_equal(completed(before).rgb, ignorant.region.rgb)


def test_a_completed_region_shows_the_face_where_it_was_hidden() -> None:
    cover = box(60, 90, 140, 130)
    image = with_thing(cover)
    before = gathered(track(image, seen(opaque=cover)))
    assert before is not None
    out = completed(before)
    assert (out.x, out.y) == CORNER
    core = (cv2.erode(cover, np.ones((5, 5))) > 0) & (on_face() > 0)
    got = out.rgb.astype(np.float32)
    assert np.abs(got - CLEAN)[core].mean() < 0.15 * np.abs(image - CLEAN)[core].mean()
    far = cv2.dilate(cover, np.ones((45, 45))) == 0
    assert np.array_equal(out.rgb[far], track(image, None).region.rgb[far])  # type: ignore[union-attr]


def test_without_a_plate_an_opaque_thing_still_stays() -> None:
    cover = box(60, 90, 140, 130)
    image = with_thing(cover)
    got = laid(image, cut(track(image, seen(opaque=cover), Plate.empty())))
    core = cv2.erode(cover, np.ones((13, 13))) > 0
    assert np.abs(got - image)[core].max() < 2
