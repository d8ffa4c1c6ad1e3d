"""Lane: one thread, one bounded queue, one function. The one file in which threads and asyncio meet.

A lane knows nothing of frames. Items go through in order. It is fed by other threads (`put`) or by any iterable of its
own; its results go to `emit`, which is as a rule the next lane's `put`.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, TypeVar

from stream.lanes.ring import Closed, Ring, WhenFull

In = TypeVar("In")
Out = TypeVar("Out")

GRACE = 5.0  # seconds that a cancelled lane is given to finish the item in hand


class Lane(Generic[In, Out]):
    """A stage of a pipeline.

    function: runs on the lane's thread, once per item. emit: takes each result, on the same thread; may wait.
    then: called on the thread after the last item, unless the lane failed or was cancelled.
    on_cancel: called by `cancel`, to wake what the thread may be waiting for besides its own queue.
    record: gets the seconds that `function` took. items: what to run over instead of the lane's own queue.
    """

    def __init__(
        self,
        name: str,
        function: Callable[[In], Out],
        emit: Callable[[Out], object],
        *,
        then: Callable[[], object] = lambda: None,
        on_cancel: Callable[[], object] = lambda: None,
        capacity: int = 4,
        full: WhenFull = WhenFull.BLOCK,
        record: Callable[[float], object] = lambda _: None,
        clock: Callable[[], float] = time.perf_counter,
        items: Iterable[In] | None = None,
    ) -> None:
        self.name = name
        self.inbox: Ring[In] = Ring(capacity, full)
        self._function, self._emit = function, emit
        self._then, self._on_cancel = then, on_cancel
        self._record, self._clock = record, clock
        self._items = self.inbox if items is None else items
        self._cancelled = False

    def put(self, item: In) -> In | None:
        """Queues an item from another thread; waits or sheds as the ring does. Raises Closed once the lane ended."""
        return self.inbox.put(item)

    def close(self) -> None:
        """No more items come; the lane finishes those it has and ends."""
        self.inbox.close()

    def cancel(self) -> None:
        """Ends the lane after the item in hand; drops the rest."""
        self._cancelled = True
        self.inbox.cancel()
        self._on_cancel()

    async def run(self) -> None:
        """Runs the lane to its end. Raises what function, emit or items raised. Cancelling this cancels the lane."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[BaseException | None] = loop.create_future()

        def work() -> None:
            _wake(loop, partial(ended.set_result, self._work()))

        thread = threading.Thread(target=work, name=self.name, daemon=True)
        thread.start()
        try:
            error = await asyncio.shield(ended)
        except asyncio.CancelledError:
            self.cancel()
            if await _within(ended, loop.time() + GRACE):
                thread.join()
            raise
        thread.join()  # its last act was to say that it had ended
        if error is not None:
            raise error

    def _work(self) -> BaseException | None:
        try:
            for item in self._items:
                if self._cancelled:
                    return None
                start = self._clock()
                result = self._function(item)
                self._record(self._clock() - start)
                self._emit(result)
            if not self._cancelled:
                self._then()
        except Closed:  # the next lane has ended: its own failure is the one to tell
            self.inbox.cancel()
        except BaseException as error:  # carried to the owner, whatever it is
            self.inbox.cancel()
            return error
        return None


async def _within(ended: asyncio.Future[BaseException | None], deadline: float) -> bool:
    """Whether it was done before the deadline, on the loop's clock. Further cancellations do not shorten the wait: at
    Ctrl-C the loop cancels every task, and a task group its own once more, and the thread still works on its item."""
    while not ended.done() and (left := deadline - asyncio.get_running_loop().time()) > 0:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({ended}, timeout=left)
    return ended.done()


def _wake(loop: asyncio.AbstractEventLoop, call: Callable[[], object]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
        loop.call_soon_threadsafe(call)
