import numpy as np
import pytest

from engines.inverted import Mode, combined, difference, opaque, published, refracted
from engines.values import F32
from tests.engines.scenes import cloud, picture, psnr

H, W = 64, 72
BEHIND, SWAPPED, THING = (picture(H, W, n) for n in (1, 2, 3))
FULL = np.ones((H, W), np.float32)


def laid(under: F32, alpha: F32) -> F32:
    a = alpha[..., None]
    return np.asarray((1 - a) * under + a * THING, np.float32)


@pytest.mark.parametrize("level", [0.0, 0.3, 0.5, 0.7, 1.0])
def test_the_difference_is_exact_when_everything_is_known(level: float) -> None:
    alpha = np.full((H, W), level, np.float32)
    out = difference(laid(BEHIND, alpha), SWAPPED, BEHIND, alpha, FULL)
    np.testing.assert_allclose(out, laid(SWAPPED, alpha), atol=1e-3)


@pytest.mark.parametrize("level", [0.3, 0.5, 0.7])
def test_it_beats_the_published_formula_by_far_more_than_three_decibels(level: float) -> None:
    rng = np.random.default_rng(4)
    alpha = np.clip(level + 0.2 * (cloud(H, W, 5) - 0.5), 0, 1).astype(np.float32)
    seen = np.clip(alpha + rng.normal(0, 0.05, alpha.shape), 0, 1).astype(np.float32)  # an alpha that is off
    plate = BEHIND + rng.normal(0, 6, BEHIND.shape).astype(np.float32)  # and a plate that is
    frame, truth = laid(BEHIND, alpha), laid(SWAPPED, alpha)
    ours = psnr(combined(frame, SWAPPED, plate, seen, FULL), truth)
    theirs = psnr(combined(frame, SWAPPED, plate, seen, FULL, Mode.PUBLISHED), truth)
    assert ours >= theirs + 3


def test_the_published_formula_lets_the_old_face_through() -> None:
    alpha = np.full((H, W), 0.5, np.float32)
    black = np.zeros_like(SWAPPED)
    out = published(0.5 * THING + 0.5 * BEHIND, black, alpha, FULL)
    np.testing.assert_allclose(out, 0.25 * THING + 0.25 * BEHIND, atol=1e-3)


def test_outside_the_mask_nothing_changes() -> None:
    mask = FULL.copy()
    mask[:, :30] = 0
    alpha = np.full((H, W), 0.4, np.float32)
    frame = laid(BEHIND, alpha)
    for mode in Mode:
        out = combined(frame, SWAPPED, BEHIND, alpha, mask, mode)
        np.testing.assert_array_equal(out[:, :30], frame[:, :30])
        assert np.abs(out[:, 30:] - frame[:, 30:]).max() > 5


def test_under_something_opaque_the_frame_stays_and_beside_it_the_swap_shows() -> None:
    alpha = np.zeros((H, W), np.float32)
    alpha[:, :40] = 1
    out = opaque(laid(BEHIND, alpha), SWAPPED, BEHIND, FULL, alpha, FULL)
    np.testing.assert_allclose(out[:, :40], THING[:, :40], atol=1e-4)
    np.testing.assert_allclose(out[:, 40:], SWAPPED[:, 40:], atol=1e-4)


def test_a_soft_edge_is_exact_with_a_plate_and_nearer_to_the_thing_without() -> None:
    alpha = np.tile(np.linspace(0, 1, W, dtype=np.float32), (H, 1))
    frame, truth = laid(BEHIND, alpha), laid(SWAPPED, alpha)
    known = opaque(frame, SWAPPED, BEHIND, FULL, alpha, FULL)
    assert psnr(known, truth, (alpha > 0.03).astype(np.float32)) > 60
    unknown = opaque(frame, SWAPPED, np.zeros_like(BEHIND), 0 * FULL, alpha, FULL)
    assert psnr(unknown, truth) > 22
    assert np.abs(unknown[:, -6:] - THING[:, -6:]).max() < 12


def test_refraction_carries_the_change_along() -> None:
    shift = 3
    rho = np.full((H, W, 3), 0.8, np.float32)
    flow = np.zeros((H, W, 2), np.float32)
    flow[..., 0] = shift
    moved = np.roll(BEHIND, -shift, 1)
    shine = 20 * cloud(H, W, 7)[..., None]
    out = refracted(0.8 * moved + shine, SWAPPED, BEHIND, rho, flow, FULL, FULL, FULL)
    want = 0.8 * np.roll(SWAPPED, -shift, 1) + shine
    np.testing.assert_allclose(out[:, :-shift], want[:, :-shift], atol=0.05)


def test_beside_the_glass_the_swap_is_plain() -> None:
    region = FULL.copy()
    region[:, 36:] = 0
    out = refracted(
        BEHIND, SWAPPED, BEHIND, np.ones((H, W, 3), np.float32), np.zeros((H, W, 2), np.float32), region, FULL, FULL
    )
    np.testing.assert_allclose(out, SWAPPED, atol=1e-3)
