"""The target's own eyes and inner mouth: kept where they are, moved along where the mesh is reshaped."""

import cv2
import numpy as np
import pytest

from engines.mesh import holes, warp
from engines.mesh.fuse import width
from engines.mesh.topology import I32, INNER_LIPS, LEFT_EYE, OVAL, RIGHT_EYE
from engines.values import F32, U8
from tests.engines.mesh.heads import head, inside, picture

SIZE = (400, 400)


def open_mouth(scale: float = 20.0) -> F32:
    """A head whose inner lips are an ellipse 2.4 centimetres wide and 1.6 high."""
    mesh = head(scale, (200, 200))
    ring = mesh[INNER_LIPS]
    middle = ring.mean(0)
    angle = np.pi + 2 * np.pi * -np.arange(len(ring)) / len(ring)
    mesh[INNER_LIPS, 0] = middle[0] + 1.2 * scale * np.cos(angle)
    mesh[INNER_LIPS, 1] = middle[1] - 0.8 * scale * np.sin(angle)
    return mesh


def kept(shaped: F32, own: F32, target: U8, painted: F32, eyes: tuple[float, float] = (0.0, 0.0)) -> F32:
    wide = width(own)
    out = painted.copy()
    holes.keep(out, target, warp.maps(shaped, own, wide, SIZE), shaped, wide, eyes)
    return out


def core(ring: F32, share: float = 0.5) -> F32:
    return np.asarray(ring.mean(0) + share * (ring - ring.mean(0)), np.float32)


@pytest.mark.parametrize("ring", [RIGHT_EYE, LEFT_EYE, INNER_LIPS], ids=["right eye", "left eye", "mouth"])
def test_inside_a_hole_the_target_shows(ring: I32) -> None:
    mesh, target = open_mouth(), picture(*SIZE)
    painted = np.zeros((*SIZE, 3), np.float32)
    got = kept(mesh, mesh, target, painted)
    middle = inside(core(mesh[ring], 0.35), *SIZE)
    assert middle.sum() > 10
    assert np.abs(got[middle] - target[middle]).mean() < 18  # the rim's blur reaches in a little
    x, y = np.round(mesh[ring, :2].mean(0)).astype(int)
    assert got[y, x] == pytest.approx(target[y, x].astype(float), abs=target[y, x].max() * 0.08)


def test_elsewhere_the_painting_stays_untouched() -> None:
    mesh, target = open_mouth(), picture(*SIZE)
    painted = np.random.default_rng(0).uniform(0, 255, (*SIZE, 3)).astype(np.float32)
    got = kept(mesh, mesh, target, painted)
    near = np.zeros(SIZE, bool)
    for ring in (RIGHT_EYE, LEFT_EYE, INNER_LIPS):
        near |= inside(core(mesh[ring], 1.6), *SIZE)
        low, high = mesh[ring, :2].min(0) - 14, mesh[ring, :2].max(0) + 14
        near[int(low[1]) : int(high[1]), int(low[0]) : int(high[0])] = True
    assert np.array_equal(got[~near], painted[~near])
    cheek = np.round(mesh[50, :2]).astype(int)
    assert not near[cheek[1], cheek[0]] and inside(mesh[OVAL], *SIZE)[cheek[1], cheek[0]]


def test_where_painting_and_target_agree_nothing_changes() -> None:
    mesh, target = open_mouth(), picture(*SIZE)
    got = kept(mesh, mesh, target, target.astype(np.float32))
    assert np.abs(got - target).max() < 1.0


def test_a_reshaped_face_takes_the_eye_along() -> None:
    """The whole face is to look 6 px to the right: the target's eye, at its old place, shows 6 px to the right."""
    own = open_mouth()
    shaped = own + np.array([6, 0, 0], np.float32)
    target = np.full((*SIZE, 3), 40, np.uint8)
    x, y = np.round(own[RIGHT_EYE, :2].mean(0)).astype(int)
    target[y - 2 : y + 3, x - 2 : x + 3] = 250  # a glint
    got = kept(shaped, own, target, np.zeros((*SIZE, 3), np.float32))
    assert got[y, x + 6].min() > 200
    assert got[y, x].max() < 120


def test_a_closed_mouth_opens_no_hole_of_any_size() -> None:
    mesh = head(20, (200, 200))
    ring = mesh[INNER_LIPS]
    mesh[INNER_LIPS, 1] = ring[:, 1].mean()  # a line
    painted = np.full((*SIZE, 3), 100, np.float32)
    got = kept(mesh, mesh, np.zeros((*SIZE, 3), np.uint8), painted)
    x, y = np.round(mesh[INNER_LIPS, :2].mean(0)).astype(int)
    assert got[y, x].min() > 30
    assert np.array_equal(got[y + 10, x], painted[y + 10, x])


