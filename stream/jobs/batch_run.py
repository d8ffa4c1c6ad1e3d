"""A batch, one file after another: what became of each. A file that fails does not stop the rest."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from engines.errors import OutputError, UnderstudyError
from stream.jobs.batch import BatchItem, BatchPlan
from stream.jobs.clip import swap_clip
from stream.jobs.done import Standing, standing
from stream.jobs.job import SwapJob
from stream.jobs.kinds import is_picture_job
from stream.jobs.picture import preview, swap_picture
from stream.jobs.result import Follow, JobResult, unseen
from stream.jobs.shared import BatchError
from stream.pipeline.stages import Opener

INTERRUPTED = 130  # what a shell gives a process that ended by Ctrl-C
log = logging.getLogger("understudy.batch")


class FileState(StrEnum):
    """What became of one file. STOPPED: finished early, or dropped, at the user's wish."""

    MADE = "made"
    SKIPPED = "skipped"
    FAILED = "failed"
    STOPPED = "stopped"
    NOT_BEGUN = "not begun"


@dataclass(frozen=True, slots=True)
class FileResult:
    """result: None where nothing was made. why: one sentence, of a file that failed, was skipped or stopped. seconds:
    that it took."""

    item: BatchItem
    state: FileState
    result: JobResult | None = None
    why: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BatchResult:
    """files: in the order of the plan."""

    files: tuple[FileResult, ...]

    def of(self, state: FileState) -> tuple[FileResult, ...]:
        return tuple(file for file in self.files if file.state is state)

    @property
    def exit_code(self) -> int:
        """0: all is there. 1: some files failed. 2: none could be made. 130: stopped by the user."""
        if self.of(FileState.STOPPED) or self.of(FileState.NOT_BEGUN):
            return INTERRUPTED
        failed = len(self.of(FileState.FAILED))
        return 0 if not failed else 2 if failed == len(self.files) else 1


class BatchObserver(Protocol):
    """Told of every file as it is taken up and as it ends."""

    def begin(self, number: int, total: int, item: BatchItem) -> Follow:
        """number: from 1. What it returns follows the file's frames, where it is a clip."""
        ...

    def end(self, result: FileResult) -> None: ...


class Unfollowed:
    """A `BatchObserver` that shows nothing."""

    def begin(self, number: int, total: int, item: BatchItem) -> Follow:
        return unseen

    def end(self, result: FileResult) -> None:
        pass


def run_batch(
    plan: BatchPlan,
    job: SwapJob,
    opener: Opener,
    progress: BatchObserver | None = None,
    stop: threading.Event | None = None,
    skip_done: bool = False,
    overwrite: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> BatchResult:
    """job: what is the same for all; its target and output are not read. opener: of each file's pipeline. stop: set it,
    and the file at work is finished with the frames in flight, and no other begun. skip_done: an output that is there
    and whole stays; one that was finished early is made again. overwrite: whatever else is there may be replaced. A
    KeyboardInterrupt drops the file at work, and ends the batch as `stop` does. Raises OutputError where the plan has
    errors, BatchError where no file can be made."""
    plan.check()
    shown, halt, done = progress or Unfollowed(), stop or threading.Event(), list[FileResult]()
    for number, item in enumerate(plan.items, 1):
        if halt.is_set():
            done.append(FileResult(item, FileState.NOT_BEGUN))
            continue
        began = clock()
        try:
            follow = shown.begin(number, len(plan.items), item)
            result = _one(item, job, opener, follow, halt, skip_done, overwrite)
        except BatchError:
            raise
        except UnderstudyError as error:
            result = FileResult(item, FileState.FAILED, why=str(error))
        except KeyboardInterrupt:
            halt.set()
            result = FileResult(item, FileState.STOPPED, why="dropped; nothing of it was kept")
        except Exception as error:  # a fault of the program's own ends one file, not the night's work
            log.exception("%s failed", item.target)
            result = FileResult(item, FileState.FAILED, why=f"a fault of this program: {type(error).__name__}: {error}")
        done.append(replace(result, seconds=clock() - began))
        shown.end(done[-1])
    return BatchResult(tuple(done))


def _previewed(job: SwapJob, result: JobResult, picture: bool, opener: Opener) -> JobResult:
    """Writes the preview of a file that is made, where one is wanted; where there can be none, a warning says so."""
    if job.preview is None:
        return result
    try:
        preview(job, job.preview, picture, opener)
    except UnderstudyError as error:
        return replace(result, warnings=(*result.warnings, f"there is no preview {job.preview}: {error}"))
    return result


def _one(
    item: BatchItem,
    common: SwapJob,
    opener: Opener,
    follow: Follow,
    stop: threading.Event,
    skip_done: bool,
    overwrite: bool,
) -> FileResult:
    there = standing(item.output) if skip_done else Standing.NOTHING
    if there is Standing.DONE:
        return FileResult(item, FileState.SKIPPED, why="it is done already")
    if not overwrite and there is not Standing.EARLY and (old := next((p for p in item.written if p.exists()), None)):
        broken = " and is altered or broken" if there is Standing.BROKEN and old == item.output else ""
        return FileResult(item, FileState.FAILED, why=f"{old} exists{broken}; give -y to replace it")
    job = replace(common, target=str(item.target), output=str(item.output), preview=item.preview, report=item.report)
    job.check()
    picture = is_picture_job(job)
    for path in item.written:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"the folder {path.parent} cannot be made: {error.strerror}") from error
    result = swap_picture(job, opener) if picture else swap_clip(job, follow, stop, opener)
    if result.whole:
        return FileResult(item, FileState.MADE, _previewed(job, result, picture, opener))
    kept = f"its first {result.frames} frames are in {item.output}" if result.frames else "before its first frame"
    return FileResult(item, FileState.STOPPED, result, kept)
