import cv2
import numpy as np
import pytest

from engines.occlusion import glass
from engines.occlusion.inverted import refracted
from engines.values import F32
from tests.engines.scenes import cloud, picture, psnr

H, W = 150, 140
PLATE, SWAPPED = picture(H, W, 1, 24), picture(H, W, 2, 24)
TRUST = np.ones((H, W), np.float32)
RHO = np.array([0.74, 0.9, 0.82], np.float32)


def pane() -> F32:
    region = np.zeros((H, W), np.float32)
    cv2.ellipse(region, (70, 75), (52, 58), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(region, (0, 0), 1.0), np.float32)


def bend(size: float) -> F32:
    return np.dstack([size * (cloud(H, W, 8 + i, 4) - 0.5) for i in range(2)]).astype(np.float32)


def through(under: F32, flow: F32, shine: F32) -> F32:
    region = pane()[..., None]
    return np.asarray((1 - region) * under + region * (RHO * glass.look(under, flow) + shine), np.float32)


SHINE = (90 * (cloud(H, W, 12, 7) > 0.93))[..., None].astype(np.float32)


@pytest.mark.parametrize("size", [0.0, 4.0, 8.0])
def test_attenuation_is_found(size: float) -> None:
    found = glass.solve(through(PLATE, bend(size), SHINE), PLATE, pane(), TRUST, 130)
    inside = pane() > 0.9
    assert np.abs(found.rho[inside] - RHO).mean() < 0.06
    assert np.abs(found.alpha() - (1 - RHO.mean()))[inside].mean() <= 0.12


def test_refraction_is_found_where_the_background_has_texture() -> None:
    flow = bend(8.0)
    found = glass.solve(through(PLATE, flow, 0 * SHINE), PLATE, pane(), TRUST, 130)
    inside = cv2.erode(pane(), np.ones((25, 25))) > 0.9
    before, after = np.abs(flow)[inside].mean(), np.abs(found.flow - flow)[inside].mean()
    assert after < 0.5 * before


def test_a_highlight_is_told_from_transmission() -> None:
    frame = through(PLATE, bend(0.0), SHINE)
    g = glass.solve(frame, PLATE, pane(), TRUST, 130)
    light = g.shine(frame - g.seen(PLATE), TRUST, 130)
    bright = (SHINE[..., 0] > 0) & (pane() > 0.95)
    dark = (SHINE[..., 0] == 0) & (pane() > 0.95)
    assert light[bright].mean() > 30
    assert light[dark].mean() < 3


def test_the_swap_is_seen_through_the_glass() -> None:
    flow = bend(6.0)
    frame, truth = (through(x, flow, SHINE) for x in (PLATE, SWAPPED))
    found = glass.solve(frame, PLATE, pane(), TRUST, 130)
    out = refracted(frame, SWAPPED, PLATE, found, TRUST, TRUST, 0 * TRUST, 130)
    inside = np.asarray(cv2.erode(pane(), np.ones((15, 15))), np.float32)
    assert psnr(out, truth, inside) > psnr(frame, truth, inside) + 6
    assert psnr(out, truth, inside) > 26


def test_the_flow_is_steadied_by_the_last_frames() -> None:
    frame, before = through(PLATE, bend(6.0), 0 * SHINE), np.full((H, W, 2), 3, np.float32)
    alone = glass.solve(frame, PLATE, pane(), TRUST, 130)
    steadied = glass.solve(frame, PLATE, pane(), TRUST, 130, before)
    np.testing.assert_allclose(steadied.flow, 0.5 * (alone.flow + before), atol=1e-4)


def test_glass_too_small_to_judge_is_taken_as_clear() -> None:
    region = np.zeros((H, W), np.float32)
    region[70:73, 70:73] = 1
    found = glass.solve(PLATE, PLATE, region, TRUST, 130)
    np.testing.assert_allclose(found.rho, 1)
