import cv2
import numpy as np
import pytest

from engines.mesh.topology import OVAL
from engines.occlusion.network import SIDE, chained, cut, frame_to_crop, halved, move, prepare, read, shifted
from tests.engines.scenes import bytes_of, mesh, picture


@pytest.mark.parametrize("degrees", [0, 25, -60])
@pytest.mark.parametrize("scale", [3.0, 20.0])
def test_the_crop_is_level_centred_and_of_one_size(degrees: float, scale: float) -> None:
    points = mesh(400, scale)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    points[:, :2] = (points[:, :2] - 200) @ np.array([[c, s], [-s, c]]) + 200
    seen = move(points, frame_to_crop(points))
    assert abs(float(seen[263, 1] - seen[33, 1])) < 0.01
    assert seen[263, 0] > seen[33, 0]
    low, high = seen[OVAL, :2].min(0), seen[OVAL, :2].max(0)
    np.testing.assert_allclose((low + high) / 2, 63.5, atol=0.01)
    assert float((high - low).max()) == pytest.approx(SIDE / 1.35, abs=0.01)


def test_depth_is_scaled_along() -> None:
    points = mesh(400, 10.0)
    seen = move(points, frame_to_crop(points))
    k = np.ptp(seen[:, 0]) / np.ptp(points[:, 0])
    np.testing.assert_allclose(seen[:, 2], points[:, 2] * k, rtol=1e-3)


@pytest.mark.parametrize("side", [128, 640])
def test_cutting_keeps_what_is_seen_whatever_the_size(side: int) -> None:
    image = np.zeros((side, side, 3), np.uint8)
    image[:, : side // 2] = (200, 100, 50)
    k = SIDE / side
    out = cut(image, np.array([[k, 0, 0.5 * k - 0.5], [0, k, 0.5 * k - 0.5]], np.float32))
    assert out.shape == (SIDE, SIDE, 3)
    np.testing.assert_array_equal(out[:, :60], np.broadcast_to((200, 100, 50), (SIDE, 60, 3)))
    assert out[:, 68:].max() == 0


def test_what_lies_beside_a_crop_of_a_large_picture_does_not_matter() -> None:
    image = bytes_of(picture(900, 700, 4, 20))
    matrix = np.array([[0.2, 0.02, -40], [-0.02, 0.2, -60]], np.float32)  # 640 pixels, all of them inside
    beside = image.copy()
    corners = np.array([[0, 0], [0, SIDE], [SIDE, 0], [SIDE, SIDE]], np.float32)
    at = move(corners, chained(np.eye(2, 3, dtype=np.float32), matrix))
    x0, y0 = (max(0, int(v) - 12) for v in at.min(0))
    x1, y1 = (int(v) + 12 for v in at.max(0))
    assert x0 > 10 and y0 > 10
    beside[:y0], beside[y1:], beside[:, :x0], beside[:, x1:] = 0, 255, 255, 0
    np.testing.assert_array_equal(cut(image, matrix), cut(beside, matrix))
    small = cut(np.ascontiguousarray(image[100:, 60:]), shifted(matrix, (60, 100)))
    assert np.abs(small.astype(int) - cut(image, matrix)).mean() < 3


@pytest.mark.parametrize("size", [(64, 64), (192, 192), (60, 50), (45, 30)])
def test_a_crop_may_have_any_size(size: tuple[int, int]) -> None:
    image = bytes_of(picture(192, 160, 5))
    down, across = size[0] / 192, size[1] / 160
    out = cut(image, np.array([[across, 0, 0.5 * across - 0.5], [0, down, 0.5 * down - 0.5]], np.float32), size)
    assert out.shape == (*size, 3)
    want = cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(out.astype(int) - want).mean() < 2.5


@pytest.mark.parametrize("often", [0, 1, 3])
def test_an_image_is_halved_by_means_of_blocks(often: int) -> None:
    image, n = bytes_of(picture(101, 83, 6)), 1 << often
    out = halved(image, often)
    h, w = 101 // n, 83 // n
    assert out.shape == (h, w, 3)
    want = image[: h * n, : w * n].reshape(h, n, w, n, 3).astype(float).mean((1, 3))
    assert np.abs(out - want).max() <= 0.5 * max(often, 1) + 0.01


def test_matrices_are_chained_and_shifted() -> None:
    rng = np.random.default_rng(1)
    one, other = (np.asarray(rng.normal(0, 1, (2, 3)) + np.eye(2, 3) * 2, np.float32) for _ in range(2))
    points = np.asarray(rng.normal(0, 50, (9, 2)), np.float32)
    np.testing.assert_allclose(move(move(points, other), chained(one, other)), move(points, one), atol=2e-3)
    np.testing.assert_allclose(move(points - (7, 11), shifted(one, (7, 11))), move(points, one), atol=1e-3)


def test_the_input_holds_crop_plate_and_mask_in_that_order() -> None:
    crop, plate = bytes_of(picture(SIDE, SIDE, 1)), picture(SIDE, SIDE, 2)
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[30:90, 40:80] = 1
    out = prepare(crop, plate, mask)
    assert out.shape == (1, 7, SIDE, SIDE)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out[0, :3].transpose(1, 2, 0), crop / 255, atol=1e-6)
    np.testing.assert_allclose(out[0, 3:6].transpose(1, 2, 0), plate * mask[..., None] / 255, atol=1e-6)
    np.testing.assert_array_equal(out[0, 6], mask)


def test_without_a_plate_its_channels_are_empty() -> None:
    out = prepare(bytes_of(picture(SIDE, SIDE, 1)), None, np.ones((SIDE, SIDE), np.float32))
    assert out[0, 3:6].max() == 0
    assert out[0, 6].min() == 1


def test_outputs_are_named() -> None:
    maps = np.arange(3 * SIDE * SIDE, dtype=np.float32).reshape(1, 3, SIDE, SIDE)
    found = read({"logits": np.array([[1, 2, 900]], np.float32), "maps": maps}, np.eye(2, 3, dtype=np.float32))
    np.testing.assert_array_equal(np.stack([found.opaque, found.veil, found.glass]), maps[0])
    p = found.probabilities()
    assert p[2] == pytest.approx(1)
    assert found.probabilities(1000.0)[2] < 0.6
    assert float(p.sum()) == pytest.approx(1)
