"""Alignment: points land on the template, pixels where they belong, and the paste leads back."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.align import (
    Extent,
    box_mask,
    combined,
    crop,
    five_points,
    inverse,
    moved,
    paste,
    shrunk,
    similarity,
    to_template,
)
from engines.store.catalog import load_catalog
from engines.values import F32

TEMPLATES = load_catalog().templates
FIVE = np.array([[200, 220], [260, 215], [232, 260], [205, 290], [262, 286]], np.float32)


@given(
    st.floats(0.1, 8),
    st.floats(-np.pi, np.pi),
    st.floats(-500, 500),
    st.floats(-500, 500),
)
def test_a_similarity_is_found_again(scale: float, angle: float, dx: float, dy: float) -> None:
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    wanted = np.array([[c, -s, dx], [s, c, dy]], np.float32)
    np.testing.assert_allclose(similarity(FIVE, moved(FIVE, wanted)), wanted, rtol=1e-3, atol=0.05)


def test_noise_is_met_in_the_middle() -> None:
    """Least squares: the mean of the points goes to the mean of the template's, no other turn or scale fits better."""
    noisy = FIVE + np.random.default_rng(0).normal(0, 5, FIVE.shape).astype(np.float32)
    matrix = similarity(FIVE, noisy)
    np.testing.assert_allclose(moved(FIVE.mean(axis=0, keepdims=True), matrix)[0], noisy.mean(axis=0), atol=1e-2)
    rest = float(((moved(FIVE, matrix) - noisy) ** 2).sum())
    for wrong in (np.array([[0.01, 0, 0], [0, 0.01, 0]]), np.array([[0, -0.01, 0], [0.01, 0, 0]])):
        other = matrix + wrong.astype(np.float32)
        other[:, 2] += noisy.mean(axis=0) - moved(FIVE.mean(axis=0, keepdims=True), other)[0]
        assert float(((moved(FIVE, other) - noisy) ** 2).sum()) > rest


@pytest.mark.parametrize(
    ("name", "side", "left_eye"),
    [
        ("arcface_112_v2", 112, (38.2946, 51.6963)),
        ("arcface_128", 128, (46.2946, 51.6963)),
        ("ffhq_512", 512, (193, 240)),
    ],
)
def test_points_of_the_template_lie_where_it_says(name: str, side: int, left_eye: tuple[float, float]) -> None:
    """The published templates in pixels: insightface's 112 points, and FFHQ's 512."""
    face = np.asarray(TEMPLATES[name].points, np.float32) * 90 + 33
    placed = moved(face, to_template(face, TEMPLATES[name], side))
    np.testing.assert_allclose(placed, np.asarray(TEMPLATES[name].points) * side, atol=1e-2)
    np.testing.assert_allclose(placed[0], left_eye, atol=0.5)


