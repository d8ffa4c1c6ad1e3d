"""Coverage against brute force, and affine fields against the linear functions they must reproduce."""

import numpy as np
import pytest

from engines.mesh import raster
from engines.mesh.topology import CANONICAL, OVAL, SKIN_TRIANGLES, TRIANGLES
from engines.values import F32
from tests.engines.mesh.heads import head, inside


def skirted(mesh: F32) -> F32:
    return raster.with_skirt(mesh)


def depth_inside(p: F32, x: F32, y: F32) -> F32:
    """How many pixels each point lies within a triangle p (3, 2), by its nearest side; negative outside."""
    corners = p.astype(np.float64)
    turn = np.sign(np.linalg.det(np.stack([corners[1] - corners[0], corners[2] - corners[0]])))
    out = np.full(x.shape, np.inf)
    for a, b in zip(corners, np.roll(corners, -1, 0), strict=True):
        along = (b - a) / (np.linalg.norm(b - a) + 1e-12)
        out = np.minimum(out, turn * (along[0] * (y - a[1]) - along[1] * (x - a[0])))
    return np.asarray(out, np.float32)


def test_the_skirt_continues_the_oval_outward() -> None:
    mesh = head()
    points = skirted(mesh)
    assert points.shape == (504, 3)
    assert np.array_equal(points[:468], mesh)
    middle = mesh[OVAL].mean(0)
    far, near = np.linalg.norm(points[468:] - middle, axis=1), np.linalg.norm(mesh[OVAL] - middle, axis=1)
    assert np.allclose(far / near, 1 + raster.SKIRT, atol=1e-3)


def test_triangle_tables() -> None:
    assert 2 * len(OVAL) == raster.FIRST_FACE
    assert len(raster.ALL_TRIANGLES) == 2 * len(OVAL) + len(TRIANGLES)
    assert raster.SKIRT_TRIANGLES.max() == 467 + len(OVAL)


def test_every_triangle_of_a_frontal_face_shows_its_front() -> None:
    front = raster.facing(skirted(head()))
    assert front.mean() > 0.97
    flipped = head() * np.array([-1, 1, 1], np.float32)
    behind = raster.facing(skirted(flipped))[raster.FIRST_FACE : raster.FIRST_FACE + len(SKIN_TRIANGLES)]
    assert behind.mean() < 0.03


def test_a_turned_head_hides_its_far_side() -> None:
    skin = slice(raster.FIRST_FACE, raster.FIRST_FACE + len(SKIN_TRIANGLES))
    middle = CANONICAL[SKIN_TRIANGLES].mean(1)[:, 0]
    front = raster.facing(skirted(head(yaw=75)))[skin]
    # turned to the right of the screen, the screen's right half is the far one
    assert front[middle > 4].mean() < 0.5 < front[middle < -4].mean()


@pytest.mark.parametrize("yaw", [0.0, 40.0])
def test_cover_is_what_brute_force_says(yaw: float) -> None:
    """The triangle named holds the pixel, to the rim that filling draws, and no nearer one holds it as well."""
    points = skirted(head(8, (80, 80), yaw=yaw))
    index = raster.cover(points[:, :2], points[:, 2], 160, 160)
    y, x = np.mgrid[:160, :160].astype(np.float32)
    front = raster.facing(points)
    depth = points[raster.ALL_TRIANGLES, 2].mean(1)
    seen = np.where(index >= 0, depth[index], np.inf)
    named = 0
    for i in range(raster.FIRST_FACE, len(raster.ALL_TRIANGLES)):
        within = depth_inside(points[raster.ALL_TRIANGLES[i], :2], x, y)
        mine = index == i
        assert within[mine].size == 0 or within[mine].min() > -0.8
        named += int(mine.sum())
        if front[i]:
            assert (seen[within > 0.05] <= depth[i] + 1e-3).all()
        else:
            assert not mine.any()
    assert named > 4000


def test_cover_fills_the_oval_without_holes_and_nothing_beyond_the_skirt() -> None:
    points = skirted(head(8, (80, 80)))
    index = raster.cover(points[:, :2], points[:, 2], 160, 160)
    oval = inside(points[OVAL], 160, 160)
    skirt = inside(points[468:], 160, 160)
    grown = np.pad(skirt, 1)
    grown = grown[:-2, 1:-1] | grown[2:, 1:-1] | grown[1:-1, :-2] | grown[1:-1, 2:] | skirt
    assert (index[oval] >= 0).all()
    assert (index[~grown] == -1).all()
    assert (index[oval] >= raster.FIRST_FACE).mean() > 0.97


def test_the_nearer_triangle_hides_the_farther() -> None:
    """A head turned by 50 degrees: the nose covers a part of the far cheek."""
    points = skirted(head(8, (80, 80), yaw=50))
    index = raster.cover(points[:, :2], points[:, 2], 160, 160)
    x, y = np.round(points[1, :2]).astype(int)
    seen = raster.ALL_TRIANGLES[index[y, x]]
    # what is seen at the tip's pixel lies at the tip's depth, not behind it
    assert abs(points[seen, 2].mean() - points[1, 2]) < 8


def test_nothing_covers_a_picture_that_the_face_is_not_in() -> None:
    points = skirted(head(8, (-500, 80)))
    assert (raster.cover(points[:, :2], points[:, 2], 40, 30) == -1).all()


