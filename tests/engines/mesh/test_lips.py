"""Lips against the picture, by value: rounded mouths become as narrow as they are seen, others stay."""

import cv2
import numpy as np
import pytest

from engines.mesh.fuse import width
from engines.mesh.lips import Lips
from engines.mesh.shape import fit
from engines.mesh.topology import CANONICAL, INNER_LIPS, OUTER_LIPS
from engines.values import F32, U8
from tests.engines.mesh.heads import head, plain

SKIN, LIP, DARK = (200, 160, 140), (190, 90, 90), (40, 15, 15)
STEP = 1 / 25


def wide_open(scale: float = 10.0, gap: float = 2.4) -> F32:
    """A head whose mesh has an open mouth; gap: centimetres."""
    shape = CANONICAL.copy()
    middle = shape[[13, 14], 1].mean()
    for ring in (OUTER_LIPS, INNER_LIPS):
        below = shape[ring, 1] > middle
        shape[ring[below], 1] += gap / 2
        shape[ring[~below], 1] -= gap / 2
    return head(scale, (150, 150), shape=shape)


def face(mesh: F32, size: tuple[float, float] = (1, 1)) -> U8:
    """A picture whose lips are `size` times as wide and high as the mesh has them."""
    out = plain(SKIN, 300, 300).copy()
    lips = np.union1d(OUTER_LIPS, INNER_LIPS)
    centre = mesh[lips, :2].mean(0)
    for ring, colour in ((OUTER_LIPS, LIP), (INNER_LIPS, DARK)):
        points = centre + (mesh[ring, :2] - centre) * np.array(size)
        cv2.fillPoly(out, [np.round(points).astype(np.int32)], colour)
    return out


def extent(mesh: F32) -> F32:
    return np.asarray(np.ptp(mesh[OUTER_LIPS, :2], axis=0), np.float32)


def held(picture: U8, mesh: F32, lips: Lips | None = None, elapsed: float = 0.0) -> F32:
    return (lips or Lips())(picture, mesh, fit(mesh), width(mesh), elapsed)


def test_lips_that_are_where_the_mesh_has_them_stay() -> None:
    mesh = wide_open()
    np.testing.assert_array_equal(held(face(mesh), mesh), mesh)


@pytest.mark.parametrize("size", [(0.65, 0.9), (0.75, 0.75)])
def test_a_rounded_mouth_becomes_as_narrow_as_it_is(size: tuple[float, float]) -> None:
    mesh = wide_open()
    got = extent(held(face(mesh, size), mesh)) / extent(mesh)
    assert got == pytest.approx(size, abs=0.12)


def test_only_the_mouth_moves() -> None:
    mesh = wide_open()
    moved = np.linalg.norm(held(face(mesh, (0.65, 0.9)), mesh) - mesh, axis=1)
    assert moved[OUTER_LIPS].max() > 5
    assert moved[[33, 263, 10, 1, 234, 454]].max() == 0


def test_a_closed_mouth_is_not_looked_at() -> None:
    mesh = head(10, (150, 150))
    np.testing.assert_array_equal(held(face(mesh, (0.6, 0.7)), mesh), mesh)


def test_a_small_face_says_too_little() -> None:
    mesh = wide_open(2.5)
    np.testing.assert_array_equal(held(face(mesh, (0.65, 0.9)), mesh), mesh)


def test_grey_lips_say_nothing() -> None:
    mesh = wide_open()
    grey = np.repeat(cv2.cvtColor(face(mesh, (0.65, 0.9)), cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    np.testing.assert_array_equal(held(np.asarray(grey, np.uint8), mesh), mesh)


def test_the_ring_follows_over_some_frames() -> None:
    mesh, lips = wide_open(), Lips()
    wide, narrow = face(mesh), face(mesh, (0.65, 0.9))
    held(wide, mesh, lips)
    across = [float(extent(held(narrow, mesh, lips, STEP))[0]) for _ in range(8)]
    assert across[0] > across[1] > across[2] > across[7]
    assert across[0] > 0.8 * float(extent(mesh)[0])
