import numpy as np
import pytest

from calib.ece import ece, reliability


def answers(confidence: float, right: int, wrong: int) -> tuple[np.ndarray, np.ndarray]:
    p = np.tile([confidence, 1 - confidence, 0.0], (right + wrong, 1)).astype(np.float32)
    return p, np.array([0] * right + [1] * wrong)


def test_honest_answers_have_no_error() -> None:
    assert ece(*answers(0.75, 75, 25)) == pytest.approx(0, abs=1e-6)


def test_boasting_is_measured() -> None:
    assert ece(*answers(0.9, 60, 40)) == pytest.approx(0.3, abs=1e-6)


def test_modesty_is_measured_alike() -> None:
    assert ece(*answers(0.6, 100, 0)) == pytest.approx(0.4, abs=1e-6)


def test_bins_are_weighted_by_what_is_in_them() -> None:
    a, b = answers(0.9, 60, 40), answers(0.7, 210, 90)
    both = np.concatenate([a[0], b[0]]), np.concatenate([a[1], b[1]])
    assert ece(*both) == pytest.approx(0.25 * 0.3 + 0.75 * 0.0, abs=1e-6)


def test_errors_that_lie_in_one_bin_cancel_and_in_two_do_not() -> None:
    boast, modest = answers(0.72, 50, 50), answers(0.72, 94, 6)
    together = np.concatenate([boast[0], modest[0]]), np.concatenate([boast[1], modest[1]])
    assert ece(*together) < 1e-6
    assert len(reliability(*together)) == 1


def test_certainty_falls_into_the_last_bin() -> None:
    found = reliability(np.array([[1.0, 0, 0]], np.float32), np.array([0]))
    assert [(b.confidence, b.accuracy, b.count) for b in found] == [(1.0, 1.0, 1)]


def test_nothing_has_no_error() -> None:
    assert ece(np.zeros((0, 3), np.float32), np.zeros(0, np.int64)) == 0
