"""Reorder: by value, and as a state machine against a plain model."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stream.lanes.reorder import FrameFate, Released, Reorder


def done(index: int, item: str) -> Released[str]:
    return Released(index, item, FrameFate.DONE)


def test_results_leave_in_the_order_of_admission() -> None:
    order: Reorder[str] = Reorder(3)
    for index in (0, 1, 2):
        order.expect(index)
    assert order.done(2, "c")
    assert order.release() == []
    assert order.done(0, "a")
    assert order.release() == [done(0, "a")]
    assert order.done(1, "b")
    assert order.release() == [done(1, "b"), done(2, "c")]
    assert order.release() == []
    assert len(order) == 0


def test_the_window_bounds_what_is_admitted() -> None:
    order: Reorder[str] = Reorder(2)
    order.expect(0)
    assert not order.full
    order.expect(1)
    assert order.full
    with pytest.raises(ValueError, match="window of 2 frames is full"):
        order.expect(2)
    order.done(1, "b")
    assert order.release() == []
    assert order.full, "a settled frame that waits for an earlier one still takes room"
    order.done(0, "a")
    order.release()
    assert not order.full


def test_a_window_without_room_for_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one frame, not 0"):
        Reorder(0)


def test_indices_rise_and_may_skip() -> None:
    order: Reorder[str] = Reorder(4)
    order.expect(3)
    order.expect(7)
    for index in (7, 5):
        with pytest.raises(ValueError, match=f"frame {index} was expected after frame 7"):
            order.expect(index)
    order.done(7, "h")
    order.done(3, "d")
    assert order.release() == [done(3, "d"), done(7, "h")]


def test_a_result_for_a_frame_never_expected_is_refused() -> None:
    order: Reorder[str] = Reorder(1)
    with pytest.raises(ValueError, match="frame 0 was never expected"):
        order.done(0, "a")


def test_a_second_result_is_late_and_changes_nothing() -> None:
    order: Reorder[str] = Reorder(1)
    order.expect(0)
    assert order.done(0, "first")
    assert not order.done(0, "second")
    assert order.release() == [done(0, "first")]
    assert not order.done(0, "third")
    assert order.late == 2


def test_a_shed_frame_leaves_without_an_item() -> None:
    order: Reorder[str] = Reorder(3)
    for index in (0, 1, 2):
        order.expect(index)
    order.done(0, "a")
    assert order.shed(1)
    order.done(2, "c")
    assert order.release() == [done(0, "a"), Released(1, None, FrameFate.SHED), done(2, "c")]
    assert not order.shed(1)
    assert order.late == 0


def test_an_overdue_frame_repeats_the_last_output_and_its_result_comes_late() -> None:
    order: Reorder[str] = Reorder(4)
    order.expect(0, deadline=1.0)
    order.expect(1, deadline=2.0)
    order.expect(2, deadline=3.0)
    order.done(0, "a")
    assert order.next_deadline == 2.0
    assert order.overdue(1.9) == 0
    assert order.overdue(2.0) == 1, "a deadline is met only before its moment"
    held = Released(1, "a", FrameFate.OVERDUE)
    assert order.release() == [done(0, "a"), held]
    assert held.held
    assert not done(0, "a").held
    assert not order.done(1, "b")
    assert order.late == 1
    assert order.next_deadline == 3.0
    order.done(2, "c")
    assert order.release() == [done(2, "c")]
    assert order.next_deadline is None


def test_nothing_unpainted_is_shown_when_the_first_frames_are_overdue() -> None:
    order: Reorder[str] = Reorder(2)
    order.expect(0, deadline=1.0)
    order.overdue(5.0)
    assert order.release() == [Released(0, None, FrameFate.OVERDUE)]


def test_a_shed_frame_is_not_what_an_overdue_one_repeats() -> None:
    order: Reorder[str] = Reorder(3)
    order.expect(0)
    order.expect(1)
    order.expect(2, deadline=1.0)
    order.done(0, "a")
    order.shed(1)
    order.overdue(1.0)
    assert order.release()[-1] == Released(2, "a", FrameFate.OVERDUE)


def test_frames_without_a_deadline_are_never_overdue() -> None:
    order: Reorder[str] = Reorder(1)
    order.expect(0)
    assert order.overdue(1e9) == 0
    assert order.release() == []


class Machine(RuleBasedStateMachine):
    """Random admissions, results (also twice and late), sheds, deadlines and releases, held against plain lists."""

    def __init__(self) -> None:
        super().__init__()
        self.order: Reorder[int] = Reorder(5)
        self.now = 0.0
        self.admitted: list[int] = []
        self.deadlines: dict[int, float | None] = {}
        self.fates: dict[int, FrameFate] = {}
        self.out: list[Released[int]] = []

    @precondition(lambda self: not self.order.full)
    @rule(skip=st.integers(1, 3), wait=st.none() | st.floats(0, 4))
    def expect(self, skip: int, wait: float | None) -> None:
        index = (self.admitted[-1] if self.admitted else -1) + skip
        deadline = None if wait is None else self.now + wait
        self.order.expect(index, deadline)
        self.admitted.append(index)
        self.deadlines[index] = deadline

    @precondition(lambda self: self.admitted)
    @rule(data=st.data(), shed=st.booleans())
    def settle(self, data: st.DataObject, shed: bool) -> None:
        index = data.draw(st.sampled_from(self.admitted[-8:]))
        first = index not in self.fates
        assert (self.order.shed(index) if shed else self.order.done(index, index)) is first
        self.fates.setdefault(index, FrameFate.SHED if shed else FrameFate.DONE)

    @rule(step=st.floats(0, 2))
    def time_passes(self, step: float) -> None:
        self.now += step
        passed = [i for i, d in self.deadlines.items() if i not in self.fates and d is not None and d <= self.now]
        assert self.order.overdue(self.now) == len(passed)
        self.fates.update(dict.fromkeys(passed, FrameFate.OVERDUE))

    @rule()
    def release(self) -> None:
        self.out += self.order.release()

    @invariant()
    def bounded(self) -> None:
        assert len(self.order) == len(self.admitted) - len(self.out) <= self.order.window

    @invariant()
    def in_order_once_each_none_lost(self) -> None:
        assert [r.index for r in self.out] == self.admitted[: len(self.out)]
        last = None
        for released in self.out:
            assert released.fate is self.fates[released.index]
            last = released.index if released.fate is FrameFate.DONE else last
            assert released.item == (None if released.fate is FrameFate.SHED else last)

    def teardown(self) -> None:
        for index in self.admitted:
            if index not in self.fates:
                self.order.done(index, index)
                self.fates[index] = FrameFate.DONE
        self.out += self.order.release()
        self.in_order_once_each_none_lost()
        assert len(self.out) == len(self.admitted)
        assert len(self.order) == 0


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestReorder = Machine.TestCase
