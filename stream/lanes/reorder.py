"""Reorder: every admitted frame is expected, settled exactly once, and released in order.

A plain data structure: no threads, no clock of its own, no knowledge of what a frame is. Its memory is bounded by
`window`: whoever admits frames asks `full` first.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class FrameFate(StrEnum):
    """How an expected frame was settled."""

    DONE = "done"
    SHED = "shed"  # dropped on the way; nothing is shown for it
    OVERDUE = "overdue"  # its deadline passed; the last output is shown again


@dataclass(frozen=True, slots=True)
class Released(Generic[T]):
    """One frame that leaves. item: its own when done; the last one that left when overdue (None if nothing has left
    yet, so that nothing unpainted is ever shown in its place); None when shed."""

    index: int
    item: T | None
    fate: FrameFate

    @property
    def held(self) -> bool:
        return self.fate is FrameFate.OVERDUE


@dataclass(slots=True)
class _Slot(Generic[T]):
    index: int
    deadline: float | None
    item: T | None = None
    fate: FrameFate | None = None


class Reorder(Generic[T]):
    """Frames in, in rising order of index; out in the same order, once each. late: results that came after their frame
    had been settled another way (or came twice); they are counted and dropped."""

    def __init__(self, window: int) -> None:
        if window < 1:
            raise ValueError(f"a window holds at least one frame, not {window}")
        self.window = window
        self.late = 0
        self._slots: dict[int, _Slot[T]] = {}
        self._order: deque[_Slot[T]] = deque()
        self._highest = -1
        self._last: T | None = None

    def __len__(self) -> int:
        """Frames expected and not yet released."""
        return len(self._order)

    @property
    def full(self) -> bool:
        return len(self._order) >= self.window

    @property
    def next_deadline(self) -> float | None:
        """The earliest deadline of the frames still unsettled."""
        return min((s.deadline for s in self._slots.values() if s.deadline is not None), default=None)

    def expect(self, index: int, deadline: float | None = None) -> None:
        """Admits a frame. Raises ValueError if the window is full or the index does not rise."""
        if self.full:
            raise ValueError(f"the window of {self.window} frames is full")
        if index <= self._highest:
            raise ValueError(f"frame {index} was expected after frame {self._highest}")
        self._highest = index
        slot: _Slot[T] = _Slot(index, deadline)
        self._slots[index] = slot
        self._order.append(slot)

    def done(self, index: int, item: T) -> bool:
        """Settles a frame with its result. False if it had been settled before: the result is dropped as late."""
        return self._settle(index, FrameFate.DONE, item)

    def shed(self, index: int) -> bool:
        """Settles a frame that will not come. False if it had been settled before."""
        return self._settle(index, FrameFate.SHED, None)

    def overdue(self, now: float) -> int:
        """Settles every frame whose deadline is not after `now`; returns how many."""
        passed = [s.index for s in self._slots.values() if s.deadline is not None and s.deadline <= now]
        for index in passed:
            self._settle(index, FrameFate.OVERDUE, None)
        return len(passed)

    def _settle(self, index: int, fate: FrameFate, item: T | None) -> bool:
        slot = self._slots.pop(index, None)
        if slot is None:
            if index > self._highest:
                raise ValueError(f"frame {index} was never expected")
            self.late += fate is FrameFate.DONE
            return False
        slot.item, slot.fate = item, fate
        return True

    def release(self) -> list[Released[T]]:
        """Takes out, in order, every frame that waits for no earlier one."""
        out: list[Released[T]] = []
        while self._order and (fate := self._order[0].fate) is not None:
            slot = self._order.popleft()
            if fate is FrameFate.DONE:
                self._last = slot.item
            out.append(Released(slot.index, None if fate is FrameFate.SHED else self._last, fate))
        return out
