"""Back-off: when to try again. Pure."""

from dataclasses import dataclass

FIRST, MOST = 0.5, 15.0  # seconds between tries
GOOD = 10.0  # seconds of success after which the next failure counts as the first


@dataclass(slots=True)
class Backoff:
    """tries: failures in a row."""

    tries: int = 0
    _up: float | None = None
    _next: float = 0.0

    def ready(self, now: float) -> bool:
        """May it be tried now?"""
        return now >= self._next

    def up(self, now: float) -> None:
        """It worked."""
        self._up = now

    def down(self, now: float) -> float:
        """It failed, or broke. Returns the seconds to wait."""
        if self._up is not None and now - self._up >= GOOD:
            self.tries = 0
        self._up = None
        wait = min(FIRST * 2.0 ** min(self.tries, 16), MOST)  # hundreds of tries would overflow
        self.tries += 1
        self._next = now + wait
        return wait
