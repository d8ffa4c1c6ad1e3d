"""The micro-batcher's decisions: which waiting jobs go together into the next engine call, and when. No threads.

Jobs of one stream keep their order; streams take turns, so that a busy one starves nobody. The clock is passed in.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from engines.values import Array

Kind = tuple[tuple[str, tuple[int, ...], str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class BatchJob:
    """One caller's rows. stream: whose they are. feeds: arrays with as many rows each. born: clock reading, seconds."""

    stream: Hashable
    feeds: Mapping[str, Array]
    born: float

    @property
    def rows(self) -> int:
        return len(next(iter(self.feeds.values())))

    @property
    def kind(self) -> Kind:
        """Jobs of the same kind fit into one call: the same tensors, sizes but for the rows, and types."""
        return tuple(sorted((name, a.shape[1:], a.dtype.str) for name, a in self.feeds.items()))


@dataclass(slots=True)
class Waiting:
    """Jobs that wait, by stream. most: rows of one call. wait: seconds the oldest job may wait for company.
    room: jobs that may wait in all."""

    most: int
    wait: float
    room: int = 64
    _streams: OrderedDict[Hashable, deque[BatchJob]] = field(default_factory=OrderedDict)

    def __len__(self) -> int:
        return sum(map(len, self._streams.values()))

    @property
    def full(self) -> bool:
        return len(self) >= self.room

    def add(self, job: BatchJob) -> None:
        """Raises OverflowError when full: the edge waits before it adds."""
        if self.full:
            raise OverflowError(f"{self.room} jobs wait already")
        self._streams.setdefault(job.stream, deque()).append(job)

    def cancel(self, stream: Hashable) -> list[BatchJob]:
        """Takes back everything of a stream that has not been taken; the others' order stays."""
        return list(self._streams.pop(stream, ()))

    def due(self, now: float, company: int | None = None, free: float = 0.0) -> float | None:
        """Seconds until the next call should be made, 0 for now, None while nothing waits. company: streams that there
        are; once a job of each waits there is nobody left to wait for. free: when the last call ended: waiting begins
        no sooner, since those who were in that call are only now on their way back with the next rows."""
        heads = [jobs[0] for jobs in self._streams.values()]
        if not heads:
            return None
        oldest = min(heads, key=lambda job: job.born)
        if self._rows_like(oldest.kind) >= self.most or (company is not None and len(heads) >= company):
            return 0.0
        return max(0.0, max(oldest.born, free) + self.wait - now)

    def _rows_like(self, kind: Kind) -> int:
        """Rows that could go into one call of `kind`: each stream's jobs up to the first of another kind."""
        total = 0
        for jobs in self._streams.values():
            for job in jobs:
                if job.kind != kind:
                    break
                total += job.rows
        return total

    def take(self) -> list[BatchJob]:
        """The next call's jobs, at most `most` rows, unless one job alone has more. Empty where nothing waits.

        The oldest job is always among them; then one job of each stream in turn, round and round. A stream that was
        served goes to the end of the line.
        """
        if not self._streams:
            return []
        first = min(self._streams.values(), key=lambda jobs: jobs[0].born)
        self._streams.move_to_end(first[0].stream, last=False)
        kind = first[0].kind
        taken: list[BatchJob] = []
        rows = 0
        blocked: set[Hashable] = set()
        while len(blocked) < len(self._streams):
            for stream in list(self._streams):
                jobs = self._streams[stream]
                if stream in blocked:
                    continue
                fits = jobs[0].kind == kind and (rows + jobs[0].rows <= self.most or not taken)
                if not fits:
                    blocked.add(stream)
                    continue
                job = jobs.popleft()
                taken.append(job)
                rows += job.rows
                if jobs:
                    self._streams.move_to_end(stream)
                else:
                    del self._streams[stream]
        return taken
