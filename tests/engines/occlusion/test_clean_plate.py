import cv2
import numpy as np
import pytest

from engines.mesh.fuse import width
from engines.occlusion.clean_plate import Drawn, Plate, drawn, drawn_at, gain, lifted, placed, relit, updated
from engines.values import F32
from tests.engines.scenes import bytes_of, mesh, picture, psnr

SIDE = 160
FACE = picture(SIDE, SIDE, 1, 14)
POSE = mesh(SIDE)


def learned(frames: int = 6, noise: float = 0.0) -> Plate:
    rng, plate = np.random.default_rng(1), Plate.empty()
    for _ in range(frames):
        plate = updated(plate, bytes_of(FACE + rng.normal(0, noise, FACE.shape)), POSE)
    return plate


def inside(seen: Drawn) -> F32:
    return np.asarray(cv2.erode(seen.mask * (seen.known > 0.9), np.ones((5, 5))), np.float32)


def test_a_learned_plate_drawn_at_the_same_pose_is_the_face() -> None:
    seen = drawn(learned(), POSE, (SIDE, SIDE))
    assert inside(seen).mean() > 0.2
    assert psnr(seen.colour, FACE, inside(seen)) > 33


def test_noise_is_averaged_away() -> None:
    one, many = (drawn(learned(n, 20.0), POSE, (SIDE, SIDE)) for n in (1, 14))
    assert psnr(many.colour, FACE, inside(many)) > psnr(one.colour, FACE, inside(one)) + 4


def test_it_moves_with_the_mesh() -> None:
    turn = cv2.getRotationMatrix2D((80, 80), 20, 1.15)
    turn[:, 2] += (6, -4)
    pose = POSE.copy()
    pose[:, :2] = POSE[:, :2] @ turn[:, :2].T + turn[:, 2]
    pose[:, 2] *= 1.15
    want = cv2.warpAffine(FACE, turn, (SIDE, SIDE))
    seen = drawn(learned(), pose, (SIDE, SIDE))
    assert psnr(seen.colour, np.asarray(want, np.float32), inside(seen)) > 30


@pytest.mark.parametrize("degrees, scale", [(0, 0.6), (30, 1.0), (-12, 1.7)])
def test_placed_once_it_is_drawn_in_any_pixels(degrees: float, scale: float) -> None:
    """The same as of the mesh moved there, which is placed anew."""
    turn = np.asarray(cv2.getRotationMatrix2D((80, 80), degrees, scale), np.float32)
    pose = POSE.copy()
    pose[:, :2] = POSE[:, :2] @ turn[:, :2].T + turn[:, 2]
    pose[:, 2] *= scale
    plate = learned()
    once, anew = drawn_at(plate, placed(POSE), turn, (SIDE, SIDE)), drawn(plate, pose, (SIDE, SIDE))
    assert np.abs(once.mask - anew.mask).mean() < 0.01
    assert psnr(once.colour, anew.colour, inside(anew)) > 33


def test_a_face_of_no_size_is_drawn_as_nothing_and_teaches_nothing() -> None:
    point = np.zeros_like(POSE) + np.array([80, 80, 0], np.float32)
    plate = learned()
    assert drawn(plate, point, (SIDE, SIDE)).mask.sum() < 30
    assert np.abs(updated(plate, bytes_of(FACE), point).confidence - plate.confidence).max() < 1e-3


def test_what_is_placed_moves_along_with_the_mesh() -> None:
    turn = np.asarray(cv2.getRotationMatrix2D((80, 80), 14, 0.9), np.float32)
    pose = POSE.copy()
    pose[:, :2] = POSE[:, :2] @ turn[:, :2].T + turn[:, 2]
    pose[:, 2] *= 0.9
    plate, still = learned(), np.eye(2, 3, dtype=np.float32)
    moved, anew = (drawn_at(plate, at, still, (SIDE, SIDE)) for at in (placed(POSE).moved(turn), placed(pose)))
    assert np.abs(moved.mask - anew.mask).mean() < 0.01
    assert psnr(moved.colour, anew.colour, inside(anew)) > 33


def test_what_hides_may_be_given_in_pixels_of_its_own() -> None:
    plate, hidden = learned(8), np.zeros((SIDE, SIDE), np.float32)
    hidden[50:120, 40:120] = 1
    few, matrix = hidden[::2, ::2].copy(), np.array([[0.5, 0, 0], [0, 0.5, 0]], np.float32)
    bad = FACE.copy()
    bad[50:120, 40:120] = (0, 255, 0)
    one, two = (updated(plate, bytes_of(bad), POSE, *what) for what in ((hidden,), (few, matrix)))
    assert np.abs(one.colour - two.colour).mean() < 0.1
    assert np.abs(updated(plate, bytes_of(bad), POSE).colour - two.colour).mean() > 0.5


