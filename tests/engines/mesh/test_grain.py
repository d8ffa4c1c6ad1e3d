"""Detail is brought to the target's strength, within bounds, slowly, and brightness stays."""

import cv2
import numpy as np
import pytest

from engines.mesh.grain import EVERY, Grain
from engines.values import F32


def noisy(strength: float, seed: int = 0, sigma: float = 0.0, level: float = 120.0) -> F32:
    random = np.random.default_rng(seed)
    grain = random.normal(0, 1, (80, 80)).astype(np.float32)
    if sigma:
        grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), sigma), np.float32)
        grain /= grain.std()
    return np.repeat(level + strength * grain[..., None], 3, 2).astype(np.float32)


def roughness(image: F32) -> float:
    grey = image.mean(2)
    return float(np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 0.8)).mean())


ALL = np.ones((80, 80), np.float32)


def test_like_detail_stays_as_it_is() -> None:
    image = noisy(5)
    assert np.abs(Grain().match(image, image, ALL, 0.04) - image).max() < 0.1


@pytest.mark.parametrize("factor", [0.7, 0.85, 1.2])
def test_detail_takes_the_targets_strength(factor: float) -> None:
    painted, target = noisy(5), noisy(5 * factor, seed=9)
    got = Grain().match(painted, target, ALL, 0.04)
    assert roughness(got) == pytest.approx(roughness(target), rel=0.08)


def test_the_gain_is_bounded() -> None:
    flat, rough = noisy(0.01), noisy(40, seed=3)
    assert roughness(Grain().match(noisy(5), flat, ALL, 0.04)) > 0.2 * roughness(noisy(5))
    assert roughness(Grain().match(noisy(5), rough, ALL, 0.04)) < 2 * roughness(noisy(5))
    assert np.isfinite(Grain().match(np.full((80, 80, 3), 9, np.float32), rough, ALL, 0.04)).all()


def test_brightness_and_colour_stay() -> None:
    painted = noisy(5) * np.array([1.2, 1.0, 0.8], np.float32)
    got = Grain().match(painted, noisy(8, seed=2), ALL, 0.04)
    assert np.abs(got.mean((0, 1)) - painted.mean((0, 1))).max() < 0.1
    # only grey detail is added: differences between channels stay
    assert np.abs((got - painted) - (got - painted)[..., :1]).max() < 1e-3


def test_only_what_lies_inside_the_mask_is_measured() -> None:
    mask = ALL.copy()
    mask[:, 40:] = 0
    target = noisy(5)
    target[:, 40:] = noisy(60, seed=5)[:, 40:]
    painted = noisy(5)
    got = Grain().match(painted, target, mask, 0.04)
    assert roughness(got[:, :36]) == pytest.approx(roughness(painted[:, :36]), rel=0.05)


def test_without_enough_pixels_nothing_is_done() -> None:
    mask = np.zeros((80, 80), np.float32)
    mask[:5, :5] = 1
    painted = noisy(5)
    assert np.array_equal(Grain().match(painted, noisy(20), mask, 0.04), painted)


def test_the_gain_is_kept_while_nothing_can_be_measured() -> None:
    grain = Grain()
    painted, target = noisy(5), noisy(3.5, seed=1)
    first = grain.match(painted, target, ALL, 0.04)
    again = grain.match(painted, target, np.zeros_like(ALL), 0.04)
    assert np.abs(first - again).max() < 1e-4


def test_change_is_slow_and_in_seconds_not_frames() -> None:
    """After the same time the gain is the same, however many frames it took; a single frame moves it little."""
    soft, even = noisy(3.6, seed=1), noisy(5)
    after = []
    for rate in (15, 60):
        grain = Grain()
        grain.match(even, even, ALL, 0.0)
        one = roughness(grain.match(even, soft, ALL, 1 / rate))
        assert one > 0.9 * roughness(even)
        for _ in range(rate // 2 - 1):
            got = grain.match(even, soft, ALL, 1 / rate)
        after.append(roughness(got))
    assert after[0] == pytest.approx(after[1], rel=0.02)
    assert after[0] < 0.9 * roughness(even)


def test_a_long_gap_does_not_overshoot() -> None:
    grain = Grain()
    even, soft = noisy(5), noisy(3.6, seed=1)
    grain.match(even, even, ALL, 0.0)
    got = grain.match(even, soft, ALL, 1000.0)
    assert roughness(got) == pytest.approx(roughness(soft), rel=0.08)
    # time standing still divides by nothing
    assert np.isfinite(grain.match(even, soft, ALL, 0.0)).all()


def test_between_measurements_the_gains_stand_still() -> None:
    """A frame sooner than EVERY after a measurement is not measured; the time it took counts in the next one."""
    grain, twin = Grain(), Grain()
    even, soft = noisy(5), noisy(3.6, seed=1)
    for one in (grain, twin):
        one.match(even, even, ALL, 0.0)
    before = grain.match(even, even, ALL, 0.0)
    assert np.array_equal(grain.match(even, soft, ALL, 0.6 * EVERY), before)
    later = grain.match(even, soft, ALL, 0.6 * EVERY)
    assert not np.array_equal(later, before)
    assert np.allclose(later, twin.match(even, soft, ALL, 1.2 * EVERY), atol=1e-4)
