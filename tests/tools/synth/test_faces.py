"""New views of portraits by value: heads turned, mouths opened, backgrounds exchanged, backgrounds told."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engines.mesh.topology import CANONICAL, INNER_LIPS, OVAL
from engines.occlusion.network import SIDE, frame_to_crop, move
from engines.values import F32, U8
from tests.tools.synth.people import person, photo, rng
from tools.synth.faces import CUT, CUT_MARGIN, HeadPose, expression, portrait, random_pose, turned, view

LOOK = person("a", 1)
LEVEL = HeadPose(np.zeros((468, 3), np.float32), (0.0, 0.0, 0.0), np.eye(2, 3, dtype=np.float32))


def distances(mesh: F32) -> F32:
    some = mesh[::40].astype(np.float64)
    return np.asarray(np.linalg.norm(some[:, None] - some[None], axis=2), np.float32)


@pytest.mark.parametrize("angles", [(0.6, 0.0, 0.0), (0.0, -0.4, 0.0), (0.0, 0.0, 1.2), (0.3, 0.2, -0.5)])
def test_turning_keeps_the_form_and_the_middle(angles: tuple[float, float, float]) -> None:
    out = turned(LOOK.mesh, *angles)
    np.testing.assert_allclose(distances(out), distances(LOOK.mesh), rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(out.mean(0), LOOK.mesh.mean(0), atol=1e-3)


def test_a_roll_turns_the_picture_plane_by_its_angle() -> None:
    eyes = (turned(LOOK.mesh, 0, 0, np.radians(30)) - LOOK.mesh.mean(0))[[33, 263]]
    along = eyes[1] - eyes[0]
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(30, abs=0.5)


def test_no_expression_without_strength() -> None:
    for seed in range(8):
        assert np.abs(expression(rng(seed), 0.0)).max() == 0


def test_closing_lids_meet_and_stay_in_place_elsewhere() -> None:
    """Over many seeds: the lids come nearer or stay, never part; the nose's bridge stays."""
    upper, lower = CANONICAL[159], CANONICAL[145]
    gaps = []
    for seed in range(60):
        d = expression(rng(seed))
        gaps.append(float((lower + d[145] - upper - d[159])[1] / (lower - upper)[1]))
        assert abs(d[168, 1]) < 0.7
    assert min(gaps) < 0.3
    assert max(gaps) <= 1.2


def test_mouths_keep_their_corners_at_the_height_they_had() -> None:
    for seed in range(40):
        d = expression(rng(seed))
        corners = d[INNER_LIPS[[0, 10]], 1]
        assert np.abs(corners).max() < 0.45


def test_the_same_seed_is_the_same_pose() -> None:
    one, again, other = (random_pose(rng(n)) for n in (4, 4, 5))
    assert one.turn == again.turn != other.turn
    assert np.array_equal(one.wobble, again.wobble)


def test_a_pose_without_wildness_only_places_the_crop() -> None:
    pose = random_pose(rng(3), 0.0)
    assert pose.turn == (0, 0, 0)
    assert np.abs(pose.expression).max() == 0
    middle = pose.wobble[:, :2] @ np.full(2, SIDE / 2) + pose.wobble[:, 2]
    assert np.abs(middle - SIDE / 2).max() < 10
    assert 0.9 <= pose.wobble[0, 0] <= 1.12


def test_a_view_puts_the_points_where_its_picture_shows_them() -> None:
    """Points of the mesh on the portrait and in the view: the same colours."""
    for seed in range(4):
        pose = random_pose(rng(seed), 0.7)
        seen = view(LOOK, LOOK, pose, rng())
        front = [
            p
            for p in (4, 50, 280, 151, 9, 205, 425)
            if seen.mask[tuple(np.round(seen.points[p, 1::-1]).astype(int))] > 0
        ]
        here = np.stack([seen.image[tuple(np.round(seen.points[p, 1::-1]).astype(int))] for p in front])
        there = np.stack([LOOK.image[tuple(np.round(LOOK.mesh[p, 1::-1]).astype(int))] for p in front])
        assert len(front) >= 5
        assert np.median(np.abs(here - there)) < 12


