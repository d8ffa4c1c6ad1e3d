"""Where a face looks and how far its lids are open: painted eyes by value, and what is kept of them over time."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from engines.mesh.gaze import EYES, RELEASE, SMALLEST, Gaze, level, opening
from engines.mesh.topology import LEFT_EYE, RIGHT_EYE
from engines.values import F32, U8
from tests.engines.mesh.heads import head

SIZE = 400
SKIN, WHITE, DARK = (205, 160, 140), (225, 220, 215), (50, 35, 30)


def lids(mesh: F32, open_to: float) -> F32:
    """The mesh with its lids at that share of how far they are open."""
    out = mesh.copy()
    for ring, (a, b, _, _) in EYES:
        along = mesh[b, :2] - mesh[a, :2]
        down = np.array([-along[1], along[0]]) / np.linalg.norm(along)
        middle = (mesh[a, :2] + mesh[b, :2]) / 2
        height = (mesh[ring, :2] - middle) @ down
        out[ring, :2] -= np.outer(height * (1 - open_to), down).astype(np.float32)
    return out


def eyed(mesh: F32, aside: float, iris: tuple[int, int, int] = DARK, gain: float = 1.0) -> U8:
    """A face that looks aside by that share of an eye's width: whites between the lids, irises with pupils, skin
    elsewhere."""
    out = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    for ring, (a, b, _, _) in EYES:
        eye = out.copy()
        cv2.fillPoly(eye, [np.round(mesh[ring, :2]).astype(np.int32)], WHITE)
        inside = np.abs(eye.astype(int) - out).max(2) > 0
        along = mesh[b, :2] - mesh[a, :2]
        at = mesh[ring, :2].mean(0) + aside * along
        x, y = np.round(at).astype(int).tolist()
        wide = float(np.linalg.norm(along))
        cv2.circle(eye, (x, y), round(0.2 * wide), iris, -1)
        cv2.circle(eye, (x, y), round(0.09 * wide), DARK, -1)
        out[inside] = eye[inside]
    return np.asarray(cv2.GaussianBlur(out, (0, 0), 0.8) * gain, np.uint8)


FACE = head(18, (200, 200))


def test_the_openings_are_the_lids_over_the_corners() -> None:
    both = opening(FACE)
    assert both.shape == (2,) and both[0] == pytest.approx(both[1], abs=0.02)
    assert 0.2 < both[0] < 0.45
    assert opening(lids(FACE, 0.5)) == pytest.approx(both / 2, rel=0.1)
    assert opening(3 * FACE + 7) == pytest.approx(both, rel=1e-4)


def test_each_eye_has_its_own_opening() -> None:
    wink = FACE.copy()
    wink[LEFT_EYE] = lids(FACE, 0.1)[LEFT_EYE]
    right, left = opening(wink)
    assert left < 0.3 * right


def test_both_eyes_are_seen_level() -> None:
    """Dark where the irises are, between lids that lie where the mesh has them; at any roll."""
    for roll in (0.0, 40.0, 180.0):
        mesh = head(18, (200, 200), roll=roll)
        seen = level(eyed(mesh, 0.0), mesh)
        assert seen is not None and len(seen) == 2
        for dark, between in seen:
            assert dark.shape == between.shape and dark.dtype == between.dtype == np.float32
            h, w = dark.shape
            assert dark[h // 2, w // 2] > 0.8 and between[h // 2, w // 2] > 0.9
            beside = dark[h // 2, [w // 2 - 9, w // 2 + 9]]
            assert beside.max() < 0.3
            assert between[0].max() < 0.1 and between[:, 0].max() < 0.1


@pytest.mark.parametrize("roll", [0.0, 90.0, 180.0])
def test_an_iris_aside_lies_aside_in_the_level_eyes(roll: float) -> None:
    mesh = head(18, (200, 200), roll=roll)
    seen = level(eyed(mesh, 0.25), mesh)
    assert seen is not None
    for dark, between in seen:
        weight = (dark > 0.6) * between
        x = np.arange(dark.shape[1])
        assert (weight * x).sum() / weight.sum() - (dark.shape[1] - 1) / 2 > 3


def test_of_eyes_that_are_too_small_nothing_is_said() -> None:
    mesh = head(0.9 * SMALLEST / 3.5, (200, 200))
    assert level(eyed(mesh, 0.3), mesh) is None
    tiny = 0.2 * (FACE - 200) + 200
    assert Gaze(eyed(FACE, 0.0), FACE, FACE)(eyed(tiny, 0.3), np.asarray(tiny, np.float32), 0.04) == (0.0, 0.0)


@pytest.mark.parametrize("centre", [(-300.0, 200.0), (0.0, 200.0), (200.0, 420.0), (900.0, 900.0)])
def test_eyes_beyond_the_picture_do_no_harm(centre: tuple[float, float]) -> None:
    kept = Gaze(eyed(FACE, 0.0), FACE, FACE)(eyed(FACE, 0.0), head(18, centre), 0.04)
    assert all(0 <= one <= 1 for one in kept)


def test_one_shade_of_skin_says_nothing() -> None:
    plain = np.full((SIZE, SIZE, 3), SKIN, np.uint8)
    assert Gaze(plain, FACE, FACE)(eyed(FACE, 0.3), FACE, 0.04) == (0.0, 0.0)


def gaze(aside: float = 0.0) -> Gaze:
    return Gaze(eyed(FACE, aside), FACE, FACE)


def test_an_eye_like_the_photos_keeps_no_more_than_usual() -> None:
    assert gaze()(eyed(FACE, 0.0), FACE, 0.04) == (0.0, 0.0)
    assert gaze()(eyed(FACE, 0.05), FACE, 0.04) == (0.0, 0.0)


@pytest.mark.parametrize("aside", [-0.3, 0.3])
@pytest.mark.parametrize("gain", [1.0, 0.4])
@pytest.mark.parametrize(("scale", "roll"), [(18.0, 0.0), (18.0, 90.0), (18.0, 200.0), (36.0, 0.0), (7.0, 0.0)])
def test_a_sharp_glance_keeps_both_eyes_at_once(aside: float, gain: float, scale: float, roll: float) -> None:
    """In any light, at any size and roll."""
    mesh = head(scale, (200, 260 if scale > 30 else 200), roll=roll)
    right, left = gaze()(eyed(mesh, aside, gain=gain), mesh, 0.04)
    assert right == left and right > 0.9


def test_a_light_iris_is_an_iris() -> None:
    assert gaze()(eyed(FACE, 0.0, iris=(110, 130, 150)), FACE, 0.04) == (0.0, 0.0)


def test_what_counts_is_the_difference_from_the_photo() -> None:
    assert gaze(0.3)(eyed(FACE, 0.3), FACE, 0.04) == (0.0, 0.0)
    right, left = gaze(0.3)(eyed(FACE, 0.0), FACE, 0.04)
    assert min(right, left) > 0.9


def test_closed_lids_keep_the_eye_and_one_at_a_time() -> None:
    closed = lids(FACE, 0.4)
    right, left = gaze()(eyed(closed, 0.0), closed, 0.04)
    assert min(right, left) > 0.9
    wink = FACE.copy()
    wink[RIGHT_EYE] = closed[RIGHT_EYE]
    right, left = gaze()(eyed(wink, 0.0), wink, 0.04)
    assert right > 0.9 and left == 0.0


def test_narrow_eyes_are_closed_by_the_photos_measure_alone() -> None:
    narrow = lids(FACE, 0.6)
    same = Gaze(eyed(narrow, 0.0), narrow, narrow)
    assert same(eyed(narrow, 0.0), narrow, 0.04) == (0.0, 0.0)
    assert min(gaze()(eyed(narrow, 0.0), narrow, 0.04)) > 0.5


def test_a_blink_is_kept_at_once_and_given_back_slowly() -> None:
    see, shut = gaze(), lids(FACE, 0.3)
    kept = [see(eyed(m, 0.0), m, 0.03)[0] for m in (FACE, shut, FACE, FACE, FACE, FACE, FACE)]
    assert kept[0] == 0.0 and kept[1] > 0.9
    assert all(0 < a - b <= 0.03 / RELEASE + 1e-6 for a, b in pairwise(kept[1:6]))
    assert kept[-1] == 0.0


def test_in_between_it_grows_without_a_step() -> None:
    asides = np.linspace(0, 0.35, 36)
    kept = [gaze()(eyed(FACE, float(a)), FACE, 0.04)[0] for a in asides]
    assert kept[0] == 0.0 and kept[-1] > 0.9
    assert all(b >= a - 0.15 for a, b in pairwise(kept))  # the painted irises move by whole pixels
    assert sum(0.02 < k < 0.98 for k in kept) >= 2
