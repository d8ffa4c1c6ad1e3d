"""Ranges from collected activations: each method on spreads whose right answer is known."""

from collections.abc import Iterable, Mapping

import numpy as np
import pytest

from calib.int8 import BINS, METHODS, Spread, empty, entropy, minmax, percentile, ranges
from engines.backends.reference import ReferenceEngine
from engines.graph.quantise import Range
from engines.protocol import Spec
from engines.values import F32, Array

RNG = np.random.default_rng(0)


def spread(values: F32) -> Spread:
    return empty(float(values.min()), float(values.max())).counted(values)


def normal_with(outlier: float, n: int = 200_000) -> F32:
    return np.append(RNG.standard_normal(n), outlier).astype(np.float32)


def test_every_value_is_counted_once() -> None:
    values = np.array([-1, -1, 0, 3], np.float32)
    counts = spread(values).counts
    assert counts.sum() == 4 and counts[0] == 2 and counts[-1] == 1 and counts[BINS // 4] == 1


def test_values_beyond_the_ends_count_at_the_ends() -> None:
    counts = empty(0, 1).counted(np.array([-5, 7, 7], np.float32)).counts
    assert (counts[0], counts[-1]) == (1, 2)


def test_minmax_is_all() -> None:
    assert minmax(spread(np.array([-2, 5], np.float32))) == Range(-2, 5)


def test_percentile_leaves_the_rare_out() -> None:
    """One value of 100 among 200,000 within 5: the range must not be stretched to it."""
    found = percentile(spread(normal_with(100)), 0.9999)
    assert 3.5 < found.high < 4.6 and -4.6 < found.low < -3.5
    assert percentile(spread(normal_with(100)), 1.0).high == pytest.approx(100, rel=1e-3)


def test_percentile_of_a_flat_spread_is_its_share() -> None:
    found = percentile(spread(np.linspace(0, 1, 100_001, dtype=np.float32)), 0.9)
    assert found.low == pytest.approx(0.05, abs=2e-3) and found.high == pytest.approx(0.95, abs=2e-3)


def test_entropy_cuts_an_empty_tail_and_keeps_a_full_one() -> None:
    assert entropy(spread(normal_with(40))).high < 20
    flat = RNG.uniform(-1, 1, 200_000).astype(np.float32)
    assert entropy(spread(flat)).high > 0.93


def test_entropy_of_values_of_one_sign_begins_or_ends_at_zero() -> None:
    """Zero is always within, and the side on which nothing lies is not searched."""
    values = RNG.uniform(1, 2, 50_000).astype(np.float32)
    above, below = entropy(spread(values)), entropy(spread(-values))
    assert above.low == 0 and 1.8 < above.high < 2.1
    assert below.high == 0 and -2.1 < below.low < -1.8


def test_entropy_never_cuts_all_that_there_is() -> None:
    """One value far out on an empty range: the end keeps it."""
    found = entropy(spread(np.array([0.0, 1000.0] * 1000, np.float32)), candidates=8)
    assert found.high == pytest.approx(1000, rel=0.01)


def quantised(values: F32, span: Range) -> F32:
    whole = span.whole()
    step = (whole.high - whole.low) / 255
    return np.asarray(np.clip(np.round((values - whole.low) / step), 0, 255) * step + whole.low, np.float32)


@pytest.mark.parametrize("method", [percentile, entropy])
def test_a_tighter_range_rounds_the_common_values_less(method: object) -> None:
    values = normal_with(60)
    seen = spread(values)
    common = np.abs(values) < 3

    def error(span: Range) -> float:
        return float(np.abs(quantised(values, span) - values)[common].mean())

    assert callable(method)
    assert error(method(seen)) < error(minmax(seen)) / 2


@pytest.mark.parametrize("method", METHODS)
def test_ranges_of_inputs_and_outputs_over_batches(method: str) -> None:
    def function(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"y": np.maximum(np.asarray(feeds["x"], np.float32), 0) * np.float32(3)}

    spec = Spec((-1, 4), "float32")
    session = ReferenceEngine({"x": spec}, {"y": spec}, function).session()
    runs = 0

    def feeds() -> Iterable[Mapping[str, Array]]:
        nonlocal runs
        runs += 1
        rng = np.random.default_rng(4)
        for _ in range(50):
            yield {"x": rng.uniform(-2, 1, (64, 4)).astype(np.float32)}

    found = ranges(session, ["x", "y"], feeds, method)
    assert found["x"].low == pytest.approx(-2, abs=0.1) and found["x"].high == pytest.approx(1, abs=0.1)
    assert found["y"].low == pytest.approx(0, abs=1e-6) and found["y"].high == pytest.approx(3, abs=0.25)
    assert runs == (1 if method == "minmax" else 2)
