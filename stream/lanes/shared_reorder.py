"""SharedReorder: a Reorder that threads share. Admission waits while the window is full; results leave in order."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from stream.lanes.reorder import Released, Reorder
from stream.lanes.ring import Closed

T = TypeVar("T")


class SharedReorder(Generic[T]):
    """The one way in and the one way out of a journey.

    `onward` gets every released frame in order and may wait (a full ring downstream). Two locks: `_exit` keeps two
    threads that settle at the same moment from overtaking each other on the way out; `_room` guards the Reorder and is
    never held while waiting for anything but room, so that `cancel` always gets through.
    """

    def __init__(self, window: int, onward: Callable[[Released[T]], object]) -> None:
        self._reorder: Reorder[T] = Reorder(window)
        self._onward = onward
        self._closed = False
        self._exit = threading.Lock()
        self._room = threading.Condition()

    def admit(self, index: int) -> None:
        """Expects a frame; waits for room. Raises Closed after `cancel`."""
        with self._room:
            while self._reorder.full and not self._closed:
                self._room.wait()
            if self._closed:
                raise Closed
            self._reorder.expect(index)

    def settle(self, index: int, item: T) -> None:
        """Hands in a frame's result. Raises what `onward` raises."""
        with self._exit:
            with self._room:
                self._reorder.done(index, item)
                leaving = self._reorder.release()
                self._room.notify(len(leaving))
            for released in leaving:
                self._onward(released)

    def cancel(self) -> None:
        """Wakes whoever waits for room; nothing is admitted any more."""
        with self._room:
            self._closed = True
            self._room.notify_all()
