"""A batch as people follow it on a terminal: which file of how many, the frames of the current one, a summary, what
failed. Returns exit codes."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table as Grid

from stream.jobs.batch import BatchItem, BatchPlan
from stream.jobs.batch_run import BatchResult, FileResult, FileState, run_batch
from stream.jobs.job import SwapJob
from stream.jobs.result import Follow, Progress
from stream.jobs.shared import SharedNetworks
from stream.pipeline.stages import Opener
from tools.cli.progress import clock_time, open_progress
from tools.swap.show import interruptible


def run(
    plan: BatchPlan, job: SwapJob, quiet: bool, skip_done: bool, overwrite: bool, opener: Opener | None = None
) -> int:
    """Returns the exit code. opener: of pipelines; None: with networks that all files share. Raises UnderstudyError
    where nothing can be made."""
    shown, stop, networks = _Shown(quiet), threading.Event(), SharedNetworks()
    for path in plan.passed:
        shown.say(f"note: {path} is passed over: it is another target's output")
    try:
        with interruptible(stop, shown.say):
            result = run_batch(plan, job, opener or networks.open, shown, stop, skip_done, overwrite)
    finally:
        networks.close()
    if not quiet:
        console = Console(highlight=False)
        console.print(summary(result))
        console.print(totals(result), soft_wrap=True, markup=False)
    for file in (*result.of(FileState.FAILED), *result.of(FileState.STOPPED), *result.of(FileState.NOT_BEGUN)):
        why = f": {' '.join(file.why.split())}" if file.why else ""
        print(f"{file.state.value}: {file.item.target}{why}", file=sys.stderr)
    return result.exit_code


def summary(result: BatchResult) -> Grid:
    """A row for each file."""
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    grid.add_column("file", overflow="fold", min_width=12)
    for name in ("frames", "painted", "missed", "speed"):
        grid.add_column(name, justify="right", no_wrap=True)
    grid.add_column("result", no_wrap=True)
    for file in result.files:
        made = file.result
        cells = ["", "", "", ""]
        if made is not None:
            fps = made.frames / file.seconds if file.seconds > 0 else 0.0
            cells = [str(made.frames), str(made.painted), str(made.misses.frames), f"{fps:.1f} fps"]
        grid.add_row(_plain(str(file.item.target)), *cells, file.state.value)
    return grid


def totals(result: BatchResult) -> str:
    """`3 of 5 files made, 1 skipped, 1 failed; 240 frames in 0:12`."""
    counts = {state: len(result.of(state)) for state in FileState}
    parts = [f"{counts[FileState.MADE]} of {len(result.files)} files made"]
    parts += [f"{n} {state.value}" for state, n in counts.items() if n and state is not FileState.MADE]
    frames = sum(file.result.frames for file in result.files if file.result is not None)
    return f"{', '.join(parts)}; {frames} frames in {clock_time(sum(file.seconds for file in result.files))}"


def _plain(text: str) -> str:
    """As it is: rich reads brackets as styles."""
    return text.replace("[", "\\[")


class _Shown:
    """Lines and bars on stderr, one file after another."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Progress | None = None

    def begin(self, number: int, total: int, item: BatchItem) -> Follow:
        label = f"file {number} of {total}: {item.target.name}"
        self.say(label)

        @contextmanager
        def follow(frames: int | None) -> Iterator[Progress]:
            with open_progress(frames, quiet=self._quiet, label=label) as self._bar:
                try:
                    yield self._bar
                finally:
                    self._bar = None

        return follow

    def end(self, result: FileResult) -> None:
        if result.result is not None:
            for warning in result.result.warnings:
                self.say(f"note: {warning}")
        if result.state is FileState.MADE:
            self.say(f"wrote {result.item.output}")
        elif result.state is not FileState.NOT_BEGUN:
            self.say(f"{result.state.value}: {result.why}")

    def say(self, text: str) -> None:
        """Above the bar where there is one."""
        if self._bar is not None:
            self._bar.say(text)
        elif not self._quiet:
            print(text, file=sys.stderr, flush=True)
