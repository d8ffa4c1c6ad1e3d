"""Labelled crops: their class, their maps, the views and the camera that they are made of."""

import numpy as np
import pytest

from engines.occlusion.network import NONE, OPAQUE, SIDE, TRANSPARENT
from tests.tools.synth.people import cast, person
from tools.synth import crops, sequences
from tools.synth.camera import astray, filmed, lit
from tools.synth.crops import UNSURE, label, sample
from tools.synth.faces import HeadPose, expression, random_pose, turned, view

CAST = cast()
STILL = HeadPose(np.zeros((468, 3), np.float32), (0.0, 0.0, 0.0), np.eye(2, 3, dtype=np.float32))
MASK = np.ones((100, 100), np.float32)


def maps(share: float, layer: int) -> np.ndarray:
    out = np.zeros((3, 100, 100), np.float32)
    out[layer, : round(100 * share)] = 0.8
    return out


@pytest.mark.parametrize(
    ("share", "layer", "want"),
    [
        (0, 0, NONE),
        (0.02, 0, UNSURE),
        (0.1, 0, OPAQUE),
        (0.1, 1, TRANSPARENT),
        (0.1, 2, TRANSPARENT),
        (0.02, 1, UNSURE),
    ],
)
def test_the_class_follows_what_is_covered(share: float, layer: int, want: int) -> None:
    assert label(maps(share, layer), MASK, 99 * MASK) == want


def test_the_transparent_outranks_the_opaque() -> None:
    assert label(maps(0.5, 0) + maps(0.1, 1), MASK, 99 * MASK) == TRANSPARENT


def test_glass_that_nobody_could_see_is_no_lesson() -> None:
    assert label(maps(0.5, 2), MASK, 0 * MASK) == UNSURE


@pytest.mark.parametrize("kind", list(crops.KINDS))
def test_samples_are_whole_and_the_same_for_the_same_seed(kind: str) -> None:
    one, again = (sample(CAST, np.random.default_rng(11), kind) for _ in range(2))
    assert one.face.shape == (7, SIDE, SIDE)
    assert one.maps.shape == (3, SIDE, SIDE)
    np.testing.assert_array_equal(one.face, again.face)
    np.testing.assert_array_equal(one.maps, again.maps)
    assert one.label == again.label
    if kind == "none":
        assert one.label == NONE
        assert one.maps.max() == 0


def test_each_kind_fills_its_own_map() -> None:
    for kind, layer in (("opaque", 0), ("veil", 1), ("glass", 2)):
        seen = np.stack([sample(CAST, np.random.default_rng(n), kind).maps for n in range(8)])
        filled = seen.reshape(8, 3, -1).max(2) > 20
        assert filled[:, layer].sum() >= 6
        assert filled[:, [n for n in range(3) if n != layer]].sum() == 0


def test_a_still_view_is_the_portrait_and_its_plate_the_same_face() -> None:
    look = person("a", 1)
    seen = view(look, look, STILL, np.random.default_rng(1))
    inside = seen.mask > 0
    assert 0.15 < inside.mean() < 0.6
    assert np.abs(seen.image - seen.plate)[inside].mean() < 2
    assert seen.plate[~inside].max() == 0


def test_an_opened_mouth_is_painted_into_the_view_and_not_the_plate() -> None:
    look, pose = person("a", 1), np.zeros((468, 3), np.float32)
    lower = [14, 87, 317, 178, 402, 88, 318]
    pose[lower, 1] = 1.6
    seen = view(look, look, HeadPose(pose, (0, 0, 0), STILL.wobble), np.random.default_rng(1))
    x, y = ((seen.points[13] + 3 * seen.points[14]) / 4)[:2].round().astype(int)
    assert seen.points[14, 1] - seen.points[13, 1] > 8
    assert np.abs(seen.image[y, x] - seen.plate[y, x]).max() > 20


def test_an_expression_opens_the_mouth_and_leaves_the_upper_lip_and_the_brow() -> None:
    moved = np.stack([expression(np.random.default_rng(n)) for n in range(30)])
    jaw = moved[:, 152, 1]
    wide = jaw > 0.6
    assert wide.any()
    assert (moved[wide, 14, 1] > 0.7 * jaw[wide]).all()
    assert (np.abs(moved[wide, 13, 1]) < 0.3 * jaw[wide] + 0.1).all()


def test_turning_moves_the_near_points_against_the_far_ones() -> None:
    mesh = person("a", 1).mesh
    moved = turned(mesh, 0.5, 0, 0)[:, 0] - mesh[:, 0]
    near, far = mesh[:, 2] < np.percentile(mesh[:, 2], 10), mesh[:, 2] > np.percentile(mesh[:, 2], 90)
    assert np.sign(moved[near].mean()) == -np.sign(moved[far].mean())


def test_poses_between_two_poses() -> None:
    a, b = (random_pose(np.random.default_rng(n)) for n in (1, 2))
    half = a.towards(b, 0.5)
    np.testing.assert_allclose(half.turn, (np.array(a.turn) + b.turn) / 2)
    np.testing.assert_allclose(a.towards(b, 1.0).expression, b.expression, atol=1e-6)


def test_one_light_falls_on_both_pictures() -> None:
    a = np.full((SIDE, SIDE, 3), 120, np.float32)
    for seed in range(6):
        one, two = lit((a, a), np.random.default_rng(seed))
        assert np.abs(one - two).mean() < 0.25 * one.mean() + 4


def test_a_mesh_astray_moves_plate_and_mask_together() -> None:
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[30:100, 40:90] = 1
    plate, moved = astray(mask[..., None] * np.full(3, 200, np.float32), mask, np.random.default_rng(4))
    assert 0 < np.abs(moved - mask).mean() < 0.1
    assert plate[cut_away(moved)].max() < 40


def cut_away(mask: np.ndarray) -> np.ndarray:
    import cv2

    return np.asarray(cv2.dilate(mask, np.ones((9, 9))) == 0)


def test_a_camera_loses_detail_but_not_the_picture() -> None:
    image = np.kron(np.random.default_rng(1).uniform(40, 210, (8, 8, 3)), np.ones((16, 16, 1))).astype(np.float32)
    for seed in range(8):
        out = filmed(image, np.random.default_rng(seed)).astype(np.float32)
        assert np.abs(out.mean((0, 1)) - image.mean((0, 1))).max() < 4
        assert np.abs(out - image).mean() < 25


def test_a_sequence_is_clear_then_not_then_clear() -> None:
    for kind, want in (("opaque", OPAQUE), ("veil", TRANSPARENT)):
        labels = [s.label for s in sequences.sequence(CAST, np.random.default_rng(5), kind, 16)]
        assert labels[:4] == [*labels[-3:], NONE]
        assert want in labels[6:10]


def test_a_sequence_moves() -> None:
    got = [s.face for s in sequences.sequence(CAST, np.random.default_rng(5), "none", 8)]
    assert np.abs(got[0].astype(int) - got[4]).mean() > 1
