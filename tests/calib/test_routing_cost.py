"""What fitting lowers, by hand: wrongly routed frames, and changes of mind that nobody asked for."""

import numpy as np
import pytest

from calib.routing import GRID, SWITCH, UNSURE, Sequence, fit, quality
from calib.thresholds import Thresholds
from engines.values import F32

HARD = Thresholds(keep=0.0, enter=0.5, enter_frames=1, leave=0.4, leave_frames=1, dwell=1, sure=0.0)


def shown(*classes: int) -> F32:
    return (5 * np.eye(3, dtype=np.float32)[list(classes)]).astype(np.float32)


def cost(seen: tuple[int, ...], labels: tuple[int, ...], thresholds: Thresholds = HARD) -> float:
    return quality([Sequence(shown(*seen), np.array(labels))], thresholds).cost


def test_what_is_right_costs_nothing() -> None:
    assert cost((0, 0, 1, 1, 2, 2), (0, 0, 1, 1, 2, 2)) == 0


def test_a_wrong_frame_costs_one_and_each_needless_change_half_of_it() -> None:
    """One flicker: one frame wrong, and two changes more than the labels make."""
    assert cost((0, 0, 1, 0, 0, 0), (0,) * 6) == pytest.approx((1 + 2 * SWITCH) / 6)


def test_where_nobody_knows_a_flicker_costs_its_changes_alone() -> None:
    assert cost((0, 0, 1, 0, 0, 0), (0, 0, UNSURE, 0, 0, 0)) == pytest.approx(2 * SWITCH / 6)


def test_fewer_changes_than_wanted_earn_nothing() -> None:
    assert cost((0, 0, 0, 0), (0, 1, 0, 0)) == pytest.approx(1 / 4)


def test_sequences_are_pooled_by_their_frames() -> None:
    right = Sequence(shown(*[0] * 9), np.zeros(9, np.int64))
    wrong = Sequence(shown(1), np.zeros(1, np.int64))
    found = quality([right, wrong], HARD)
    assert found.accuracy == pytest.approx(0.9)
    assert found.cost == pytest.approx(0.1)


def test_fitting_learns_to_wait_where_it_flickers_and_not_where_it_does_not() -> None:
    """Single frames that are wrong, or a class that changes often and is always right."""
    rng = np.random.default_rng(1)
    steady = np.repeat(rng.integers(0, 3, 12), 12)
    flicker = steady.copy()
    flicker[5::13] = (flicker[5::13] + 1) % 3
    quick = np.repeat(rng.permutation(np.tile([0, 1, 2], 20)), 2)
    waits = fit([Sequence(shown(*flicker), steady)], 1.0)
    jumps = fit([Sequence(shown(*quick), quick)], 1.0)
    assert quality([Sequence(shown(*flicker), steady)], waits).accuracy > 0.85
    assert quality([Sequence(shown(*quick), quick)], jumps).cost < quality([Sequence(shown(*quick), quick)], waits).cost
    assert waits.enter_frames + waits.dwell + 10 * waits.keep > jumps.enter_frames + jumps.dwell + 10 * jumps.keep


def test_no_thresholds_are_tried_that_could_not_work() -> None:
    assert max(GRID["leave"]) < min(GRID["enter"])
    for name, values in GRID.items():
        assert hasattr(Thresholds(), name)
        assert sorted(set(values)) == list(values)
