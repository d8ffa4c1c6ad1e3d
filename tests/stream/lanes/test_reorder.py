"""Reorder: by value, and as a state machine against a plain model."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stream.lanes.reorder import Released, Reorder


def done(index: int, item: str) -> Released[str]:
    return Released(index, item)


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


class Machine(RuleBasedStateMachine):
    """Random admissions, results (also twice) and releases, held against plain lists."""

    def __init__(self) -> None:
        super().__init__()
        self.order: Reorder[int] = Reorder(5)
        self.admitted: list[int] = []
        self.settled: set[int] = set()
        self.out: list[Released[int]] = []

    @precondition(lambda self: not self.order.full)
    @rule(skip=st.integers(1, 3))
    def expect(self, skip: int) -> None:
        index = (self.admitted[-1] if self.admitted else -1) + skip
        self.order.expect(index)
        self.admitted.append(index)

    @precondition(lambda self: self.admitted)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from(self.admitted[-8:]))
        assert self.order.done(index, index) is (index not in self.settled)
        self.settled.add(index)

    @rule()
    def release(self) -> None:
        self.out += self.order.release()

    @invariant()
    def bounded(self) -> None:
        assert len(self.order) == len(self.admitted) - len(self.out) <= self.order.window

    @invariant()
    def in_order_once_each_none_lost(self) -> None:
        assert [r.index for r in self.out] == self.admitted[: len(self.out)]
        assert all(r.item == r.index and r.index in self.settled for r in self.out)

    def teardown(self) -> None:
        for index in set(self.admitted) - self.settled:
            self.order.done(index, index)
            self.settled.add(index)
        self.out += self.order.release()
        self.in_order_once_each_none_lost()
        assert len(self.out) == len(self.admitted)
        assert len(self.order) == 0


Machine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestReorder = Machine.TestCase
