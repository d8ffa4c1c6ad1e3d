"""SharedEngines: engines opened once for many streams, each behind a micro-batcher that joins the streams' calls.

Knows engines and streams; which networks there are is told from outside.
"""

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from engines.backends.batcher import Batcher
from engines.protocol import Engine, Session

T = TypeVar("T")


class SharedEngines:
    """most: rows of one call. wait: seconds that the first job of a call waits for other streams'."""

    def __init__(self, most: int = 16, wait: float = 0.004) -> None:
        self._most, self._wait = most, wait
        self._batchers: dict[Hashable, tuple[Engine, Batcher]] = {}
        self._kept: dict[Hashable, object] = {}
        self._lock = threading.RLock()  # what is kept may itself open networks

    def open(
        self, key: Hashable, make: Callable[[], Engine], stream: Hashable, most: int | None = None
    ) -> tuple[Engine, Session]:
        """The engine of this key, made at the first call, and a session of the stream's own. most: rows of a call of
        this engine, the hub's own if not told. Errors: those of make."""
        with self._lock:  # two streams that come at once load the weights once
            if key not in self._batchers:
                engine = make()
                self._batchers[key] = engine, Batcher(engine, most or self._most, self._wait)
            engine, batcher = self._batchers[key]
        return engine, batcher.session(stream)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What belongs to the weights and is as slow to read: made at the first call. Errors: those of make."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return cast(T, self._kept[key])

    def leave(self, stream: Hashable) -> None:
        """A stream ends: what it has waiting is cancelled, and nobody waits for it any more."""
        with self._lock:
            for _, batcher in self._batchers.values():
                batcher.cancel(stream)

    @property
    def waiting(self) -> int:
        """Jobs that wait, of all streams."""
        return sum(batcher.waiting for _, batcher in self._batchers.values())

    @property
    def calls(self) -> dict[Hashable, tuple[int, int]]:
        """Calls made and rows in them, by key."""
        return {key: (batcher.calls, batcher.rows) for key, (_, batcher) in self._batchers.items()}

    def close(self) -> None:
        """What waits is cancelled; close it after its streams have ended."""
        with self._lock:
            for _, batcher in self._batchers.values():
                batcher.close()
            self._batchers.clear()
            self._kept.clear()
