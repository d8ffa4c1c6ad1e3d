"""Sweep: which tiles of the picture to look at in this frame. Knows time and counts only.

A whole round costs some forty calls of the detector: all at once only where a shot begins, else spread over frames.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Sweep:
    """Call it once per frame."""

    _last: float | None = None  # seconds
    _owed: float = 0.0  # tiles
    _next: int = 0

    def restart(self) -> None:
        """The next frame begins a shot."""
        self._last, self._owed, self._next = None, 0.0, 0

    def __call__(self, now: float, count: int, every: float, wanted: bool) -> list[int]:
        """Indices of the tiles to look at, of `count`: a round in `every` seconds, and all of them in a shot's first
        frame. wanted: False where a find would be of no use: then none; and what was not looked at is not made up for.
        """
        last, self._last = self._last, now
        if last is None:
            return list(range(count)) if wanted else []
        self._owed = self._owed + count * max(0.0, now - last) / every if wanted else 0.0
        some = min(int(self._owed), count)
        first, self._next = self._next, self._next + some
        self._owed -= int(self._owed)
        return [(first + i) % count for i in range(some)]
