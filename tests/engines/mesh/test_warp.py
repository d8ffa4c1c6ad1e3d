"""Maps: where a pixel comes from. Identity, scale and translation by value."""

import numpy as np
import pytest

from engines.mesh import raster, texture, warp
from engines.mesh.fuse import width
from engines.mesh.topology import OVAL
from tests.engines.mesh.heads import head, inside, picture

SIZE = (240, 240)


def test_the_target_itself_is_not_shifted() -> None:
    mesh = head()
    maps = warp.maps(mesh, mesh, width(mesh), SIZE)
    assert np.abs(maps.shift).max() < 1e-3
    assert maps.step >= 1 and maps.seen.shape == maps.texture.shape[:2] == maps.shift.shape[:2]


def test_seen_is_the_inside_of_the_oval() -> None:
    mesh = head()
    maps = warp.maps(mesh, mesh, width(mesh), SIZE)
    seen = warp.enlarge(maps.seen, SIZE) > 0.5
    expected = inside(mesh[OVAL], *SIZE)
    assert (seen != expected).mean() < 0.02
    assert set(np.unique(maps.seen)) == {0.0, 1.0}


def test_each_point_of_the_mesh_looks_up_its_own_texel() -> None:
    mesh = head(12, (120, 120), yaw=12, roll=-20)
    maps = warp.maps(mesh, mesh, width(mesh), SIZE)
    where = warp.enlarge(maps.texture, SIZE)
    front = [1, 4, 9, 50, 151, 195, 205, 280, 425]
    for point in front:
        x, y = np.round(mesh[point, :2]).astype(int)
        assert where[y, x] == pytest.approx(texture.layout()[point], abs=4.0)  # a pixel is 2.5 texels


def test_a_moved_point_shifts_back_to_its_own_place() -> None:
    """A face shaped 5 px to the right of the target's own reads the target 5 px to the left."""
    own = head()
    shaped = own + np.array([5, -3, 0], np.float32)
    maps = warp.maps(shaped, own, width(own), SIZE)
    inner = maps.seen > 0
    assert np.abs(maps.shift[inner] - [-5, 3]).max() < 1e-2


def test_maps_scale_with_the_picture() -> None:
    """The same face three times as large: the same texels at three times the place."""
    small, large = head(12, (120, 120)), head(36, (361, 361))  # pixel centres: (x + .5) * 3 - .5
    a = warp.enlarge(warp.maps(small, small, width(small), SIZE).texture, SIZE)
    b = warp.enlarge(warp.maps(large, large, width(large), (720, 720)).texture, (720, 720))
    assert np.abs(a[60:180, 80:160] - b[1::3, 1::3][60:180, 80:160]).mean() < 0.5


def test_uncovered_pixels_look_up_nothing_of_the_face() -> None:
    mesh = head(6, (60, 60))
    maps = warp.maps(mesh, mesh, width(mesh), (200, 200))
    corner = maps.texture[-1, -1]
    assert (corner < -500).all() and maps.seen[-1, -1] == 0 and np.array_equal(maps.shift[-1, -1], [0, 0])


def test_coarse_maps_lose_nothing_inside() -> None:
    """Against the fields computed at every pixel."""
    mesh = head(20, (200, 200), yaw=10)
    size = (400, 400)
    maps = warp.maps(mesh, mesh, width(mesh), size)
    assert maps.step > 2
    points = raster.with_skirt(mesh)
    index = raster.cover(points[:, :2], points[:, 2], 400, 400)
    exact = raster.fields(index, points[:, :2], texture.layout())
    error = np.abs(warp.enlarge(maps.texture, size) - exact).max(2)
    assert np.median(error[120:280, 140:260]) < 0.2 and np.quantile(error[120:280, 140:260], 0.95) < 3


def test_resizing_keeps_constants_and_sizes() -> None:
    field = np.full((10, 12, 2), 4, np.float32)
    assert warp.enlarge(field, (10, 12)) is field
    assert warp.enlarge(field, (33, 40)).shape == (33, 40, 2)
    small = warp.shrink(picture(90, 120), (30, 40))
    assert small.shape == (30, 40, 3) and small.dtype == np.float32
    assert small.mean() == pytest.approx(picture(90, 120).mean(), abs=0.5)
    block = picture(90, 120)[:3, :3].reshape(-1, 3).mean(0)
    assert small[0, 0] == pytest.approx(block, abs=0.6)


