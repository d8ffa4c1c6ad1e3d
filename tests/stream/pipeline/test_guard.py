"""No bare face: what is covered, held and let through, by value."""

from engines.values import Box
from stream.pipeline.choices import OnMiss
from stream.pipeline.guard import HELD_FOR, LINGER, Guard, GuardDecision, GuardedFace, Missed, Reason

FACE, FAR = Box(100, 100, 200, 220), Box(400, 100, 500, 220)


def test_a_painted_face_passes() -> None:
    assert Guard().judge((GuardedFace(1, FACE, 1.0),), 0.0, False) == GuardDecision()


def test_nobody_there_passes() -> None:
    assert Guard().judge((), 0.0, True) == GuardDecision()


def test_an_unpainted_face_is_covered_whole() -> None:
    for opacity in (0.0, 0.6):
        (cover,) = Guard().judge((GuardedFace(1, FACE, opacity),), 0.0, False).covers
        assert cover.x0 < FACE.x0 and cover.y1 > FACE.y1


def test_a_lost_face_is_held_then_blurred_then_forgotten() -> None:
    guard, lost = Guard(), 1.0
    guard.judge((GuardedFace(1, FACE, 1.0),), lost, False)
    assert guard.judge((), lost + HELD_FOR / 2, False).hold
    later = guard.judge((), lost + HELD_FOR + 0.01, False)
    assert not later.hold and len(later.covers) == 1
    assert later.covers[0].iou(FACE) > 0.4 and later.covers[0].area > FACE.area
    assert guard.judge((), lost + LINGER + 0.01, False) == GuardDecision()


def test_blur_mode_does_not_hold() -> None:
    guard = Guard(OnMiss.BLUR)
    guard.judge((GuardedFace(1, FACE, 1.0),), 0.0, False)
    decision = guard.judge((), 0.03, False)
    assert not decision.hold and len(decision.covers) == 1


def test_a_face_that_comes_back_under_a_new_number_is_not_lost() -> None:
    guard = Guard()
    guard.judge((GuardedFace(1, FACE, 1.0),), 0.0, False)
    assert guard.judge((GuardedFace(2, Box(105, 100, 205, 220), 1.0),), 0.03, False) == GuardDecision()


def test_one_lost_of_two_holds_the_picture() -> None:
    guard = Guard()
    guard.judge((GuardedFace(1, FACE, 1.0), GuardedFace(2, FAR, 1.0)), 0.0, False)
    assert guard.judge((GuardedFace(1, FACE, 1.0),), 0.03, False).hold


def test_a_cut_forgets_the_old_shot() -> None:
    guard = Guard()
    guard.judge((GuardedFace(1, FACE, 1.0),), 0.0, False)
    assert guard.judge((), 0.03, True) == GuardDecision()


def test_time_that_goes_back_forgets() -> None:
    guard = Guard()
    guard.judge((GuardedFace(1, FACE, 1.0),), 100.0, False)
    assert guard.judge((), 3.0, False) == GuardDecision()


def test_whatever_is_shown_it_is_told_who_was_missed_and_why() -> None:
    for on_miss in OnMiss:
        guard = Guard(on_miss)
        first = guard.judge((GuardedFace(1, FACE, 0.5), GuardedFace(2, FAR, 1.0)), 0.0, False)
        assert first.missed == (Missed(1, Reason.UNPAINTED, FACE),)
        later = guard.judge((GuardedFace(1, FACE, 1.0),), 0.1, False)
        assert later.missed == (Missed(2, Reason.LOST, FAR),)
        assert later.hold is (on_miss is OnMiss.HOLD)
        assert len(later.covers) == (on_miss is OnMiss.BLUR)


def test_a_face_that_is_to_be_shown_is_neither_held_nor_covered() -> None:
    guard = Guard(OnMiss.SHOW)
    decision = guard.judge((GuardedFace(1, FACE, 0.0),), 0.0, False)
    assert not decision.hold and decision.covers == () and decision.missed