def test_the_rim_is_soft() -> None:
    mesh = open_mouth()
    got = kept(mesh, mesh, np.full((*SIZE, 3), 255, np.uint8), np.zeros((*SIZE, 3), np.float32))[..., 0]
    x, y = np.round(mesh[INNER_LIPS, :2].mean(0)).astype(int)
    column = got[y : y + 60, x]
    between = (column > 10) & (column < 245)
    assert 2 <= between.sum() <= 14
    assert (np.diff(column) <= 1e-3).all()


@pytest.mark.parametrize("centre", [(0.0, 200.0), (400.0, 200.0), (200.0, 0.0), (200.0, 400.0), (-900.0, 0.0)])
def test_holes_over_the_border_do_no_harm(centre: tuple[float, float]) -> None:
    mesh = head(20, centre)
    got = kept(mesh, mesh, picture(*SIZE), np.zeros((*SIZE, 3), np.float32))
    assert np.isfinite(got).all() and got.max() <= 255


def test_a_tiny_face_keeps_its_eyes_too() -> None:
    mesh = head(1.5, (60, 60))
    got = kept(mesh, mesh, np.full((*SIZE, 3), 200, np.uint8), np.zeros((*SIZE, 3), np.float32))
    assert np.isfinite(got).all() and got.max() <= 201


def test_eyes_and_mouth_are_covered_and_nothing_else() -> None:
    mesh = open_mouth()
    out = holes.covered(mesh, SIZE)
    for ring in (LEFT_EYE, RIGHT_EYE, INNER_LIPS):
        x, y = mesh[ring, :2].mean(0).round().astype(int)
        assert out[y, x] > 0.9
    x, y = mesh[OVAL, :2].mean(0).round().astype(int)
    assert out[y, x] == 0  # about the nose
    assert 0.005 < out.mean() < 0.05


def shut(mesh: F32) -> F32:
    """The same with its right eye a line."""
    out = mesh.copy()
    corner = mesh[133, :2] - mesh[33, :2]
    along = (mesh[RIGHT_EYE, :2] - mesh[33, :2]) @ corner / (corner @ corner)
    out[RIGHT_EYE, :2] = mesh[33, :2] + np.outer(along, corner)
    return out


def test_an_eye_that_is_kept_whole_shows_to_its_corners_and_lids() -> None:
    mesh, target = open_mouth(), np.full((*SIZE, 3), 200, np.uint8)
    for eyes, least in (((0.0, 0.0), None), ((1.0, 0.0), 190.0)):
        got = kept(mesh, mesh, target, np.zeros((*SIZE, 3), np.float32), eyes)[..., 0]
        whole = inside(mesh[RIGHT_EYE], *SIZE)
        if least is None:
            assert got[whole].min() < 40  # at the lids the painting shows
        else:
            assert got[whole].min() > 100 and got[whole].mean() > least
        other = inside(mesh[LEFT_EYE], *SIZE)
        assert got[other].min() < 40


def test_the_hole_grows_without_a_step() -> None:
    ring = open_mouth()[RIGHT_EYE, :2]
    areas = [
        float(cv2.contourArea(holes.eye_hole(ring, RIGHT_EYE, share).astype(np.float32)))
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    steps = np.diff(areas)
    assert (steps > 0).all() and steps.max() < 1.6 * steps.min()
    assert np.allclose(holes.eye_hole(ring, RIGHT_EYE, 0.0), holes.eye_hole(ring, RIGHT_EYE, 1e-6), atol=1e-3)


@pytest.mark.parametrize("roll", [0.0, 90.0, 200.0])
def test_closed_lids_are_kept_with_their_lashes(roll: float) -> None:
    """A line has no width: what is kept reaches up and down from it, at any roll."""
    mesh = shut(head(20, (200, 200), roll=roll))
    target = np.full((*SIZE, 3), 200, np.uint8)
    painted = np.zeros((*SIZE, 3), np.float32)
    middle = mesh[RIGHT_EYE, :2].mean(0)
    corner = mesh[133, :2] - mesh[33, :2]
    down = np.array([-corner[1], corner[0]])
    for side in (-1, 1):
        x, y = np.round(middle + side * 0.05 * down).astype(int)
        assert kept(mesh, mesh, target, painted)[y, x, 0] < 40
        assert kept(mesh, mesh, target, painted, (1.0, 1.0))[y, x, 0] > 100
    x, y = np.round(middle + 0.4 * down).astype(int)
    assert kept(mesh, mesh, target, painted, (1.0, 1.0))[y, x, 0] == 0