def dotted(points: F32, shape: tuple[int, int]) -> F32:
    """A picture with a soft dot at each point, each in a colour of its own."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    image = np.zeros((*shape, 3), np.float32)
    for i, (px, py) in enumerate(points):
        image[..., i % 3] += 255 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 40)
    return np.clip(image, 0, 255)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("size", [0.6, 1.0, 4.0])
def test_a_crop_shows_the_dots_at_the_template(name: str, size: float) -> None:
    """Also for faces several times larger than the crop, which are shrunk first."""
    points = FIVE * size
    matrix = to_template(points, TEMPLATES[name], 128)
    picture = dotted(points, (int(480 * size), int(480 * size))).astype(np.uint8)
    cut = crop(picture, matrix, 128).astype(np.float32)
    y, x = np.mgrid[0:128, 0:128]
    for i, (px, py) in enumerate(moved(points, matrix)):
        near = cut[..., i % 3] * (np.hypot(x - px, y - py) < 9)
        centre = (float((near * x).sum() / near.sum()), float((near * y).sum() / near.sum()))
        assert np.hypot(centre[0] - px, centre[1] - py) < 0.75, (i, centre, (px, py))


def test_paste_leads_back_and_leaves_the_rest() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (120, 160, 3), np.uint8)
    picture = np.asarray(np.kron(picture[::8, ::8], np.ones((8, 8, 1))), np.uint8)  # smooth enough to warp twice
    angle = 0.3
    matrix = np.array([[np.cos(angle), -np.sin(angle), -20], [np.sin(angle), np.cos(angle), -40]], np.float32)
    cut = crop(picture, matrix, 64)
    patch = paste(cut, box_mask(64), matrix, Extent(160, 120))
    assert patch is not None
    whole = picture[patch.y : patch.y + patch.rgb.shape[0], patch.x : patch.x + patch.rgb.shape[1]]
    assert whole.shape == patch.rgb.shape
    sure = patch.alpha > 0.95
    assert sure.sum() > 300
    assert np.abs(patch.rgb[sure].astype(int) - whole[sure]).mean() < 12
    corners = moved(np.array([[0, 0], [63, 0], [63, 63], [0, 63]], np.float32), inverse(matrix))
    assert patch.x >= np.floor(corners[:, 0].min()) and patch.y >= np.floor(corners[:, 1].min())
    assert patch.alpha[0].max() < 0.05 and patch.alpha[:, 0].max() < 0.05, "nothing at the patch's edge"


def test_a_marker_is_pasted_at_its_place() -> None:
    matrix = np.array([[2, 0, -60], [0, 2, -20]], np.float32)
    cut = np.zeros((64, 64, 3), np.uint8)
    cut[32, 20] = 255
    patch = paste(cut, np.ones((64, 64), np.float32), matrix, Extent(100, 100))
    assert patch is not None
    y, x = np.unravel_index(int(patch.rgb[..., 0].argmax()), patch.rgb.shape[:2])
    assert (int(x) + patch.x, int(y) + patch.y) == ((20 + 60) // 2, (32 + 20) // 2)


def test_a_crop_outside_the_frame_gives_no_patch() -> None:
    matrix = np.array([[1, 0, 900], [0, 1, 0]], np.float32)
    assert paste(np.zeros((64, 64, 3), np.uint8), np.ones((64, 64), np.float32), matrix, Extent(100, 100)) is None


def test_a_crop_over_the_edge_is_cut_at_it() -> None:
    matrix = np.array([[1, 0, 30], [0, 1, 30]], np.float32)
    patch = paste(np.zeros((64, 64, 3), np.uint8), np.ones((64, 64), np.float32), matrix, Extent(20, 16))
    assert patch is not None and (patch.x, patch.y, patch.alpha.shape) == (0, 0, (16, 20))


def test_the_box_mask_is_whole_inside_and_nothing_at_the_border() -> None:
    mask = box_mask(128)
    assert mask[64, 64] == pytest.approx(1, abs=1e-3) and mask[0].max() == 0 and mask[:, -1].max() == 0
    assert np.allclose(mask, mask.T) and np.allclose(mask, mask[::-1])
    line = mask[64, :64]
    assert (np.diff(line) >= -1e-6).all()
    assert line[round(128 * 0.15)] == pytest.approx(0.5, abs=0.06)


def test_masks_combine_by_the_smallest() -> None:
    a, b = np.array([[0.2, 1]], np.float32), np.array([[0.9, 0.4]], np.float32)
    np.testing.assert_allclose(combined(a, b, np.ones((1, 2), np.float32)), [[0.2, 0.4]], rtol=1e-6)


def test_five_points_are_those_seen_on_screen() -> None:
    mesh = np.zeros((468, 3), np.float32)
    for i in (33, 133, 159, 145):
        mesh[i] = (10, 20, 0)
    for i in (362, 263, 386, 374):
        mesh[i] = (50, 21, 0)
    mesh[1], mesh[4] = (30, 41, -9), (30, 39, -9)
    mesh[61], mesh[291] = (15, 60, 0), (45, 61, 0)
    assert five_points(mesh).tolist() == [[10, 20], [50, 21], [30, 40], [15, 60], [45, 61]]


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_similarity_that_other_programs_take(seed: int) -> None:
    """OpenCV's estimateAffinePartial2D, with every point counted in, as the swap programs call it."""
    rng = np.random.default_rng(seed)
    points = FIVE + rng.normal(0, 3, FIVE.shape).astype(np.float32)
    target = np.asarray(TEMPLATES["arcface_128"].points, np.float32) * 128
    theirs, inliers = cv2.estimateAffinePartial2D(points, target, method=cv2.RANSAC, ransacReprojThreshold=100)
    assert inliers.all()
    np.testing.assert_allclose(to_template(points, TEMPLATES["arcface_128"], 128), theirs, atol=0.02)


@pytest.mark.parametrize("scale", [0.8, 0.4, 0.2, 0.11])
def test_shrinking_first_moves_nothing(scale: float) -> None:
    """On a ramp every crop pixel shows the place it came from. A slope of 2 halves without rounding, thrice."""
    ramp = np.repeat(np.tile(np.arange(0, 240, 2, dtype=np.uint8), (120, 1))[..., None], 3, axis=2)
    side = int(80 * scale)
    matrix = np.array([[scale, 0, -20 * scale], [0, scale, -30 * scale]], np.float32)
    cut = crop(ramp, matrix, side).astype(np.float64)[1:-1, 1:-1, 0] / 2
    wanted = np.arange(1, side - 1) / scale + 20
    assert abs(float((cut - wanted).mean())) < 0.15


def test_a_large_crop_on_a_small_face_does_not_flicker() -> None:
    """Stripes of one pixel in a crop of 512 that goes onto 60 pixels are an even grey there, wherever it lies."""
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 200
    for shift in (0.0, 0.3, 0.7):
        matrix = np.array([[512 / 60, 0, -20 * 512 / 60 - shift], [0, 512 / 60, -20 * 512 / 60]], np.float32)
        laid = paste(stripes, np.ones((512, 512), np.float32), matrix, Extent(100, 100))
        assert laid is not None
        inside = laid.rgb[8:-8, 8:-8].astype(int)
        assert np.abs(inside - 100).max() <= 3


def test_shrinking_a_crop_moves_nothing() -> None:
    """A ramp keeps its values at the frame's pixels."""
    ramp = np.broadcast_to(np.arange(256, dtype=np.float32), (256, 256)).copy()
    matrix = np.array([[5.3, 0, 2.2], [0, 5.3, -3.1]], np.float32)
    small, moved_matrix = shrunk(ramp, matrix)
    assert small.shape == (64, 64)
    x = np.arange(5, 40, dtype=np.float32)
    at = moved_matrix[0, 0] * x + moved_matrix[0, 2]
    seen = np.interp(at, np.arange(64), small[10])
    np.testing.assert_allclose(seen, matrix[0, 0] * x + matrix[0, 2], atol=0.05)
    quarter = (matrix / 4).astype(np.float32)
    same, unchanged = shrunk(ramp, quarter)
    assert same is ramp and unchanged is quarter
