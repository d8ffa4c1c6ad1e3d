"""The eyewear network's geometry by value, and what it is fed and answers, with a function in its place."""

from collections.abc import Mapping

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.mesh.shape import Fit, fit
from engines.occlusion.eyewear import (
    CM,
    HEIGHT,
    MIDDLE,
    WIDTH,
    EyewearNet,
    Worn,
    frame_to_band,
    frame_to_front,
    prepare,
)
from engines.occlusion.network import cut, move
from engines.protocol import Spec
from engines.values import F32, U8, Array
from tests.engines.mesh.heads import head, picture

CENTRE = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
INPUTS = {"band": Spec((1, 3, HEIGHT, WIDTH), "float32")}
OUTPUTS = {"worn": Spec((1,), "float32"), "map": Spec((1, HEIGHT, WIDTH), "float32")}


def placed(points: F32, found: Fit) -> F32:
    """Canonical points (n, 3) in the frame's pixels (n, 2)."""
    return np.asarray(((points - found.centre) @ found.rotation / found.scale + found.origin)[:, :2], np.float32)


def poses() -> list[Fit]:
    angles = [(0, 0, 0), (25, 0, 0), (-40, 10, 0), (10, -15, 20), (0, 0, -35)]
    return [fit(head(s, (200, 150), *a)) for a in angles for s in (4.0, 13.0, 31.0)]


@pytest.mark.parametrize("found", poses())
def test_the_bridge_of_the_nose_is_the_middle_of_the_band_at_any_pose(found: Fit) -> None:
    np.testing.assert_allclose(move(placed(MIDDLE[None], found), frame_to_band(found))[0], CENTRE, atol=0.05)


@pytest.mark.parametrize("found", poses())
def test_the_band_is_level_and_of_one_scale(found: Fit) -> None:
    m = frame_to_band(found)
    assert np.hypot(*m[0, :2]) == pytest.approx(CM * found.scale, rel=1e-4)
    below = move(placed(MIDDLE[None] + np.array([0, 1, 0], np.float32), found), m)[0] - CENTRE
    assert abs(below[0]) < 0.05
    assert 0.6 * CM < below[1] < 1.01 * CM


def test_seen_squarely_the_front_stays_where_it_is() -> None:
    grid = [(x, y, 0) for x in (-5.0, 0.0, 4.0) for y in (-2.0, 1.5)]
    points = np.asarray(MIDDLE + np.array(grid), np.float32)
    want = CENTRE + CM * (points - MIDDLE)[:, :2]
    for found in poses():
        np.testing.assert_allclose(move(placed(points, found), frame_to_front(found)), want, atol=0.1)


def test_the_band_shows_what_the_frame_has_there() -> None:
    found = fit(head(CM, (120, 100)))
    image = np.zeros((200, 240, 3), np.uint8)
    at = placed(MIDDLE[None], found)[0].round().astype(int)
    image[at[1] - 1 : at[1] + 2, at[0] + 29 : at[0] + 32] = (250, 120, 60)
    band = cut(image, frame_to_band(found), (HEIGHT, WIDTH))
    assert band.shape == (HEIGHT, WIDTH, 3)
    y, x = np.argwhere(band[..., 0] > 100).mean(0)
    np.testing.assert_allclose((x - 30, y), CENTRE, atol=0.8)
    assert band.max(axis=(0, 1)).tolist() == pytest.approx([250, 120, 60], abs=3)


def test_a_large_face_is_shrunk_without_aliasing() -> None:
    checks = np.indices((900, 900)).sum(0) % 2 * 255
    image = np.dstack([checks] * 3).astype(np.uint8)
    band = cut(image, frame_to_band(fit(head(40, (450, 450)))), (HEIGHT, WIDTH))
    assert band.min() > 110 and band.max() < 145


def test_pixels_go_in_as_planes_from_0_to_1() -> None:
    band = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    band[5, 7] = (255, 51, 0)
    fed = prepare(band)
    assert fed.dtype == np.float32 and fed.shape == (1, 3, HEIGHT, WIDTH)
    assert fed[0, :, 5, 7].tolist() == pytest.approx([1.0, 0.2, 0.0])
    assert fed.sum() == pytest.approx(1.2)


def spot(x: int, y: int) -> F32:
    out = np.zeros((HEIGHT, WIDTH), np.float32)
    out[y - 1 : y + 2, x - 1 : x + 2] = 1
    return out


def centroid(field: F32) -> F32:
    y, x = np.indices(field.shape)
    return np.array([(x * field).sum(), (y * field).sum()]).astype(np.float32) / np.float32(field.sum())


def test_a_map_lies_in_the_frame_where_the_band_was_cut() -> None:
    for found in poses():
        matrix = frame_to_band(found)
        worn = Worn(1.0, spot(50, 30), matrix)
        want = np.linalg.inv(matrix[:, :2]) @ (np.array([50.0, 30.0]) - matrix[:, 2])
        laid = worn.onto((340, 420))
        assert 0.5 < laid.max() <= 1
        np.testing.assert_allclose(centroid(laid), want, atol=0.4)
        np.testing.assert_allclose(worn.onto((300, 400), (20, 40)), laid[40:340, 20:420], atol=0.02)


def test_beyond_the_band_nothing_is_worn() -> None:
    worn = Worn(1.0, np.ones((HEIGHT, WIDTH), np.float32), frame_to_band(fit(head(CM, (150, 200)))))
    laid = worn.onto((400, 300))
    assert laid.sum() == pytest.approx(HEIGHT * WIDTH, rel=0.03)
    assert laid[:100].max() == 0 == laid[300:].max()


def test_squarely_a_map_says_the_same_of_each_pixel() -> None:
    for found in poses():
        worn = Worn(2.0, spot(60, 44), frame_to_band(found))
        same = worn.squarely(found)
        assert same.worn == 2.0
        a, b = worn.onto((340, 420)), same.onto((340, 420))
        np.testing.assert_allclose(centroid(a), centroid(b), atol=0.6)


def test_the_network_is_asked_with_the_band_and_read() -> None:
    asked: list[Array] = []

    def answer(feeds: Mapping[str, Array]) -> dict[str, Array]:
        asked.append(feeds["band"].copy())
        return {"worn": np.array([3.5], np.float32), "map": np.full((1, HEIGHT, WIDTH), 0.25, np.float32)}

    image: U8 = picture(300, 320)
    found = fit(head(11, (160, 150), yaw=12))
    net = EyewearNet(ReferenceEngine(INPUTS, OUTPUTS, answer))
    worn = net.run(image, found)
    net.close()
    assert worn.worn == 3.5
    assert worn.map.shape == (HEIGHT, WIDTH) and float(worn.map.max()) == 0.25
    np.testing.assert_array_equal(worn.matrix, frame_to_band(found))
    np.testing.assert_array_equal(asked[0], prepare(cut(image, worn.matrix, (HEIGHT, WIDTH))))
