"""Progress on stderr: a bar on a terminal, a line every few seconds elsewhere, nothing where it is not wanted."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from stream.jobs.result import Progress

EVERY = 5.0  # seconds between lines where there is no terminal


class ShownProgress(Progress, Protocol):
    """A progress on stderr, for as long as it is entered. What it says stands above the bar where there is one."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


class _Quiet:
    def tick(self) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass


class _Lines(_Quiet):
    def __init__(self, total: int | None, out: TextIO, clock: Callable[[], float], label: str) -> None:
        self._total, self._out, self._clock = total, out, clock
        self._before = f"{label}  " if label else ""
        self._count = 0
        self._began = self._last = clock()

    def tick(self) -> None:
        self._count += 1
        now = self._clock()
        if now - self._last >= EVERY:
            self._last = now
            self.say(self._before + line(self._count, self._total, now - self._began))

    def say(self, text: str) -> None:
        print(text, file=self._out, flush=True)


class _Bar(_Quiet):
    def __init__(self, total: int | None, out: TextIO, label: str) -> None:
        columns = (
            SpinnerColumn(),
            TextColumn(label or "swapping", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            _Rate(),
        )
        self._bars = Bars(*columns, console=Console(file=out, markup=False), transient=True, expand=True)
        self._task = self._bars.add_task("frames", total=total)

    def tick(self) -> None:
        self._bars.advance(self._task)

    def say(self, text: str) -> None:
        self._bars.console.print(text, highlight=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bars.stop()


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        left = task.time_remaining
        return Text(f"{task.speed or 0.0:5.1f} fps  {clock_time(left) if left is not None else '-:--'} left")


def line(count: int, total: int | None, seconds: float) -> str:
    """`240/1000 frames  48.0 fps  0:15 left`; without a known total only what is certain."""
    fps = count / seconds if seconds > 0 else 0.0
    if not total:
        return f"{count} frames  {fps:.1f} fps"
    left = f"  {clock_time(max(0, total - count) / fps)} left" if fps else ""
    return f"{count}/{total} frames  {fps:.1f} fps{left}"


def clock_time(seconds: float) -> str:
    """`0:05`, `12:34`, `1:02:03`."""
    minutes, s = divmod(round(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"


def open_progress(
    total: int | None,
    *,
    quiet: bool,
    out: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
    label: str = "",
) -> ShownProgress:
    """total: frames expected, None if nobody knows. label: what is counted, where that is not plain."""
    out = out or sys.stderr
    if quiet:
        return _Quiet()
    return _Bar(total, out, label) if out.isatty() else _Lines(total, out, clock, label)
