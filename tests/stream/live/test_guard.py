"""No bare face: what is covered, held and let through, by value."""

from engines.values import Box
from stream.live.guard import HELD_FOR, LINGER, Guard, GuardDecision, Seen, When

FACE, FAR = Box(100, 100, 200, 220), Box(400, 100, 500, 220)


def test_a_painted_face_passes() -> None:
    assert Guard().judge((Seen(1, FACE, 1.0),), 0.0, False) == GuardDecision()


def test_nobody_there_passes() -> None:
    assert Guard().judge((), 0.0, True) == GuardDecision()


def test_an_unpainted_face_is_covered_whole() -> None:
    for opacity in (0.0, 0.6):
        (cover,) = Guard().judge((Seen(1, FACE, opacity),), 0.0, False).covers
        assert cover.x0 < FACE.x0 and cover.y1 > FACE.y1


def test_a_lost_face_is_held_then_blurred_then_forgotten() -> None:
    guard, lost = Guard(), 1.0
    guard.judge((Seen(1, FACE, 1.0),), lost, False)
    assert guard.judge((), lost + HELD_FOR / 2, False).hold
    later = guard.judge((), lost + HELD_FOR + 0.01, False)
    assert not later.hold and len(later.covers) == 1
    assert later.covers[0].iou(FACE) > 0.4 and later.covers[0].area > FACE.area
    assert guard.judge((), lost + LINGER + 0.01, False) == GuardDecision()


def test_blur_mode_does_not_hold() -> None:
    guard = Guard(When.BLUR)
    guard.judge((Seen(1, FACE, 1.0),), 0.0, False)
    verdict = guard.judge((), 0.03, False)
    assert not verdict.hold and len(verdict.covers) == 1


def test_a_face_that_comes_back_under_a_new_number_is_not_lost() -> None:
    guard = Guard()
    guard.judge((Seen(1, FACE, 1.0),), 0.0, False)
    assert guard.judge((Seen(2, Box(105, 100, 205, 220), 1.0),), 0.03, False) == GuardDecision()


def test_one_lost_of_two_holds_the_picture() -> None:
    guard = Guard()
    guard.judge((Seen(1, FACE, 1.0), Seen(2, FAR, 1.0)), 0.0, False)
    assert guard.judge((Seen(1, FACE, 1.0),), 0.03, False).hold


def test_a_cut_forgets_the_old_shot() -> None:
    guard = Guard()
    guard.judge((Seen(1, FACE, 1.0),), 0.0, False)
    assert guard.judge((), 0.03, True) == GuardDecision()


def test_time_that_goes_back_forgets() -> None:
    guard = Guard()
    guard.judge((Seen(1, FACE, 1.0),), 100.0, False)
    assert guard.judge((), 3.0, False) == GuardDecision()
