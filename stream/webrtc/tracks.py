"""Tracks: what a peer connection sends, fed from elsewhere; the newest picture wins, audio waits for its picture.

All calls come from the event loop's thread. Knows nothing of peers or sessions.
"""

import asyncio
from collections import deque
from typing import Any

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

AUDIO_HELD = 100  # packets of 20 ms


class Outlet(MediaStreamTrack):
    """One viewer's end. kind: video keeps only the newest picture that was not yet taken; audio keeps two seconds.
    dropped: items that made room."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.dropped = 0
        self._items: deque[Any] = deque(maxlen=1 if kind == "video" else AUDIO_HELD)
        self._some = asyncio.Event()

    def push(self, item: Any) -> None:
        self.dropped += len(self._items) == self._items.maxlen
        self._items.append(item)
        self._some.set()

    async def recv(self) -> Any:
        """The next picture or packet. Raises MediaStreamError once the track has ended."""
        while not self._items:
            if self.readyState != "live":
                raise MediaStreamError
            self._some.clear()
            await self._some.wait()
        return self._items.popleft()

    def stop(self) -> None:
        super().stop()
        self._some.set()


class Hub:
    """One source, any number of outlets. A new outlet gets the last picture at once."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._outlets: list[Outlet] = []
        self._last: Any = None

    def __len__(self) -> int:
        return len(self._outlets)

    @property
    def dropped(self) -> int:
        return sum(o.dropped for o in self._outlets)

    def outlet(self) -> Outlet:
        made = Outlet(self.kind)
        if self._last is not None:
            made.push(self._last)
        self._outlets.append(made)
        return made

    def push(self, item: Any) -> None:
        if self.kind == "video":
            self._last = item
        self._outlets = [o for o in self._outlets if o.readyState == "live"]
        for outlet in self._outlets:
            outlet.push(item)

    def stop(self) -> None:
        for outlet in self._outlets:
            outlet.stop()
        self._outlets, self._last = [], None
