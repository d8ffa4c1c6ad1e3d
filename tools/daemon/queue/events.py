"""Events: who listens gets every job's latest state. Bounded: who is slow misses states between, never the latest."""

import asyncio
from collections.abc import Mapping


class EventSubscription:
    """The changed jobs that were not read yet, one state each. job: the one that is listened to, None for all."""

    def __init__(self, job: str | None) -> None:
        self.job = job
        self._unread: dict[str, Mapping[str, object]] = {}
        self._some = asyncio.Event()
        self._over = False

    def put(self, state: Mapping[str, object]) -> None:
        """state: a job as it stands, with its `id`."""
        name = str(state["id"])
        self._unread.pop(name, None)
        self._unread[name] = state
        self._some.set()

    def end(self) -> None:
        """Nothing comes any more."""
        self._over = True
        self._some.set()

    async def read(self, patience: float) -> Mapping[str, object] | None:
        """The next state; None where nothing happened for so many seconds. Raises EOFError at the end."""
        if not self._unread:
            if self._over:
                raise EOFError
            self._some.clear()
            try:
                await asyncio.wait_for(self._some.wait(), patience)
            except TimeoutError:
                return None
        if not self._unread:
            raise EOFError
        return self._unread.pop(next(iter(self._unread)))


class Events:
    """All listeners. On the event loop's thread."""

    def __init__(self) -> None:
        self._listeners: set[EventSubscription] = set()

    def __len__(self) -> int:
        return len(self._listeners)

    def put(self, state: Mapping[str, object]) -> None:
        """To all whom it concerns. state: a job as it stands, with its `id`."""
        for listener in self._listeners:
            if listener.job in (None, state["id"]):
                listener.put(state)

    def open(self, job: str | None) -> EventSubscription:
        """Gets what happens from now on, to one job or to all; to be dropped."""
        listener = EventSubscription(job)
        self._listeners.add(listener)
        return listener

    def drop(self, listener: EventSubscription) -> None:
        self._listeners.discard(listener)

    def close(self) -> None:
        for listener in self._listeners:
            listener.end()
