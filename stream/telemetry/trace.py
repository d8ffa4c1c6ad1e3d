"""Trace: every frame's way as Perfetto and chrome://tracing read it (JSON of trace events).

Written as it happens, flushed once a second; a file cut short by a crash still opens. Knows nothing of what a stage is.
"""

import json
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter

from engines.errors import OutputError

MOST = 2_000_000  # events; about 250 MB, then the trace ends


class Tracer:
    """Opens the file at once. May be used from any thread. Raises OutputError where it cannot be written."""

    def __init__(self, path: Path, clock: Callable[[], float] = perf_counter) -> None:
        try:
            self._file = path.open("w", encoding="utf-8", buffering=1 << 16)
        except OSError as error:
            raise OutputError(f"cannot write the trace {path}: {error.strerror}") from error
        self._clock, self._lock, self._count, self._flushed = clock, threading.Lock(), 0, clock()
        self._file.write("[")

    def span(self, name: str, lane: int, start: float, seconds: float, **facts: int) -> None:
        """A stage's work on a frame. start: the clock's reading; lane: a row of the picture. facts: `frame`, its index
        in the session, or `pts`, its RTP time, where that is all that is known."""
        self._write({"name": name, "ph": "X", "ts": round(start * 1e6), "dur": round(seconds * 1e6)}, lane, facts)

    def mark(self, name: str, lane: int, **facts: int) -> None:
        """Something that happened to a frame at once: came, left, was shed."""
        self._write({"name": name, "ph": "i", "s": "t", "ts": round(self._clock() * 1e6)}, lane, facts)

    def name(self, lane: int, words: str) -> None:
        self._write({"name": "thread_name", "ph": "M", "ts": 0}, lane, {"name": words})

    def close(self) -> None:
        with self._lock:
            if not self._file.closed:
                self._file.write("\n]\n")
                self._file.close()

    def _write(self, event: dict[str, object], lane: int, facts: Mapping[str, object]) -> None:
        event |= {"pid": os.getpid(), "tid": lane, "args": facts}
        line = json.dumps(event, separators=(",", ":"))
        with self._lock:
            if self._file.closed or self._count >= MOST:
                return
            self._file.write(f",\n{line}" if self._count else f"\n{line}")
            self._count += 1
            if (now := self._clock()) - self._flushed > 1:
                self._flushed = now
                self._file.flush()
