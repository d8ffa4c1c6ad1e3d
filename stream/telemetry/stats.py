"""Stats: how long each stage takes and where the frames went. Bounded memory; knows nothing of printing."""

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from stream.frame import Route

T = TypeVar("T")

LOWEST, HIGHEST = 1e-6, 1e3  # seconds; what lies beyond counts in the last bin on its side
STEP = math.log(1.02)  # a bin is 2 % wide: a quantile is right to 1 %
BINS = math.ceil(math.log(HIGHEST / LOWEST) / STEP)


@dataclass(frozen=True, slots=True)
class StageTiming:
    """A stage in figures. All in seconds but count. Quantiles are right to 1 %."""

    count: int = 0
    total: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0

    @property
    def mean(self) -> float:
        return self.total / self.count if self.count else 0.0


class Histogram:
    """Durations in logarithmic bins: any number of them in the memory of a thousand integers."""

    def __init__(self) -> None:
        self._bins = [0] * BINS
        self._count = 0
        self._total = 0.0
        self._least, self._most = math.inf, 0.0

    def add(self, seconds: float) -> None:
        place = int(math.log(seconds / LOWEST) / STEP) if seconds > LOWEST else 0
        self._bins[min(place, BINS - 1)] += 1
        self._count += 1
        self._total += seconds
        self._least, self._most = min(self._least, seconds), max(self._most, seconds)

    def quantile(self, share: float) -> float:
        """The duration, seconds, that `share` (0 to 1) of all lie at or under; 0 if there are none."""
        wanted, seen = max(1, math.ceil(share * self._count)), 0
        for place, count in enumerate(self._bins):
            seen += count
            if seen >= wanted:
                return min(max(LOWEST * math.exp((place + 0.5) * STEP), self._least), self._most)
        return 0.0

    def timing(self) -> StageTiming:
        return StageTiming(self._count, self._total, self.quantile(0.50), self.quantile(0.95), self.quantile(0.99))


@dataclass(frozen=True, slots=True)
class Table:
    """The profiler's table as data. routes: of the frames that took each, how long painting and refining took. stages:
    in the order in which they were first seen. wall: seconds. hands: threads that share a stage, where there are
    several."""

    routes: dict[Route, StageTiming]
    stages: dict[str, StageTiming]
    wall: float
    hands: dict[str, int] = field(default_factory=dict)

    @property
    def frames(self) -> int:
        return sum(timing.count for timing in self.routes.values())

    @property
    def fps(self) -> float:
        return self.frames / self.wall if self.wall > 0 else 0.0

    def share(self, route: Route) -> float:
        """The part, 0 to 1, of all frames that took this route."""
        return self.routes[route].count / self.frames if self.frames else 0.0

    def busy(self, *stages: str) -> float:
        """The part, 0 to 1, of the whole time that these stages, which share a thread (or several), were at work."""
        total = sum(self.stages[name].total / self.hands.get(name, 1) for name in stages if name in self.stages)
        return total / self.wall if self.wall > 0 else 0.0


class Stats:
    """Collects from any thread. The clock runs from construction."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._stages: dict[str, Histogram] = {}
        self._routes: dict[Route, Histogram] = {}
        self._hands: dict[str, int] = {}

    def add(self, stage: str, seconds: float) -> None:
        with self._lock:
            self._stages.setdefault(stage, Histogram()).add(seconds)

    def adder(self, stage: str, hands: int = 1) -> Callable[[float], None]:
        """`add` for one stage; the stage appears in the table in the order of these calls. hands: threads at it."""
        with self._lock:
            if hands > 1:
                self._hands[stage] = hands
            self._stages.setdefault(stage, Histogram())
        return partial(self.add, stage)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Times a block that does not fail."""
        start = self.clock()
        yield
        self.add(stage, self.clock() - start)

    def timed(self, stage: str, items: Iterable[T]) -> Iterator[T]:
        """The same items; how long each took to come is added to the stage."""
        pending = iter(items)
        while True:
            start = self.clock()
            try:
                item = next(pending)
            except StopIteration:
                return
            self.add(stage, self.clock() - start)
            yield item

    def routed(self, route: Route, seconds: float) -> None:
        """A frame took this route, and its painting and refining so long."""
        with self._lock:
            self._routes.setdefault(route, Histogram()).add(seconds)

    def table(self) -> Table:
        with self._lock:
            return Table(
                {route: self._routes[route].timing() for route in Route if route in self._routes},
                {name: h.timing() for name, h in self._stages.items()},
                self.clock() - self._began,
                dict(self._hands),
            )
