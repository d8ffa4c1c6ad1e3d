import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calib.temperature import I64, crossed, fit, log_loss, softmax
from engines.values import F32


def drawn(heat: float, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits `heat` times too sharp, and labels drawn from the honest ones."""
    rng = np.random.default_rng(3)
    honest = rng.normal(0, 1.5, (count, 3)).astype(np.float32)
    p = softmax(honest)
    labels = (p.cumsum(1) < rng.random((count, 1))).sum(1).clip(0, 2)
    return (honest * np.float32(heat)).astype(np.float32), labels


@pytest.mark.parametrize("heat", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_what_made_the_logits_too_sharp(heat: float) -> None:
    logits, labels = drawn(heat)
    assert fit(logits, labels) == pytest.approx(heat, rel=0.08)


def test_log_loss_falls() -> None:
    logits, labels = drawn(3.0)
    assert log_loss(logits, labels, fit(logits, labels)) < log_loss(logits, labels) - 0.1


def test_log_loss_by_hand() -> None:
    logits = np.array([[0, 0, 0], [np.log(2), 0, 0]], np.float32)
    assert log_loss(logits, np.array([1, 0])) == pytest.approx((np.log(3) + np.log(2)) / 2)


@given(st.lists(st.floats(-500, 500), min_size=3, max_size=3), st.floats(0.1, 10))
def test_probabilities_sum_to_one_however_large_the_logits(row: list[float], heat: float) -> None:
    p = softmax(np.array([row], np.float32), heat)
    assert np.isfinite(p).all()
    assert float(p.sum()) == pytest.approx(1, abs=1e-5)
    assert p[0, int(np.argmax(np.array(row, np.float32)))] == p.max()  # another may be as likely to the last digit


def test_nothing_to_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="no labelled"):
        fit(np.zeros((0, 3), np.float32), np.zeros(0, np.int64))


def answers(seed: int, count: int, heat: float) -> tuple[F32, I64]:
    """Answers whose probabilities are honest at temperature `heat`."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 2, (count, 3)).astype(np.float32)
    cumulative = softmax(honest).cumsum(1)
    labels = (rng.random((count, 1)) > cumulative).sum(1).clip(0, 2)
    return (honest * np.float32(heat)).astype(np.float32), labels.astype(np.int64)


@pytest.mark.parametrize("heat", [0.5, 2.5])
def test_two_halves_find_the_temperature_together(heat: float) -> None:
    logits, labels = answers(1, 4000, heat)
    found, p = crossed(logits, labels)
    assert found == pytest.approx(heat, rel=0.08)
    assert np.abs(p - softmax(logits, heat)).max() < 0.05
    mean = -np.log(p[np.arange(4000), labels]).mean()
    assert mean < log_loss(logits, labels) - 0.01


def test_a_temperature_that_helps_only_where_it_was_fitted_is_not_taken() -> None:
    """Few honest answers: chance alone asks for a temperature, and each half for another."""
    kept = 0
    for seed in range(12):
        logits, labels = answers(seed, 60, 1.0)
        found, p = crossed(logits, labels)
        if found == 1.0:
            kept += 1
            np.testing.assert_array_equal(p, softmax(logits))
        assert -np.log(p[np.arange(60), labels]).mean() <= log_loss(logits, labels) + 1e-6
    assert kept >= 6
