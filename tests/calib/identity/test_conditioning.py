"""The variants of conditioning, and weights of pictures."""

import pytest

from calib.identity.conditioning import SHARES, Variant, variant, weighted
from calib.identity.stopping import Coverage

FULL, POOR = Coverage(7, 5, 4), Coverage(2, 2, 2)


@pytest.mark.parametrize(
    ("drifting", "dark", "covered", "found"),
    [
        (0.1, 0.1, FULL, Variant.DEFAULT),
        (0.3, 0.5, POOR, Variant.DRIFT),
        (0.1, 0.3, POOR, Variant.DARK),
        (0.1, 0.1, POOR, Variant.SAME),
    ],
)
def test_what_was_frequent_chooses(drifting: float, dark: float, covered: Coverage, found: Variant) -> None:
    assert variant(drifting, dark, covered) is found


def test_the_shares_are_the_seeds() -> None:
    assert list(SHARES.values()) == [(20, 70, 10), (30, 60, 10), (15, 75, 10), (20, 65, 15)]
    assert all(sum(shares) == 100 for shares in SHARES.values())


def test_weights_share_out_each_sets_part() -> None:
    found = {one.path: one.weight for one in weighted(["a", "b"], ["c"], ["d"], Variant.DEFAULT)}
    assert found == pytest.approx({"a": 0.1, "b": 0.1, "c": 0.7, "d": 0.1})
    without = {one.path: one.weight for one in weighted(["a"], ["c"], [], Variant.DEFAULT)}
    assert without == pytest.approx({"a": 2 / 9, "c": 7 / 9})
    assert weighted([], [], [], Variant.DARK) == ()