def test_plate_and_picture_are_two_looks_at_one_pose() -> None:
    """The plate of another look shows that look's colours at the same places."""
    other = person("a", 7)
    seen = view(LOOK, other, random_pose(rng(2), 0.5), rng())
    own = view(other, other, random_pose(rng(2), 0.5), rng())
    core = cv2.erode(np.minimum(seen.mask, own.mask), np.ones((9, 9))) > 0
    assert core.sum() > 1500
    assert np.abs(seen.plate - own.plate)[core].mean() < 6
    assert np.abs(seen.plate - seen.image)[core].mean() > 15


def test_a_known_background_is_exchanged_and_the_person_is_not() -> None:
    assert LOOK.back.any(), "the wall is plain: it is told from the person"
    back = np.zeros((SIDE, SIDE, 3), np.float32)
    back[:] = (0, 255, 0)
    plain, changed = (view(LOOK, LOOK, LEVEL, rng(), b) for b in (None, back))
    assert np.array_equal(plain.image[plain.mask > 0.99], changed.image[plain.mask > 0.99])
    corner = changed.image[:20, :20]
    assert np.abs(corner - (0, 255, 0)).mean() < 12
    assert np.array_equal(plain.plate, changed.plate)


def test_the_face_is_never_taken_for_background() -> None:
    """Even where a portrait's own map says so."""
    wrong = replace(LOOK, back=np.ones((CUT, CUT), np.float32))
    green = np.zeros((SIDE, SIDE, 3), np.float32) + np.array([0, 255, 0], np.float32)
    plain, asked = (view(wrong, wrong, LEVEL, rng(), b) for b in (None, green))
    assert np.array_equal(plain.image[plain.mask > 0.99], asked.image[plain.mask > 0.99])
    assert np.abs(asked.image[plain.mask == 0] - (0, 255, 0)).mean() < 1


def test_a_background_that_cannot_be_told_is_kept() -> None:
    """Patterned up to its corners: nothing is exchanged."""
    busy: U8 = np.asarray(rng().integers(0, 255, (300, 300, 3)), np.uint8)
    mesh = (CANONICAL * 9 + np.array([150, 160, 0])).astype(np.float32)
    one = portrait(busy, mesh, "b")
    assert one.back.max() == 0
    green = np.zeros((SIDE, SIDE, 3), np.float32) + np.array([0, 255, 0], np.float32)
    kept, asked = view(one, one, LEVEL, rng()), view(one, one, LEVEL, rng(), green)
    assert np.array_equal(kept.image, asked.image)


def test_a_wall_that_is_the_colour_of_the_face_is_not_taken_for_background() -> None:
    even = np.full((300, 300, 3), (200, 160, 140), np.uint8)
    mesh = (CANONICAL * 9 + np.array([150, 160, 0])).astype(np.float32)
    assert portrait(even, mesh, "b").back.max() == 0


def test_a_portrait_is_level_centred_and_of_one_size() -> None:
    picture = photo(4)
    mesh = (CANONICAL * 9 + np.array([150, 160, 0])).astype(np.float32)
    turn = np.asarray(cv2.getRotationMatrix2D((150, 160), 25, 0.8), np.float32)
    moved = np.asarray(cv2.warpAffine(picture, turn, (300, 300)), np.uint8)
    one, other = portrait(picture, mesh, "p"), portrait(moved, move(mesh, turn), "p")
    np.testing.assert_allclose(one.mesh, other.mesh, atol=0.1)
    for p in (one, other):
        low, high = p.mesh[OVAL, :2].min(0), p.mesh[OVAL, :2].max(0)
        assert float((high - low).max()) == pytest.approx(CUT / CUT_MARGIN, abs=0.1)
    inner = np.s_[80:180, 90:170]
    assert np.abs(one.image[inner].astype(int) - other.image[inner]).mean() < 8


def test_the_mask_is_the_meshs_place_in_the_crop() -> None:
    seen = view(LOOK, LOOK, LEVEL, rng())
    want = move(LOOK.mesh, frame_to_crop(LOOK.mesh))
    np.testing.assert_allclose(seen.points, want, atol=0.2)
    outline = np.round(want[OVAL, :2]).astype(np.int32)
    filled = cv2.fillPoly(np.zeros((SIDE, SIDE), np.uint8), [outline], 1)
    assert (filled != (seen.mask > 0.5)).mean() < 0.02
