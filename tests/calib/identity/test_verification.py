"""FAR, FRR and the bound, on likenesses that are counted by hand."""

import numpy as np
import pytest

from calib.identity.verification import Pairs, paired
from engines.errors import InputError
from engines.nets.embedder import Metric


def test_rates_count_pairs_on_their_side_of_the_bound() -> None:
    pairs = Pairs(np.array([0.9, 0.8, 0.5, 0.3], np.float32), np.array([0.6, 0.2, 0.1, 0.0], np.float32))
    assert (pairs.far(0.5), pairs.frr(0.5)) == (0.25, 0.5)
    assert (pairs.far(0.7), pairs.frr(0.2)) == (0.0, 0.0)


def test_the_bound_lets_no_more_strangers_pass_than_it_may() -> None:
    pairs = Pairs(np.ones(1, np.float32), np.linspace(0, 1, 1001).astype(np.float32))
    assert pairs.far(pairs.bound_at(0.001)) <= 0.001
    assert pairs.far(pairs.bound_at(0.1)) == pytest.approx(0.1, abs=1e-3)
    few = Pairs(np.ones(1, np.float32), np.array([0.1, 0.4], np.float32))
    assert few.bound_at(0.001) == pytest.approx(0.4) and few.far(few.bound_at(0.001)) == 0
    assert few.surest_far == 0.5


def test_every_pair_is_compared_once() -> None:
    vectors = np.array([[0, 0], [0.1, 0], [1, 0], [1, 0.2]], np.float32)
    pairs = paired(vectors, ["a", "a", "b", "b"], Metric.EUCLIDEAN)
    np.testing.assert_allclose(sorted(pairs.genuine), [0.8, 0.9], atol=1e-6)
    assert len(pairs.impostor) == 4 and pairs.impostor.max() == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize("people", [["a", "a"], ["a", "b"]])
def test_one_person_alone_or_no_pair_of_one_is_refused(people: list[str]) -> None:
    with pytest.raises(InputError, match="at least two people"):
        paired(np.eye(2, dtype=np.float32), people, Metric.COSINE)
