"""Pairs: which frames with two people are the best."""

import pytest

from calib.identity.pairs import PairSeen, best_pairs
from engines.values import Box
from tests.calib.identity.candidates import candidate


def pair(seconds: float, blur: float = 300, right: float = 200, **second: float) -> PairSeen:
    """The second face begins at `right`; the first ends at 100."""
    a = candidate(int(seconds * 10), seconds, blur=blur)
    b = candidate(int(seconds * 10) + 1, seconds, blur=blur, **second)  # type: ignore[arg-type]
    return PairSeen((0, 1), (a, b), (Box(0, 0, 100, 100), Box(right, 50, right + 50, 100)))


def test_the_best_are_apart_in_time() -> None:
    seen = [pair(0, 100), pair(1, 400), pair(4, 300), pair(7, 200), pair(10, 90)]
    assert [p.candidates[0].seconds for p in best_pairs(seen)] == [1, 4, 7]


def test_faces_that_hide_one_another_count_less() -> None:
    clear, half = pair(0), pair(0, right=75)
    assert clear.overlap == 0 and half.overlap == pytest.approx(0.5)
    assert half.score == pytest.approx(clear.score - 0.5)
    assert pair(0, occlusion=0.2).score == pytest.approx(clear.score - 0.2)


def test_both_must_pass_the_strict_gate() -> None:
    assert pair(0).fit and not pair(0, occlusion=0.31).fit and not pair(0, blur=49).fit


def test_where_the_second_is_seen_from_the_first() -> None:
    assert pair(0).relation() == {"dx": 1.75, "dy": 0.25, "scale": 0.5}
