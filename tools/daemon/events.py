"""Events: who listens gets every job's latest state. Bounded: who is slow misses states between, never the latest."""

import asyncio
from collections.abc import Mapping
from typing import Any


class Listener:
    """The changed jobs that were not read yet, one state each."""

    def __init__(self, job: str | None) -> None:
        self.job = job
        self._news: dict[str, Mapping[str, Any]] = {}
        self._some = asyncio.Event()
        self._over = False

    def put(self, told: Mapping[str, Any]) -> None:
        name = str(told["id"])
        self._news.pop(name, None)
        self._news[name] = told
        self._some.set()

    def end(self) -> None:
        self._over = True
        self._some.set()

    async def read(self, patience: float) -> Mapping[str, Any] | None:
        """The next one; None where nothing happened for a while. Raises EOFError at the end."""
        if not self._news:
            if self._over:
                raise EOFError
            self._some.clear()
            try:
                await asyncio.wait_for(self._some.wait(), patience)
            except TimeoutError:
                return None
        if not self._news:
            raise EOFError
        return self._news.pop(next(iter(self._news)))


class Events:
    """All listeners. On the event loop's thread."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def __len__(self) -> int:
        return len(self._listeners)

    def tell(self, told: Mapping[str, Any]) -> None:
        """told: a job as it stands, with its `id`."""
        for listener in self._listeners:
            if listener.job in (None, told["id"]):
                listener.put(told)

    def open(self, job: str | None) -> Listener:
        """Hears what happens from now on, to one job or to all; to be dropped."""
        listener = Listener(job)
        self._listeners.add(listener)
        return listener

    def drop(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    def close(self) -> None:
        for listener in self._listeners:
            listener.end()
