"""A clip's figures to its spans."""

from dataclasses import replace

from calib.qa.bounds import QaBounds
from calib.qa.figures import FaceFigures, Motion
from calib.qa.judging import flagged_frames, judge
from calib.qa.reasons import QaReason
from tests.calib.qa.sequences import beside, clip, good

BOUNDS = QaBounds(identity=0.4, own=0.5)


def test_each_fault_is_told_by_its_own_reason_in_the_order_of_time() -> None:
    seen = [good(i) for i in range(260)]
    seen[20:30] = [replace(one, confidence=0.5) for one in seen[20:30]]
    seen[60:75] = [replace(one, likeness=0.2) for one in seen[60:75]]
    seen[100:112] = [replace(one, level=1.4 * one.level) for one in seen[100:112]]
    seen[150:170] = [replace(one, mouth=0.1) for one in seen[150:170]]
    seen[200:205] = [beside(one, seam=3.0) for one in seen[200:205]]
    found = judge(seen, BOUNDS)
    assert [span.reason for span in found] == [
        QaReason.CONFIDENCE,
        QaReason.IDENTITY,
        QaReason.LIGHT,
        QaReason.MOUTH,
        QaReason.SEAM,
    ]
    assert [span.first for span in found[:3]] == [20, 60, 100]


def missing(one: FaceFigures) -> FaceFigures:
    """The original's own frame: its face, its light, its mouth, another motion."""
    shown = beside(replace(one, likeness=0.1, level=150, mouth=0.1, motion=Motion(20, 1)), changed=0.4, coding=0.5)
    return beside(shown, own=0.95, seam=5.0)


def test_a_face_that_was_missed_is_flagged_for_that_alone() -> None:
    [span] = judge(clip(100, missing, 40, 50), BOUNDS)
    assert (span.reason, span.first, span.last) == (QaReason.MISSED, 40, 50)


def test_what_was_missed_makes_no_flicker_of_its_neighbours() -> None:
    seen = clip(100, missing, 40, 40)
    seen[41] = replace(seen[41], motion=Motion(20, 20))  # from the missed frame
    seen[42] = replace(seen[42], motion=Motion(20, 1))
    assert {span.reason for span in judge(seen, BOUNDS)} == {QaReason.MISSED}


def test_faces_are_judged_each_by_itself() -> None:
    other = [replace(one, track=7, level=60.0) for one in clip(60, lambda one: replace(one, confidence=0.1), 5, 6)]
    mixed = [one for pair in zip([good(i) for i in range(60)], other, strict=True) for one in pair]
    [span] = judge(mixed, BOUNDS)
    assert (span.track, span.reason) == (7, QaReason.CONFIDENCE)


def test_flagged_frames_are_counted_once() -> None:
    seen = clip(100, lambda one: replace(one, confidence=0.1, likeness=0.1), 40, 49)
    assert flagged_frames(judge(seen, BOUNDS)) == set(range(40, 50))


def test_nobody_is_nothing() -> None:
    assert judge([], BOUNDS) == [] and flagged_frames([]) == set()