def test_sample_interpolates() -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    where = np.array([[[1, 1], [1.5, 1], [0, 2], [-9, 0]]], np.float32)
    assert warp.sample(image, where).tolist() == [[5, 5.5, 8, 0]]  # beyond the edge: the edge


def test_face_rect_holds_the_mesh_and_stays_inside() -> None:
    mesh = head(6, (60, 60))
    x0, y0, x1, y1 = warp.face_rect(mesh, width(mesh), (200, 210, 3))
    low, high = mesh[:, :2].min(0), mesh[:, :2].max(0)
    assert x0 <= low[0] and y0 <= low[1] and x1 >= high[0] and y1 >= high[1]
    assert x1 - x0 < 1.3 * (high[0] - low[0]) + 2
    x0, y0, x1, y1 = warp.face_rect(head(6, (5, 195)), width(mesh), (200, 210, 3))
    assert x0 == 0 and y1 == 200 and x1 > 0 and y0 < 200


def test_face_rect_of_a_face_elsewhere_is_empty() -> None:
    x0, _, x1, _ = warp.face_rect(head(6, (-300, 60)), 80.0, (200, 210))
    assert x1 <= x0
    _, y0, _, y1 = warp.face_rect(head(6, (60, 900)), 80.0, (200, 210))
    assert y1 <= y0


def test_scaled_places_name_the_same_spot_of_a_smaller_picture() -> None:
    """A ramp and its halving, sampled at the same spots."""
    ramp = np.repeat(np.arange(40, dtype=np.float32)[None], 8, 0)
    half = warp.shrink(ramp, (4, 20))
    where = np.array([[[10.0, 3.0], [17.5, 4.0], [0.5, 0.5]]], np.float32)
    assert np.allclose(warp.sample(half, warp.scaled(where, 0.5)), warp.sample(ramp, where), atol=1e-4)
    assert warp.scaled(where, 1) is where


@pytest.mark.parametrize("wide", [40.0, 200.0])
def test_face_rect_keeps_a_margin(wide: float) -> None:
    mesh = head(wide / 20, (300, 300))
    x0, y0, x1, y1 = warp.face_rect(mesh, wide, (600, 600))
    (left, top), (right, bottom) = mesh[:, :2].min(0), mesh[:, :2].max(0)
    around = np.array([left - x0, top - y0, x1 - right, y1 - bottom])
    assert (around >= warp.MARGIN * wide - 1).all() and (around < warp.MARGIN * wide + 1).all()
    assert (x1 - x0) % 2 == (y1 - y0) % 2 == 0


@pytest.mark.parametrize(
    ("x", "expected"), [(50.0, (23, 77)), (26.0, (0, 52)), (23.0, (0, 50)), (80.0, (54, 100)), (150.0, None)]
)
def test_face_rect_is_even_and_keeps_the_pictures_last_column(x: float, expected: tuple[int, int] | None) -> None:
    mesh = np.zeros((468, 3), np.float32)
    mesh[:, :2] = (x, 50.0)
    mesh[0, 0], mesh[1, 0] = x - 25.5, x + 25.5
    x0, _, x1, _ = warp.face_rect(mesh, 30.0, (100, 100))
    assert (x1 <= x0) if expected is None else ((x0, x1) == expected)


@pytest.mark.parametrize("size", [(80, 60), (78, 62), (75, 61)])
@pytest.mark.parametrize("times", [2.3, 4.4])
def test_shrinking_by_halves_keeps_places_and_means(size: tuple[int, int], times: float) -> None:
    """A slope stays the slope at each pixel's centre, whatever way is taken."""
    big = (round(size[0] * times), round(size[1] * times))
    y, x = np.mgrid[: big[0], : big[1]].astype(np.float32)
    got = warp.shrink(np.dstack([x, y, x + y]), size)
    assert got.shape == (*size, 3)
    down, across = big[0] / size[0], big[1] / size[1]
    v, u = np.mgrid[: size[0], : size[1]].astype(np.float32)
    expected = np.dstack([(u + 0.5) * across - 0.5, (v + 0.5) * down - 0.5])
    assert np.abs(got[2:-2, 2:-2, :2] - expected[2:-2, 2:-2]).max() < 0.05
