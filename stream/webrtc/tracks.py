"""Tracks: what a peer connection sends, fed from elsewhere; the newest picture wins, audio waits for its picture.

All calls come from the event loop's thread. Knows nothing of peers or sessions.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

Ended = MediaStreamError
"""What `recv` raises once a track is over: for those who need not know aiortc."""

__all__ = ["MediaStreamError", "TrackFanout", "ViewerTrack"]

AUDIO_HELD = 100  # packets of 20 ms


class ViewerTrack(MediaStreamTrack):
    """One viewer's end. kind: video keeps only the newest picture that was not yet taken; audio keeps two seconds.
    dropped: items that made room; `on_drop` is called for each."""

    def __init__(self, kind: str, on_drop: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.kind, self._on_drop = kind, on_drop
        self.dropped = 0
        self._items: deque[Any] = deque(maxlen=1 if kind == "video" else AUDIO_HELD)
        self._some = asyncio.Event()

    @property
    def waiting(self) -> int:
        return len(self._items)

    def push(self, item: Any) -> None:
        if len(self._items) == self._items.maxlen:
            self.dropped += 1
            self._on_drop()
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


class TrackFanout:
    """One source, any number of outlets. A new outlet gets the last picture at once. on_drop: called for each item that
    a slow viewer missed."""

    def __init__(self, kind: str, on_drop: Callable[[], object] = lambda: None) -> None:
        self.kind, self._on_drop = kind, on_drop
        self._outlets: list[ViewerTrack] = []
        self._last: Any = None

    def __len__(self) -> int:
        return len(self._outlets)

    @property
    def waiting(self) -> int:
        """Items that were not yet taken, all outlets."""
        return sum(o.waiting for o in self._outlets)

    def outlet(self) -> ViewerTrack:
        made = ViewerTrack(self.kind, self._on_drop)
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
