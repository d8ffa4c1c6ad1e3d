"""Which stretches are painted anew."""

from calib.qa.reasons import QaReason
from calib.qa.spans import FlaggedSpan
from engines.values import Box
from stream.qa.repairing import RepairStretch, stretches

TIMES = [i / 25 for i in range(100)]


def span(first: int, last: int) -> FlaggedSpan:
    box = Box(0, 0, 9, 9)
    return FlaggedSpan(0, QaReason.MISSED, first, last, TIMES[first], TIMES[last], last - first + 1, 0.0, first, box)


def test_a_stretch_overlaps_what_is_not_flagged_by_a_fifth_of_a_second() -> None:
    assert stretches([span(40, 50)], TIMES) == [RepairStretch(35, 55)]


def test_it_ends_where_the_clip_does() -> None:
    assert stretches([span(0, 2), span(98, 99)], TIMES) == [RepairStretch(0, 7), RepairStretch(93, 99)]


def test_what_overlaps_is_one_stretch_and_the_order_does_not_matter() -> None:
    assert stretches([span(60, 62), span(20, 30), span(25, 28), span(38, 40)], TIMES) == [
        RepairStretch(15, 45),
        RepairStretch(55, 67),
    ]
    assert stretches([], TIMES) == []
