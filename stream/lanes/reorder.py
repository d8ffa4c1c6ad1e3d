"""Reorder: every admitted frame is expected, settled exactly once, and released in order.

A plain data structure: no threads, no clock of its own, no knowledge of what a frame is. Its memory is bounded by
`window`: whoever admits frames asks `full` first.
"""

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Released(Generic[T]):
    """One frame that leaves, with its result."""

    index: int
    item: T


class Reorder(Generic[T]):
    """Frames in, in rising order of index; out in the same order, once each. late: results that came a second time;
    they are counted and dropped."""

    def __init__(self, window: int) -> None:
        if window < 1:
            raise ValueError(f"a window holds at least one frame, not {window}")
        self.window = window
        self.late = 0
        self._order: deque[int] = deque()
        self._open: set[int] = set()
        self._settled: dict[int, T] = {}
        self._highest = -1

    def __len__(self) -> int:
        """Frames expected and not yet released."""
        return len(self._order)

    @property
    def full(self) -> bool:
        return len(self._order) >= self.window

    def expect(self, index: int) -> None:
        """Admits a frame. Raises ValueError if the window is full or the index does not rise."""
        if self.full:
            raise ValueError(f"the window of {self.window} frames is full")
        if index <= self._highest:
            raise ValueError(f"frame {index} was expected after frame {self._highest}")
        self._highest = index
        self._order.append(index)
        self._open.add(index)

    def done(self, index: int, item: T) -> bool:
        """Settles a frame with its result. False if it had been settled before: the result is dropped as late. Raises
        ValueError for a frame above all that were expected."""
        if index > self._highest:
            raise ValueError(f"frame {index} was never expected")
        if index not in self._open:
            self.late += 1
            return False
        self._open.remove(index)
        self._settled[index] = item
        return True

    def release(self) -> list[Released[T]]:
        """Takes out, in order, every frame that waits for no earlier one."""
        out: list[Released[T]] = []
        while self._order and self._order[0] in self._settled:
            index = self._order.popleft()
            out.append(Released(index, self._settled.pop(index)))
        return out