def test_a_large_face_is_learned_as_finely_as_a_small_one() -> None:
    big = np.asarray(cv2.resize(FACE, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC), np.float32)
    pose = (POSE + np.float32(0.5)) * np.float32(5) - np.float32(0.5)
    noisy = np.random.default_rng(2).normal(0, 40, big.shape)  # of which a pixel in four would keep all
    colour, seen = lifted(bytes_of(big), pose)
    grain, _ = lifted(bytes_of(big + noisy), pose)
    want, _ = lifted(bytes_of(FACE), POSE)
    sure = seen > 0.9
    assert sure.mean() > 0.2
    assert np.abs(colour - want)[sure].mean() < 4
    assert (grain - colour)[sure].std() < 20


def test_off_the_face_there_is_nothing() -> None:
    seen = drawn(learned(), POSE, (SIDE, SIDE))
    off = cv2.dilate(seen.mask, np.ones((7, 7))) == 0
    assert off.any()
    assert seen.colour[off].max() == 0
    assert seen.known[off].max() == 0


def test_a_single_bad_frame_leaves_little() -> None:
    plate = learned(8)
    bad = FACE.copy()
    bad[70:100, 60:100] = (0, 255, 0)
    before, after = (drawn(p, POSE, (SIDE, SIDE)) for p in (plate, updated(plate, bytes_of(bad), POSE)))
    moved = np.abs(after.colour - before.colour).max(2)[inside(before) > 0]
    assert moved.max() <= 6
    assert moved.max() > 1


def test_what_the_caller_calls_hidden_is_not_learned() -> None:
    plate, hidden = learned(8), np.zeros((SIDE, SIDE), np.float32)
    hidden[50:120, 40:120] = 1
    bad = FACE.copy()
    bad[50:120, 40:120] = (0, 255, 0)
    for _ in range(10):
        plate = updated(plate, bytes_of(bad), POSE, hidden)
    seen = drawn(plate, POSE, (SIDE, SIDE))
    core = np.zeros((SIDE, SIDE), np.float32)
    core[60:110, 50:110] = 1
    assert psnr(seen.colour, FACE, core * inside(seen)) > 30


def test_a_lasting_change_is_learned() -> None:
    plate, other = learned(8), picture(SIDE, SIDE, 2, 14)
    for _ in range(40):
        plate = updated(plate, bytes_of(other), POSE)
    seen = drawn(plate, POSE, (SIDE, SIDE))
    assert psnr(seen.colour, other, inside(seen)) > 28


@pytest.mark.parametrize("light", [0.6, 1.2])
def test_light_is_followed_at_once(light: float) -> None:
    plate = updated(learned(8), bytes_of(FACE * light), POSE)
    seen = drawn(plate, POSE, (SIDE, SIDE))
    assert psnr(seen.colour, FACE * np.float32(light), inside(seen)) > 30


def test_an_empty_plate_draws_the_mask_alone() -> None:
    for plate in (None, Plate.empty()):
        seen = drawn(plate, POSE, (SIDE, SIDE))
        assert seen.mask.sum() > 2000
        assert seen.known.max() == 0
        assert seen.colour.max() == 0


def test_what_turns_away_is_not_known() -> None:
    c, s = np.cos(0.9), np.sin(0.9)
    middle = POSE.mean(0)
    turned = ((POSE - middle) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T + middle).astype(np.float32)
    _, seen = lifted(bytes_of(FACE), turned)
    left, right = seen[8:168, 32:112].mean(), seen[8:168, 144:224].mean()
    assert max(left, right) > 3 * min(left, right)


def test_what_lies_outside_the_picture_is_not_known() -> None:
    _, seen = lifted(bytes_of(FACE[:, :80]), POSE)
    assert seen[56:120, 160:208].max() == 0
    assert seen[56:120, 72:112].mean() > 0.3


def test_gain_is_the_ratio_of_the_light() -> None:
    found = gain(FACE * np.array([1.2, 0.9, 0.7], np.float32), FACE, np.ones((SIDE, SIDE), np.float32))
    np.testing.assert_allclose(found, (1.2, 0.9, 0.7), atol=0.03)
    np.testing.assert_array_equal(gain(FACE, FACE, np.zeros((SIDE, SIDE), np.float32)), 1)


def test_relighting_takes_the_light_from_what_is_seen() -> None:
    seen, hidden = drawn(learned(), POSE, (SIDE, SIDE)), np.zeros((SIDE, SIDE), np.float32)
    hidden[80:] = 1
    slope = np.linspace(0.7, 1.1, SIDE, dtype=np.float32)[None, :, None]
    frame = FACE * slope
    frame[80:] = (0, 0, 255)  # what hides the face must not tint it
    out = relit(seen, frame, hidden, 0.25 * width(POSE))
    assert psnr(out, FACE * slope, inside(seen)) > 24
    assert psnr(out, FACE * slope, inside(seen)) > psnr(seen.colour, FACE * slope, inside(seen)) + 2


def test_a_face_wholly_hidden_keeps_the_plates_own_light() -> None:
    seen = drawn(learned(), POSE, (SIDE, SIDE))
    out = relit(seen, np.full_like(FACE, 255), np.ones((SIDE, SIDE), np.float32), 20)
    np.testing.assert_allclose(out, np.clip(seen.colour, 0, 255), atol=2)
