"""A job as people follow it on a terminal: progress, notes, the table, what was written. Returns exit codes."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console

from stream.jobs.clip import swap_clip
from stream.jobs.job import SwapJob
from stream.jobs.picture import preview as write_preview
from stream.jobs.picture import swap_picture
from stream.jobs.result import Follow, JobResult, Progress
from tools.cli import table
from tools.cli.progress import open_progress

INTERRUPTED = 130  # what a shell gives a process that ended by Ctrl-C


def followed(quiet: bool, stop: threading.Event | None = None) -> Follow:
    """A clip's progress on this terminal. stop: set by the first Ctrl-C."""
    halt = stop or threading.Event()

    @contextmanager
    def follow(frames: int | None) -> Iterator[Progress]:
        with open_progress(frames, quiet=quiet) as progress, interruptible(halt, progress.say):
            yield progress

    return follow


def clip(job: SwapJob, quiet: bool) -> int:
    """Returns the exit code. Raises UnderstudyError; nothing is then left under the final names."""
    stop = threading.Event()
    result = swap_clip(job, followed(quiet, stop), stop)
    if not quiet:
        console = Console(stderr=job.output == "-", highlight=False, markup=False)
        console.print(table.render(result.table))
        for note in result.warnings:
            console.print(f"note: {note}", soft_wrap=True)
        if result.whole:
            console.print(f"wrote {job.output}", soft_wrap=True)
        else:
            console.print(f"stopped early: {_kept(result)}", soft_wrap=True)
        if result.marks:
            console.print(result.marks, soft_wrap=True)
    return 0 if result.whole else INTERRUPTED


def picture(job: SwapJob, quiet: bool) -> int:
    """Returns the exit code. Raises UnderstudyError."""
    result = swap_picture(job)
    notes = Console(stderr=True, highlight=False, markup=False, quiet=quiet)
    for note in (*result.notes, *result.warnings):
        notes.print(f"note: {note}", soft_wrap=True)
    if not quiet:
        console = Console(highlight=False, markup=False)
        console.print(f"wrote {result.output}", soft_wrap=True)
        if result.marks:
            console.print(result.marks, soft_wrap=True)
    return 0


def preview(job: SwapJob, output: Path, still: bool, quiet: bool) -> None:
    """One frame, before and after. still: the target is a picture. Raises UnderstudyError."""
    seconds = write_preview(job, output, still)
    if not quiet:
        at = "" if still else f" (the frame at {seconds:.2f} s)"
        Console(stderr=True, highlight=False, markup=False).print(f"wrote {output}{at}", soft_wrap=True)


def _kept(result: JobResult) -> str:
    if result.frames:
        return f"the first {result.frames} frames are in {result.output}"
    return f"before the first frame; there is no {result.output}"


@contextmanager
def interruptible(stop: threading.Event, say: Callable[[str], object]) -> Iterator[None]:
    """The first Ctrl-C sets `stop`, the second ends everything at once."""

    def on_signal(number: int, at: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        say("stopping: finishing the file with the frames in flight (Ctrl-C again to drop it)")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