@pytest.mark.parametrize("yaw", [0.0, 35.0])
def test_fields_reproduce_a_linear_function_exactly(yaw: float) -> None:
    points = skirted(head(8, (80, 80), yaw=yaw))
    slopes = np.array([[0.5, -0.25], [2, 3], [0, 0]], np.float32)
    values = points[:, :2] @ slopes.T + np.array([7, -20, 4], np.float32)
    index = raster.cover(points[:, :2], points[:, 2], 160, 160)
    y, x = np.mgrid[:160, :160].astype(np.float32)
    expected = np.stack([x, y], 2) @ slopes.T + np.array([7, -20, 4], np.float32)
    got = raster.fields(index, points, values.astype(np.float32))
    assert got.shape == (160, 160, 3) and got.dtype == np.float32
    # slivers of triangles amplify rounding: nearly all pixels to a thousandth, none far off
    off = np.abs(got - expected).max(2)[index >= 0]
    assert np.quantile(off, 0.99) < 0.02


def test_fields_give_a_corner_its_value() -> None:
    points = skirted(head(8, (80, 80)))
    values = np.random.default_rng(0).normal(0, 10, (504, 1)).astype(np.float32)
    c = raster.coefficients(points, values)
    corners = points[raster.ALL_TRIANGLES].astype(np.float64)
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    size = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    for corner in range(3):
        p = points[raster.ALL_TRIANGLES[:, corner], :2]
        got = c[:, 0, 0] * p[:, 0] + c[:, 0, 1] * p[:, 1] + c[:, 0, 2]
        expected = values[raster.ALL_TRIANGLES[:, corner], 0]
        assert np.abs(got - expected)[size > 4].max() < 0.05


def test_a_slit_takes_one_value_and_no_infinity() -> None:
    points = skirted(head(8, (80, 80)))
    points[:] = points[0]  # every triangle is degenerate
    c = raster.coefficients(points, np.arange(504, dtype=np.float32)[:, None])
    assert np.isfinite(c).all()
    assert np.array_equal(c[:, 0, 2], raster.ALL_TRIANGLES[:, 0].astype(np.float32))


def test_a_coarse_raster_samples_the_same_plane() -> None:
    """step: pixel i of the index lies at (i + .5) * step - .5."""
    points = skirted(head(8, (80, 80)))
    coarse = ((points[:, :2] + 0.5) / 4 - 0.5).astype(np.float32)
    index = raster.cover(coarse, points[:, 2], 40, 40)
    got = raster.fields(index, points, points[:, :1], step=4)
    expected = (np.arange(40) + 0.5) * 4 - 0.5
    middle = got[20, 12:28, 0]
    assert np.allclose(middle, expected[12:28], atol=0.05)


def test_planes_are_the_fields_one_by_one() -> None:
    points = skirted(head(8, (80, 80)))
    index = raster.cover(points[:, :2], points[:, 2], 160, 160)
    fields, planes = raster.fields(index, points, points, 1.0), raster.planes(index, points, points, 1.0)
    assert len(planes) == 3 and all(np.array_equal(fields[..., i], plane) for i, plane in enumerate(planes))


@pytest.mark.parametrize(("high", "shows"), [(0.0, False), (0.01, False), (0.1, True), (1.0, True)])
def test_a_triangle_seen_from_the_edge_shows_nothing(high: float, shows: bool) -> None:
    """A skin triangle 2 pixels long and so many high, wherever the other points are."""
    points = skirted(head(8, (80, 80)))
    number = raster.FIRST_FACE + 300
    corners = np.array([[80, 80], [82, 80], [81, 80 + high]], np.float32)
    for order in ([0, 1, 2], [0, 2, 1]):  # one of them shows its back
        points[raster.ALL_TRIANGLES[number], :2] = corners[order]
        if raster.facing(points)[number]:
            assert shows
            break
    else:
        assert not shows


def test_a_long_slit_of_more_than_half_a_pixel_is_filled() -> None:
    """Lips that hardly open: nothing beside such a triangle would fill its place."""
    points = skirted(head(8, (80, 80)))
    number = raster.FIRST_FACE + 300
    points[raster.ALL_TRIANGLES[number], :2] = np.array([[20, 80], [120, 81], [70, 79.8]])
    points[raster.ALL_TRIANGLES[number], 2] = -1e4  # before everything else
    index = raster.cover(points[:, :2], points[:, 2], 160, 160)
    fronts = raster.facing(points)[number]
    points[raster.ALL_TRIANGLES[number], :2] = np.array([[20, 80], [70, 79.8], [120, 81]])
    other = raster.cover(points[:, :2], points[:, 2], 160, 160)
    assert int(((index if fronts else other) == number).sum()) > 90


def test_pixels_beyond_the_picture_are_not_named() -> None:
    """The face hangs over every side: what is inside is as in a picture that holds all of it."""
    points = skirted(head(8, (80, 80)))
    whole = raster.cover(points[:, :2], points[:, 2], 160, 160)
    part = raster.cover(points[:, :2] - np.array([60, 70], np.float32), points[:, 2], 40, 30)
    assert np.array_equal(part, whole[70:100, 60:100])
