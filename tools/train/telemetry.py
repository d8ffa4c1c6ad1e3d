"""What a training run says while it runs: one JSON object a line in a file, and one live line for people."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO


@dataclass(slots=True)
class Telemetry:
    """path: the JSON-lines file, appended to. screen: where the live line goes, None for nowhere. clock: seconds."""

    path: Path
    clock: Callable[[], float]
    screen: TextIO | None = None
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._began = self.clock()

    def say(self, event: str, **facts: float | str) -> None:
        """One line: the event, seconds since the run began, and the facts."""
        line = {"event": event, "seconds": round(self.clock() - self._began, 2), **facts}
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def step(
        self, epoch: int, step: int, steps: int, loss: float, rate: float, parts: dict[str, float], first: int = 0
    ) -> None:
        """A training step: written, and shown with the time that is left at the pace so far. steps: in all;
        first: the step it was resumed at."""
        seconds = self.left(step, steps, first)
        self.say("step", epoch=epoch, step=step, loss=round(loss, 5), rate=rate, left=round(seconds, 1), **parts)
        if self.screen is not None:
            left = int(seconds)
            clock = f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}"
            self.screen.write(f"\repoch {epoch}  step {step}/{steps}  loss {loss:.4f}  {clock} left   ")
            self.screen.flush()

    def left(self, step: int, steps: int, first: int = 0) -> float:
        """Seconds until step `steps`, at the pace since the run began."""
        done = step - first
        return (self.clock() - self._began) / done * (steps - step) if done > 0 else 0.0


def read(path: Path) -> list[dict[str, float | str]]:
    """A run's lines. A line that a crash cut short is left out."""
    out = []
    for line in path.read_text().splitlines():
        try:
            out.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return out
