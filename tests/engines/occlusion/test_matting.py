import cv2
import numpy as np
import pytest

from engines.occlusion import glass
from engines.occlusion.matting import TransparentKind, changed, kind, settled, sharpened
from engines.values import F32
from tests.engines.scenes import cloud, picture

H, W = 120, 120
PLATE = picture(H, W, 1, 20)
TRUST = np.ones((H, W), np.float32)


def disc(x: int, y: int, r: int) -> F32:
    out = np.zeros((H, W), np.float32)
    cv2.circle(out, (x, y), r, 1.0, -1)
    return out


def test_change_is_seen_where_it_is_and_a_common_gain_is_no_change() -> None:
    frame = PLATE * np.float32(0.8)
    frame[disc(60, 60, 20) > 0] = (250, 20, 20)
    change = changed(frame, PLATE, TRUST, 100)
    assert change[disc(60, 60, 15) > 0].mean() > 60
    assert change[disc(60, 60, 30) == 0].mean() < 3


def test_a_coarse_mask_is_pulled_to_the_edge_that_the_change_shows() -> None:
    frame = PLATE.copy()
    true = disc(60, 60, 25)
    frame[true > 0] = (10, 230, 40)
    coarse = np.asarray(cv2.GaussianBlur(disc(57, 62, 23), (0, 0), 4), np.float32)
    fine = sharpened(coarse, changed(frame, PLATE, TRUST, 100), TRUST, 100)

    def iou(m: F32) -> float:
        a, b = m > 0.5, true > 0.5
        return float((a & b).sum() / (a | b).sum())

    assert iou(fine) > 0.88
    assert iou(fine) > iou(coarse) + 0.04


def test_without_trust_in_the_plate_the_mask_stays() -> None:
    coarse = np.asarray(cv2.GaussianBlur(disc(60, 60, 25), (0, 0), 4), np.float32)
    out = sharpened(coarse, np.full((H, W), 80, np.float32), 0 * TRUST, 100)
    np.testing.assert_allclose(out, cv2.GaussianBlur(np.clip(coarse, 0.01, 0.99), (0, 0), 0.8), atol=0.02)


def test_change_far_from_the_mask_is_left_alone() -> None:
    change = np.full((H, W), 80, np.float32)
    out = sharpened(disc(30, 30, 10), change, TRUST, 100)
    assert out[disc(90, 90, 20) > 0].max() < 0.01


def test_the_kind_that_explains_the_frame_better_is_named() -> None:
    region = disc(60, 60, 45)
    alpha = (0.6 * cloud(H, W, 3, 4) * region).astype(np.float32)
    veiled = (1 - alpha[..., None]) * PLATE + alpha[..., None] * np.float32(228)
    assert kind(veiled, PLATE, region, alpha, TRUST, 100) is TransparentKind.VEIL
    flow = np.dstack([8 * (cloud(H, W, 5 + i, 4) - 0.5) for i in range(2)]).astype(np.float32)
    seen = np.array([0.7, 0.85, 0.8], np.float32) * glass.look(PLATE, flow)
    pane = PLATE + region[..., None] * (seen - PLATE)
    assert kind(pane, PLATE, region, 0.2 * region, TRUST, 100) is TransparentKind.GLASS


def test_nothing_to_judge_by_means_a_veil() -> None:
    assert kind(PLATE, PLATE, 0 * TRUST, 0 * TRUST, TRUST, 100) is TransparentKind.VEIL


@pytest.mark.parametrize("target", [0.0, 0.3, 0.9])
def test_alpha_never_jumps_by_more_than_a_tenth(target: float) -> None:
    alpha = np.full((8, 8), 0.3, np.float32)
    for _ in range(12):
        now = settled(np.full((8, 8), target, np.float32), alpha)
        assert abs(float(now.mean() - alpha.mean())) <= 0.1 + 1e-6
        alpha = now
    assert abs(float(alpha.mean()) - target) < 0.02


def test_a_first_alpha_is_taken_as_it_is() -> None:
    now = cloud(8, 8, 1)
    np.testing.assert_array_equal(settled(now, None), now)
