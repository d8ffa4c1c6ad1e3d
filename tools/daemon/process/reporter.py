"""Reporter: what a job's process says of itself: a JSON object a line on standard output, which the daemon reads."""

import json
import time
from collections.abc import Callable

from tools.daemon.steps import Passed, Step

EVERY = 0.25  # seconds between two reports of how far it is
ALIVE = 5.0  # seconds between two signs of life where frames are not counted


class Reporter:
    """clock: seconds that only rise. Nothing here raises but OSError, where nobody reads."""

    def __init__(self, passed: Passed, clock: Callable[[], float] = time.monotonic) -> None:
        self._passed, self._clock = passed, clock
        self._words: Callable[[str], str] = str
        self._said_at = float("-inf")

    def change(self, words: Callable[[str], str]) -> None:
        """From now on notes and errors go through `words` before they are said."""
        self._words = words

    def passed(self, step: Step) -> None:
        """A step of the job. Long stretches without frames, as joining, are known by their steps to be alive."""
        self.alive()
        self._passed(step)

    def alive(self) -> None:
        """Says so, now and then."""
        if self._clock() - self._said_at >= ALIVE:
            self._say({"alive": True})

    def progress(self, frames: int, total: int | None, at_once: bool = False) -> None:
        """frames: finished ones. total: as far as the file tells. at_once: however short ago the last report was."""
        if at_once or self._clock() - self._said_at >= EVERY:
            self._say({"frames": frames, "total": total})

    def note(self, text: str) -> None:
        """For the job's history."""
        self._say({"note": " ".join(self._words(text).split())})

    def error(self, text: str) -> None:
        """Why it ends."""
        self._say({"error": " ".join(self._words(text).split())})

    def _say(self, line: dict[str, object]) -> None:
        self._said_at = self._clock()
        print(json.dumps(line), flush=True)
