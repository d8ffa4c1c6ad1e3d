"""Normals: of the canonical face by value, carried on smoothly, and of depth."""

import numpy as np
import pytest

from engines.relight import normals
from engines.values import F32
from tests.engines.relight.heads import Head, head
from tests.engines.scenes import mesh

SIDE = 160
NOSE_TIP, RIGHT_CHEEK, LEFT_CHEEK, FOREHEAD, CHIN = 1, 234, 454, 10, 152


@pytest.fixture(scope="module")
def face() -> Head:
    return head(SIDE)


@pytest.fixture(scope="module")
def whole(face: Head) -> F32:
    seen, sure = normals.of_faces([face.mesh], SIDE, SIDE)
    return normals.carried_on(seen, sure, face.alpha)


def test_a_face_turns_outwards_on_every_side() -> None:
    """Point 234 lies at the left of the picture, 454 at its right."""
    n = normals.of_mesh(mesh())
    np.testing.assert_allclose(np.linalg.norm(n, axis=1), 1, atol=1e-5)
    assert n[RIGHT_CHEEK, 0] < -0.6
    assert n[LEFT_CHEEK, 0] > 0.6
    assert n[FOREHEAD, 1] > 0.1
    assert n[CHIN, 1] < -0.3
    assert n[NOSE_TIP, 2] > 0.8
    assert (n[:, 2] > 0).mean() > 0.95, "towards the viewer"


def test_a_mirrored_face_has_mirrored_normals() -> None:
    n = normals.of_mesh(mesh())
    np.testing.assert_allclose(n[RIGHT_CHEEK] * (-1, 1, 1), n[LEFT_CHEEK], atol=0.02)


def test_a_turned_face_turns_its_normals() -> None:
    angle = np.radians(25)
    turn = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]], np.float32)
    points = mesh()
    middle = points.mean(0)
    turned = normals.of_mesh(((points - middle) @ turn.T + middle).astype(np.float32))
    # the picture's axes go right, down, away; those of normals right, up, to the viewer
    flip = np.array([1, -1, -1], np.float32)
    np.testing.assert_allclose(turned, (normals.of_mesh(points) * flip) @ turn.T * flip, atol=1e-3)


def test_pixels_off_the_mesh_are_not_sure(face: Head) -> None:
    seen, sure = normals.of_faces([face.mesh], SIDE, SIDE)
    assert sure[0, 0] == 0
    assert sure[int(face.mesh[NOSE_TIP, 1]), int(face.mesh[NOSE_TIP, 0])] == 1
    np.testing.assert_allclose(np.linalg.norm(seen, axis=2), 1, atol=1e-4)


def test_two_faces_are_both_seen() -> None:
    both = [mesh(at=(40, 50), scale=3), mesh(at=(110, 90), scale=3)]
    _, sure = normals.of_faces(both, SIDE, SIDE)
    for one in both:
        x, y = one[NOSE_TIP, :2].astype(int)
        assert sure[y, x] == 1


def test_within_the_face_the_mesh_alone_counts(face: Head, whole: F32) -> None:
    seen, sure = normals.of_faces([face.mesh], SIDE, SIDE)
    here = sure == 1
    np.testing.assert_allclose(whole[here], seen[here], atol=1e-4)


def test_the_outline_faces_outwards(face: Head, whole: F32) -> None:
    on = face.alpha > 0.6
    row = SIDE // 2
    left, right = np.flatnonzero(on[row])[[1, -2]]
    assert whole[row, left, 0] < -0.5
    assert whole[row, right, 0] > 0.5
    column = SIDE // 2
    top = int(np.flatnonzero(on[:, column])[1])
    assert whole[top, column, 1] > 0.5


def test_it_is_near_a_round_heads_own(face: Head, whole: F32) -> None:
    head_only = face.alpha > 0.9
    head_only[int(SIDE * 0.75) :] = False
    cosine = (whole * face.normals).sum(2)[head_only]
    assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean() < 25


def test_there_is_no_seam(face: Head, whole: F32) -> None:
    inside = face.alpha > 0.99
    step = np.linalg.norm(np.diff(whole, axis=1), axis=2)
    across = inside[:, 1:] & inside[:, :-1]
    off_face = normals.of_faces([face.mesh], SIDE, SIDE)[1][:, 1:] < 0.5
    assert step[across & off_face].max() < 0.4


def test_without_a_face_a_body_is_still_round(face: Head) -> None:
    none = np.zeros((SIDE, SIDE, 3), np.float32)
    whole = normals.carried_on(none, np.zeros((SIDE, SIDE), np.float32), face.alpha)
    np.testing.assert_allclose(np.linalg.norm(whole, axis=2), 1, atol=1e-4)
    assert whole[SIDE // 2, SIDE // 2, 2] > 0.9


def test_depth_gives_slopes_by_value() -> None:
    y, x = np.mgrid[:80, :80].astype(np.float32)
    for depth, axis, sign in ((x, 0, -1), (-x, 0, 1), (y, 1, 1), (-y, 1, -1)):
        n = normals.of_depth(depth, 0.5, 1.0)[20:60, 20:60]
        assert np.sign(n[..., axis]).mean() == sign, "what comes nearer to one side faces the other"
        assert np.abs(n[..., 1 - axis]).max() < 1e-3
    # 0.5 of the side over 96 per cent of it: a slope of about 0.52
    assert n[..., 2].mean() == pytest.approx(1 / np.sqrt(1 + 0.52**2), abs=0.02)


def test_a_level_depth_faces_the_viewer() -> None:
    n = normals.of_depth(np.full((40, 40), 3.0, np.float32), 1.0, 1.0)
    np.testing.assert_allclose(n, np.broadcast_to([0, 0, 1], n.shape), atol=1e-6)
