import numpy as np
import pytest

from engines.occlusion.glass import Glass
from engines.occlusion.inverted import (
    Mode,
    beside,
    combined,
    difference,
    laid,
    mixed,
    published,
    refracted,
    seen_through,
)
from engines.values import F32, U8
from tests.engines.scenes import bytes_of, cloud, picture, psnr

H, W = 64, 72
BEHIND, SWAPPED, THING = (picture(H, W, n) for n in (1, 2, 3))
FULL = np.ones((H, W), np.float32)


def under_thing(under: F32, alpha: F32) -> F32:
    a = alpha[..., None]
    return np.asarray((1 - a) * under + a * THING, np.float32)


@pytest.mark.parametrize("level", [0.0, 0.3, 0.5, 0.7, 1.0])
def test_the_difference_is_exact_when_everything_is_known(level: float) -> None:
    alpha = np.full((H, W), level, np.float32)
    out = difference(under_thing(BEHIND, alpha), SWAPPED, BEHIND, alpha, FULL)
    np.testing.assert_allclose(out, under_thing(SWAPPED, alpha), atol=1e-3)


@pytest.mark.parametrize("level", [0.3, 0.5, 0.7])
def test_it_beats_the_published_formula_by_far_more_than_three_decibels(level: float) -> None:
    rng = np.random.default_rng(4)
    alpha = np.clip(level + 0.2 * (cloud(H, W, 5) - 0.5), 0, 1).astype(np.float32)
    seen = np.clip(alpha + rng.normal(0, 0.05, alpha.shape), 0, 1).astype(np.float32)  # an alpha that is off
    plate = BEHIND + rng.normal(0, 6, BEHIND.shape).astype(np.float32)  # and a plate that is
    frame, truth = under_thing(BEHIND, alpha), under_thing(SWAPPED, alpha)
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
    frame = under_thing(BEHIND, alpha)
    for mode in Mode:
        out = combined(frame, SWAPPED, BEHIND, alpha, mask, mode)
        np.testing.assert_array_equal(out[:, :30], frame[:, :30])
        assert np.abs(out[:, 30:] - frame[:, 30:]).max() > 5


def test_beside_an_opaque_thing_what_lies_behind_its_edge_gives_way_to_the_swap() -> None:
    alpha = np.tile(np.linspace(0, 1, W, dtype=np.float32), (H, 1))
    frame, truth = bytes_of(under_thing(BEHIND, alpha)), under_thing(SWAPPED, alpha)
    for sure, least in ((FULL, 42.0), (0 * FULL, 15.0)):
        over = beside(frame, bytes_of(SWAPPED), BEHIND, sure)
        out = frame + (1 - alpha[..., None]) * (over - frame.astype(np.float32))
        assert psnr(np.asarray(out, np.float32), truth, (alpha > 0.03).astype(np.float32)) > least


def test_refraction_carries_the_change_along() -> None:
    shift = 3
    rho = np.full((H, W, 3), 0.8, np.float32)
    flow = np.zeros((H, W, 2), np.float32)
    flow[..., 0] = shift
    moved = np.roll(BEHIND, -shift, 1)
    shine = 20 * cloud(H, W, 7)[..., None]
    pane = Glass(rho, flow, FULL)
    frame = 0.8 * moved + shine
    want = (0.8 * np.roll(SWAPPED, -shift, 1) + shine)[:, :-shift]
    # where everything unexplained is to stay, all of the reflection does; else what of it is smooth
    kept = refracted(frame, SWAPPED, BEHIND, pane, FULL, FULL, FULL, W)
    np.testing.assert_allclose(kept[:, :-shift], want, atol=0.05)
    smooth = refracted(frame, SWAPPED, BEHIND, pane, FULL, FULL, 0 * FULL, W)
    assert np.abs(smooth[:, :-shift] - want).mean() < 0.5 * shine.mean()


def test_an_expression_that_the_plate_does_not_have_is_not_seen_through_glass() -> None:
    pane = Glass(np.full((H, W, 3), 0.8, np.float32), np.zeros((H, W, 2), np.float32), FULL)
    fold = np.zeros((H, W, 3), np.float32)
    fold[30:33, 10:60] = -40  # dark, as a fold is
    frame, want = 0.8 * (BEHIND + fold), 0.8 * SWAPPED
    gone = refracted(frame, SWAPPED, BEHIND, pane, FULL, FULL, 0 * FULL, W)
    np.testing.assert_allclose(gone, want, atol=0.5)
    own = np.zeros((H, W), np.float32)
    own[:, :36] = 1
    half = refracted(frame, SWAPPED, BEHIND, pane, FULL, FULL, own, W)
    np.testing.assert_allclose(half[:, :36], np.clip(want + 0.8 * fold, 0, 255)[:, :36], atol=0.5)
    np.testing.assert_allclose(half[:, 36:], want[:, 36:], atol=0.5)


def test_a_highlight_stays_on_the_glass() -> None:
    pane = Glass(np.full((H, W, 3), 0.8, np.float32), np.zeros((H, W, 2), np.float32), FULL)
    spark = np.zeros((H, W, 3), np.float32)
    spark[20:32, 20:32] = 60
    out = refracted(0.6 * BEHIND + spark, 0.75 * SWAPPED, 0.75 * BEHIND, pane, FULL, FULL, 0 * FULL, W)
    np.testing.assert_allclose(out[23:29, 23:29], (0.6 * SWAPPED + spark)[23:29, 23:29], atol=2)


def test_beside_the_glass_the_swap_is_plain() -> None:
    region = FULL.copy()
    region[:, 36:] = 0
    pane = Glass(np.ones((H, W, 3), np.float32), np.zeros((H, W, 2), np.float32), region)
    out = refracted(BEHIND, SWAPPED, BEHIND, pane, FULL, FULL, FULL, W)
    np.testing.assert_allclose(out, SWAPPED, atol=1e-3)


def test_what_is_laid_for_glass_gives_the_refracted_frame() -> None:
    rng = np.random.default_rng(3)
    region, mask = np.zeros((H, W), np.float32), np.zeros((H, W), np.float32)
    region[10:50, 20:60] = 1
    mask[4:60, 4:66] = 1
    mask = np.asarray(np.clip(mask * cloud(H, W, 9) * 1.6, 0, 1), np.float32)
    rho = np.asarray(0.7 + 0.2 * rng.random((H, W, 3)), np.float32)
    flow = np.asarray(rng.normal(0, 2, (H, W, 2)), np.float32)
    frame = bytes_of(BEHIND)
    fine = (frame.astype(np.float32), bytes_of(SWAPPED).astype(np.float32), BEHIND, Glass(rho, flow, region))
    want = refracted(*fine, mask, FULL, 0 * FULL, W)
    change, rim = seen_through(*fine, mask, FULL, 0 * FULL, W)
    over, alpha = laid(frame, bytes_of(SWAPPED), mask, change, rim)
    got = frame + alpha[..., None] * (over - frame.astype(np.float32))
    core = mask > 0.3
    assert np.abs(got - want)[core].max() < 1.01
    assert alpha[mask == 0].max() == 0
    assert (alpha[mask >= 0.25] == 1).all()


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0, -0.5])
def test_two_pictures_are_mixed_and_rounded(share: float) -> None:
    frame: U8 = bytes_of(BEHIND)
    want = np.clip(frame + share * (SWAPPED - frame), 0, 255)
    got = mixed(frame, SWAPPED, np.full((H, W), share, np.float32))
    assert got.dtype == np.uint8
    np.testing.assert_allclose(got, want, atol=0.51)
