"""Checks of single frames, by value."""

from dataclasses import replace

import pytest

from calib.qa import still
from calib.qa.bounds import QaBounds
from tests.calib.qa.sequences import alone, beside, clip, good

BOUNDS = QaBounds(identity=0.4, own=0.5)


def test_nothing_is_flagged_in_a_good_swap() -> None:
    seen = [good(i) for i in range(60)]
    for check in (still.unsure, still.missed, still.seams, still.strangers):
        assert check(seen, BOUNDS) == {}


def test_a_confidence_under_the_bound_is_flagged_with_its_value() -> None:
    seen = clip(20, lambda one: replace(one, confidence=0.69), 5, 7)
    assert still.unsure(seen, BOUNDS) == {5: 0.69, 6: 0.69, 7: 0.69}
    assert still.unsure(clip(20, lambda one: replace(one, confidence=0.7), 5, 7), BOUNDS) == {}


def test_a_face_is_missed_where_it_differs_by_no_more_than_coding_does() -> None:
    seen = clip(20, lambda one: beside(one, changed=3.0, coding=2.5), 4, 6)
    assert still.missed(seen, BOUNDS) == pytest.approx({4: 0.5, 5: 0.5, 6: 0.5})
    assert still.missed(clip(20, lambda one: beside(one, changed=5.0, coding=2.5), 4, 6), BOUNDS) == {}
    assert still.missed(alone(seen), BOUNDS) == {}


def test_a_face_that_is_not_seen_is_not_taken_for_missed() -> None:
    unseen = clip(20, lambda one: replace(beside(one, changed=0, coding=0), confidence=0.0), 4, 6)
    assert still.missed(unseen, BOUNDS) == {}
    assert list(still.unsure(unseen, BOUNDS)) == [4, 5, 6]


def test_a_seam_is_a_boundary_with_more_edge_than_the_original_has() -> None:
    assert list(still.seams(clip(20, lambda one: beside(one, seam=2.5), 4, 6), BOUNDS)) == [4, 5, 6]
    assert still.seams(clip(20, lambda one: beside(one, seam=None), 4, 6), BOUNDS) == {}


def test_a_stranger_is_less_like_the_source_than_the_bound() -> None:
    seen = clip(40, lambda one: replace(one, likeness=0.3), 10, 25)
    assert list(still.strangers(seen, BOUNDS)) == list(range(10, 26))
    assert list(still.strangers(alone(seen), BOUNDS)) == list(range(10, 26))


def test_one_noisy_frame_is_no_stranger() -> None:
    assert still.strangers(clip(40, lambda one: replace(one, likeness=0.3), 10, 10), BOUNDS) == {}


def test_a_face_that_is_surely_the_original_s_own_is_a_stranger_whatever_the_source() -> None:
    through = clip(40, lambda one: beside(replace(one, likeness=0.45), own=0.7), 10, 25)
    assert list(still.strangers(through, BOUNDS)) == list(range(10, 26))
    twins = clip(40, lambda one: beside(replace(one, likeness=0.75), own=0.7), 10, 25)
    assert still.strangers(twins, BOUNDS) == {}


def test_without_a_bound_or_a_likeness_identity_is_not_judged() -> None:
    seen = clip(40, lambda one: replace(one, likeness=0.1), 10, 25)
    assert still.strangers(seen, QaBounds()) == {}
    assert still.strangers([replace(one, likeness=None) for one in seen], BOUNDS) == {}
