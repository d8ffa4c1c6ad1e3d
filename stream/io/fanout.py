"""Fanout: one source's pictures or sound for any number of readers. Knows nothing of transports.

A reader gets the newest picture that it has not read yet; sound is kept for two seconds. All calls come from the event
loop's thread.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

AUDIO_KEPT = 100  # packets of 20 ms


class Ended(Exception):
    """The source is over, or the subscription was stopped."""


class Subscription:
    """One reader's end. kind: `video` keeps only the newest picture that was not yet read; `audio` keeps two seconds.
    dropped: items that made room for newer ones; `on_drop` is called for each."""

    def __init__(self, kind: str, on_drop: Callable[[], object] = lambda: None) -> None:
        self.kind, self._on_drop = kind, on_drop
        self.dropped = 0
        self.ended = False
        self._items: deque[Any] = deque(maxlen=1 if kind == "video" else AUDIO_KEPT)
        self._changed = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Items that were not yet read."""
        return len(self._items)

    def push(self, item: Any) -> None:
        """Adds an item; the oldest makes room where there is none."""
        if len(self._items) == self._items.maxlen:
            self.dropped += 1
            self._on_drop()
        self._items.append(item)
        self._changed.set()

    async def recv(self) -> Any:
        """The next picture or packet. Raises Ended once nothing more can come."""
        while not self._items:
            if self.ended:
                raise Ended
            self._changed.clear()
            await self._changed.wait()
        return self._items.popleft()

    def stop(self) -> None:
        """Nothing more comes; what was not read yet can still be read."""
        self.ended = True
        self._changed.set()


class Fanout:
    """One source, any number of subscriptions. A new one gets the last picture at once. on_drop: called for each item
    that a slow reader missed."""

    def __init__(self, kind: str, on_drop: Callable[[], object] = lambda: None) -> None:
        self.kind, self._on_drop = kind, on_drop
        self._subscriptions: list[Subscription] = []
        self._last: Any = None

    def __len__(self) -> int:
        return len(self._subscriptions)

    @property
    def waiting(self) -> int:
        """Items that were not yet read, all subscriptions."""
        return sum(s.waiting for s in self._subscriptions)

    def subscribe(self) -> Subscription:
        """A new reader; to be stopped by who reads."""
        made = Subscription(self.kind, self._on_drop)
        if self._last is not None:
            made.push(self._last)
        self._subscriptions.append(made)
        return made

    def push(self, item: Any) -> None:
        """An item for every reader."""
        if self.kind == "video":
            self._last = item
        self._subscriptions = [s for s in self._subscriptions if not s.ended]
        for subscription in self._subscriptions:
            subscription.push(item)

    def stop(self) -> None:
        """The source is over: ends every subscription and forgets the last picture."""
        for subscription in self._subscriptions:
            subscription.stop()
        self._subscriptions, self._last = [], None
