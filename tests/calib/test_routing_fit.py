import numpy as np
import pytest

from calib.routing import UNSURE, Sequence, fit, quality, switches
from calib.thresholds import Thresholds


def sequence(seed: int, flip: float = 0.0, lag: int = 0, length: int = 60) -> Sequence:
    """A third clear, a third one kind, a third clear; logits noisy, some frames flipped to another class."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(length, np.int64)
    labels[length // 3 : 2 * length // 3] = 1 + seed % 2
    shown = np.roll(labels, lag)
    flipped = rng.random(length) < flip
    shown = np.where(flipped, (shown + 1 + rng.integers(0, 2, length)) % 3, shown)
    logits = rng.normal(0, 0.3, (length, 3)).astype(np.float32)
    logits[np.arange(length), shown] += 3
    return Sequence(logits, labels)


def test_switches_are_counted_over_sure_frames() -> None:
    assert switches(np.array([0, 0, UNSURE, 1, 1, UNSURE, 1, 0, 2])) == 3
    assert switches(np.array([UNSURE, UNSURE])) == 0


def test_quality_by_hand() -> None:
    hard = Thresholds(keep=0.0, enter=0.5, enter_frames=1, leave=0.4, leave_frames=1, dwell=1, sure=0.0)
    logits = np.array([[5, 0, 0], [0, 5, 0], [0, 5, 0], [5, 0, 0]], np.float32)
    found = quality([Sequence(logits, np.array([0, 1, 0, UNSURE]))], hard)
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.switches == 50
    assert found.wanted == 50
    assert found.cost == pytest.approx(1 / 4)


def test_fitting_lowers_the_cost_of_a_flickering_classifier() -> None:
    noisy = [sequence(n, flip=0.12) for n in range(4)]
    before, found = Thresholds(keep=0.0, enter_frames=1, leave_frames=1, dwell=1), fit(noisy, 1.0, 1)
    assert quality(noisy, found).cost < quality(noisy, before).cost
    fresh = [sequence(n, flip=0.12) for n in range(20, 24)]
    assert quality(fresh, found).accuracy > 0.88
    assert quality(fresh, found).switches < 10


def test_the_temperature_is_kept() -> None:
    assert fit([sequence(1)], 1.7, 1).temperature == 1.7


def test_sequences_without_a_sure_frame_are_refused() -> None:
    with pytest.raises(ValueError, match="no labelled frame"):
        quality([Sequence(np.zeros((3, 3), np.float32), np.full(3, UNSURE))], Thresholds())
