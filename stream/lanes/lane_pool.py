"""LanePool: several lanes side by side for a stage whose frames are independent; results leave in order.

For networks: each lane waits for its own frame, so that a micro-batcher below finds several frames to join.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, TypeVar

from stream.lanes.lane import Lane
from stream.lanes.reorder import Released
from stream.lanes.shared_reorder import SharedReorder

In = TypeVar("In")
Out = TypeVar("Out")


class LanePool(Generic[In, Out]):
    """Feed it as a lane, from one thread; run each of its `lanes`.

    functions: one for each lane, with a state of its own; items go to them in turns. emit: takes each result, in the
    order of the items, on a lane's thread; may wait. then: called after the last item, unless a lane failed or was
    cancelled. record: gets the seconds that each item took. capacity: items that may wait for each lane.
    """

    def __init__(
        self,
        name: str,
        functions: Sequence[Callable[[In], Out]],
        emit: Callable[[Out], object],
        *,
        then: Callable[[], object] = lambda: None,
        record: Callable[[float], object] = lambda _: None,
        capacity: int = 4,
    ) -> None:
        self._next, self._left, self._then = 0, len(functions), then
        self._lock = threading.Lock()
        self._emit = emit
        self._gate: SharedReorder[Out] = SharedReorder((capacity + 2) * len(functions), self._leave)
        self.lanes = [
            Lane(
                f"{name} {i}" if len(functions) > 1 else name,
                partial(_numbered, function),
                lambda made: self._gate.settle(*made),
                then=self._ended,
                on_cancel=self._gate.cancel,
                record=record,
                capacity=capacity,
            )
            for i, function in enumerate(functions)
        ]

    def put(self, item: In) -> None:
        """Queues an item; waits for room. Raises Closed once the pool has ended."""
        self._gate.admit(self._next)
        self.lanes[self._next % len(self.lanes)].put((self._next, item))
        self._next += 1

    def close(self) -> None:
        """No more items come; the lanes finish those they have and end."""
        for lane in self.lanes:
            lane.close()

    def _leave(self, out: Released[Out]) -> None:
        self._emit(out.item)

    def _ended(self) -> None:
        """The last lane to end has settled the last item."""
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._then()


def _numbered(function: Callable[[In], Out], item: tuple[int, In]) -> tuple[int, Out]:
    return item[0], function(item[1])
