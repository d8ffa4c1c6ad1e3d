"""The micro-batcher's thread: callers hand in rows and wait, one thread joins them and runs the engine.

Where threads meet, and only that: which jobs go together is decided in `batching`. Each caller gets a `Session` of its
own (`session`), so that an adapter need not know that it shares its calls.
"""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future

import numpy as np

from engines.backends.batching import BatchJob, Waiting
from engines.protocol import Engine, Session
from engines.values import Array

Answer = dict[str, Array]


class Batcher:
    """Joins the calls of several threads on one session of `engine`.

    most: rows of one call; an engine of fixed rows gets each caller's rows alone. wait: seconds that the first job of a
    call, and the free engine, wait for others, while there are others: once each open session has a job waiting, it
    goes. room: jobs that may wait; a caller beyond it blocks. Close it after its callers have ended, or they get
    CancelledError.
    """

    def __init__(
        self,
        engine: Engine,
        most: int = 16,
        wait: float = 0.004,
        room: int = 64,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._clock = engine, clock
        fixed = any(spec.shape[:1] != (-1,) for spec in engine.inputs.values())
        self._waiting = Waiting(1 if fixed else most, wait, room)
        self._open: set[Hashable] = set()
        self._free = clock()
        self._futures: dict[BatchJob, Future[Answer]] = {}
        self._changed = threading.Condition()
        self._closed = False
        self.calls = self.rows = 0  # what the engine was asked, for statistics
        self._thread = threading.Thread(target=self._work, name="batcher", daemon=True)
        self._thread.start()

    def submit(self, stream: Hashable, feeds: Mapping[str, Array]) -> Future[Answer]:
        """The rows' answer, later. Blocks while too many jobs wait. Errors: RuntimeError once closed."""
        job = BatchJob(stream, dict(feeds), self._clock())
        future: Future[Answer] = Future()
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._waiting.full)
            if self._closed:
                raise RuntimeError("the batcher is closed")
            self._waiting.add(job)
            self._futures[job] = future
            self._changed.notify_all()
        return future

    def cancel(self, stream: Hashable) -> int:
        """A stream goes: what it has waiting is given up, its callers get CancelledError, and nobody waits for it any
        more. A call under way is not stopped."""
        with self._changed:
            self._open.discard(stream)
            jobs = self._waiting.cancel(stream)
            futures = [self._futures.pop(job) for job in jobs]
            self._changed.notify_all()
        for future in futures:
            future.cancel()
        return len(futures)

    @property
    def waiting(self) -> int:
        """Jobs that no call has taken yet."""
        with self._changed:
            return len(self._waiting)

    def session(self, stream: Hashable) -> "BatchedSession":
        """A Session whose calls are joined with those of the other streams."""
        with self._changed:
            self._open.add(stream)
        return BatchedSession(self, stream)

    def close(self) -> None:
        """Stops the thread. What waits is cancelled, a call under way is finished."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _work(self) -> None:
        session = self._engine.session()
        try:
            while True:
                jobs = self._next()
                if jobs is None:
                    break
                self._run(session, jobs)
                self._free = self._clock()
        finally:
            session.close()
            with self._changed:
                left, self._futures = list(self._futures.values()), {}
            for future in left:
                future.cancel()

    def _next(self) -> list[tuple[BatchJob, Future[Answer]]] | None:
        with self._changed:
            while not self._closed:
                due = self._waiting.due(self._clock(), len(self._open) or None, self._free)
                if due == 0:
                    taken = [(job, self._futures.pop(job)) for job in self._waiting.take()]
                    self._changed.notify_all()
                    return taken
                self._changed.wait(due)
        return None

    def _run(self, session: Session, taken: list[tuple[BatchJob, Future[Answer]]]) -> None:
        going = [(job, future) for job, future in taken if future.set_running_or_notify_cancel()]
        if not going:
            return
        jobs = [job for job, _ in going]
        feeds = jobs[0].feeds if len(jobs) == 1 else joined(jobs)
        try:
            answers = parted(session.run(feeds), jobs)
        except Exception as error:  # whatever it is, it is the callers' to handle, and the thread must live
            for _, future in going:
                future.set_exception(error)
            return
        self.calls += 1
        self.rows += sum(job.rows for job in jobs)
        for (_, future), answer in zip(going, answers, strict=True):
            future.set_result(answer)


class BatchedSession:
    """One stream's way into a `Batcher`; a Session like any other."""

    def __init__(self, batcher: Batcher, stream: Hashable) -> None:
        self._batcher, self._stream = batcher, stream

    def run(self, feeds: Mapping[str, Array]) -> Answer:
        return self._batcher.submit(self._stream, feeds).result()

    def close(self) -> None:
        self._batcher.cancel(self._stream)


def joined(jobs: list[BatchJob]) -> Answer:
    """All jobs' rows in one array a tensor."""
    return {name: np.concatenate([job.feeds[name] for job in jobs]) for name in jobs[0].feeds}


def parted(answer: Mapping[str, Array], jobs: list[BatchJob]) -> list[Answer]:
    """Each job's rows of a joint answer. Errors: ValueError where an output has another number of rows."""
    if len(jobs) == 1:
        return [dict(answer)]
    ends = np.cumsum([job.rows for job in jobs])
    for name, array in answer.items():
        if len(array) != ends[-1]:
            raise ValueError(f"`{name}` answers {len(array)} rows for {ends[-1]}: this model cannot be batched")
    starts = [0, *ends[:-1]]
    return [{name: array[start:end] for name, array in answer.items()} for start, end in zip(starts, ends, strict=True)]
