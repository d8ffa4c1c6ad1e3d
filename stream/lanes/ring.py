"""Ring: a bounded buffer between threads. Knows two policies for a full buffer; knows nothing of what it carries."""

import threading
from collections import deque
from collections.abc import Iterator
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Closed(Exception):
    """The ring takes no more items, or has no more to give."""


class WhenFull(StrEnum):
    """What a put does on a full ring."""

    BLOCK = "block"  # files: the producer waits
    SHED = "shed"  # live: the oldest item makes room and is counted


class Ring(Generic[T]):
    """Any number of threads put, one thread gets. No call polls: all waiting is on conditions of one lock."""

    def __init__(self, capacity: int, full: WhenFull = WhenFull.BLOCK) -> None:
        if capacity < 1:
            raise ValueError(f"a ring holds at least one item, not {capacity}")
        self.capacity = capacity
        self.shed = 0
        self._full = full
        self._items: deque[T] = deque()
        self._closed = False
        self._lock = threading.Lock()
        self._some = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> T | None:
        """Adds an item; waits for room or sheds, as the policy says. Returns the item shed, if any. Raises Closed."""
        with self._lock:
            while self._full is WhenFull.BLOCK and len(self._items) >= self.capacity and not self._closed:
                self._room.wait()
            return self._add(item)

    def _add(self, item: T) -> T | None:
        if self._closed:
            raise Closed
        oldest = None
        if len(self._items) >= self.capacity:
            oldest = self._items.popleft()
            self.shed += 1
        self._items.append(item)
        self._some.notify()
        return oldest

    def get(self) -> T:
        """The oldest item; waits for one. Raises Closed when the ring is closed and empty."""
        with self._lock:
            while not self._items:
                if self._closed:
                    raise Closed
                self._some.wait()
            item = self._items.popleft()
            self._room.notify()
            return item

    def __iter__(self) -> Iterator[T]:
        """All items until the ring is closed and empty."""
        while True:
            try:
                item = self.get()
            except Closed:
                return
            yield item

    def close(self) -> None:
        """Takes no more; what is inside can still be got."""
        self._end(drop=False)

    def cancel(self) -> None:
        """Takes no more, drops what is inside, wakes everyone who waits."""
        self._end(drop=True)

    def _end(self, drop: bool) -> None:
        with self._lock:
            self._closed = True
            if drop:
                self._items.clear()
            self._some.notify_all()
            self._room.notify_all()
