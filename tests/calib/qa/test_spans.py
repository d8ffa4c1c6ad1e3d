"""Flagged places joined to spans."""

from dataclasses import replace

from calib.qa.reasons import QaReason
from calib.qa.spans import spans
from engines.values import Box
from tests.calib.qa.sequences import BOX, FPS, good

SEEN = [good(i) for i in range(100)]


def test_neighbours_and_short_gaps_are_one_span() -> None:
    [one, other] = spans(SEEN, {10: 0.6, 11: 0.2, 15: 0.5, 40: 0.1}, QaReason.CONFIDENCE)
    assert (one.first, one.last, one.frames) == (10, 15, 3)
    assert (one.start, one.end) == (10 / FPS, 15 / FPS)
    assert (other.first, other.last, other.start) == (40, 40, 40 / FPS)
    assert one.track == 0 and one.box == BOX and one.reason is QaReason.CONFIDENCE


def test_the_worst_is_what_is_farthest_beyond_the_bound() -> None:
    [small] = spans(SEEN, {10: 0.6, 11: 0.2, 12: 0.5}, QaReason.IDENTITY)
    assert (small.worst, small.at) == (0.2, 11)
    [large] = spans(SEEN, {10: 2.1, 11: 4.5, 12: 3.0}, QaReason.SEAM)
    assert (large.worst, large.at) == (4.5, 11)
    [dark] = spans(SEEN, {10: 0.2, 11: -0.4}, QaReason.LIGHT)
    assert (dark.worst, dark.at) == (-0.4, 11)


def test_frames_are_those_of_the_clip_and_not_places() -> None:
    moved = [replace(good(i + 500), box=Box(i, 0, i + 9, 9)) for i in range(20)]
    [one] = spans(moved, {3: 0.1, 4: 0.2}, QaReason.CONFIDENCE)
    assert (one.first, one.last, one.at) == (503, 504, 503) and one.box.x0 == 3


def test_nothing_flagged_is_no_span() -> None:
    assert spans(SEEN, {}, QaReason.LIGHT) == []
