import numpy as np
import pytest

from engines.occlusion import veil
from engines.values import F32
from tests.engines.scenes import bytes_of, cloud, picture, psnr

H, W = 120, 110
PLATE, SWAPPED = picture(H, W, 1), picture(H, W, 2)
LIGHT = np.array([228, 226, 224], np.float32)
TRUST = np.ones((H, W), np.float32)


def steam(top: float, seed: int = 3) -> tuple[F32, F32]:
    alpha = (top * cloud(H, W, seed, 4)).astype(np.float32)
    return alpha, ((1 - alpha[..., None]) * PLATE + alpha[..., None] * LIGHT).astype(np.float32)


@pytest.mark.parametrize("top", [0.4, 0.6, 0.75])
def test_alpha_and_airlight_are_found_from_a_poor_guess(top: float) -> None:
    alpha, frame = steam(top)
    found = veil.solve(frame, PLATE, np.clip(0.7 * alpha + 0.05, 0, 1).astype(np.float32), TRUST, 100)
    assert np.abs(found.alpha - alpha).mean() <= 0.08
    assert np.abs(found.airlight - LIGHT).max() < 30


def test_alpha_survives_noise_and_a_plate_in_a_slightly_wrong_light() -> None:
    alpha, frame = steam(0.6)
    noisy = frame + np.random.default_rng(1).normal(0, 4, frame.shape).astype(np.float32)
    found = veil.solve(noisy, PLATE * np.float32(0.96), alpha, TRUST, 100)
    assert np.abs(found.alpha - alpha).mean() <= 0.08


def test_the_swap_lies_under_the_veil() -> None:
    alpha, frame = steam(0.7)
    truth = (1 - alpha[..., None]) * SWAPPED + alpha[..., None] * LIGHT
    found = veil.solve(frame, PLATE, alpha, TRUST, 100)
    out = veil.composed(frame, SWAPPED, found, TRUST)
    assert psnr(out, truth) > 34
    assert psnr(frame, truth) < 22  # leaving the frame alone is no answer


def test_what_is_behind_composes_back_to_the_frame() -> None:
    _, frame = steam(0.5)
    found = veil.solve(frame, PLATE, np.full((H, W), 0.4, np.float32), TRUST, 100)
    behind = found.behind(frame)
    np.testing.assert_allclose(veil.composed(frame, behind, found, TRUST), frame, atol=0.01)


def test_without_a_plate_the_guess_stands() -> None:
    alpha, frame = steam(0.5)
    found = veil.solve(frame, np.zeros_like(PLATE), alpha, 0 * TRUST, 100, LIGHT)
    assert np.abs(found.alpha - alpha).mean() < 0.02
    np.testing.assert_allclose(found.airlight, LIGHT)


def test_the_airlight_moves_slowly_from_frame_to_frame() -> None:
    _, frame = steam(0.6)
    before = np.full(3, 150, np.float32)
    now = veil.airlight(frame, PLATE, steam(0.6)[0], TRUST, before)
    fresh = veil.airlight(frame, PLATE, steam(0.6)[0], TRUST)
    np.testing.assert_allclose(now, 0.8 * before + 0.2 * fresh, atol=0.01)


def test_no_veil_means_no_alpha() -> None:
    found = veil.solve(PLATE, PLATE, np.zeros((H, W), np.float32), TRUST, 100)
    assert found.alpha.max() == 0
    np.testing.assert_array_equal(veil.composed(PLATE, SWAPPED, found, 0 * TRUST), PLATE)


def test_in_eight_bits_it_lies_over_a_picture_and_is_lifted_off_again() -> None:
    alpha, frame = steam(0.6)
    found = veil.Veil(alpha, LIGHT)
    over = found.over(bytes_of(SWAPPED), alpha)
    assert over.dtype == np.uint8
    want = (1 - alpha[..., None]) * bytes_of(SWAPPED) + alpha[..., None] * LIGHT
    np.testing.assert_allclose(over, want, atol=0.51)
    back = found.lifted(bytes_of(frame), alpha)
    np.testing.assert_allclose(back, np.clip(found.behind(bytes_of(frame).astype(np.float32)), 0, 255), atol=0.51)
    assert psnr(back.astype(np.float32), PLATE) > 40
