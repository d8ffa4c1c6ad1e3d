"""A run over many pictures: in this process or in several, a bounded number under way at once. Prints nothing."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from engines.errors import UnderstudyError
from tools.cli.child import safe_path
from tools.cli.process import quiet_opencv
from tools.relight.sample import RelightJob, SampleResult, Studio, make, open_studio

AHEAD = 2  # pictures of each worker that are handed out at once


def run(
    job: RelightJob, sources: Sequence[Path], workers: int, stopped: Callable[[], bool] = lambda: False
) -> Iterator[SampleResult]:
    """A result for each picture, as they come; once `stopped`, those under way and no more. Raises UnderstudyError:
    where nothing can be written, or a worker died."""
    if workers <= 1 or len(sources) <= 1:
        yield from _here(job, sources, stopped)
    else:
        yield from _elsewhere(job, sources, min(workers, len(sources)), stopped)


def _here(job: RelightJob, sources: Sequence[Path], stopped: Callable[[], bool]) -> Iterator[SampleResult]:
    with open_studio(job.settings, job.method, job.selfie) as studio:
        for source in sources:
            if stopped():
                return
            yield make(job, source, studio)


def _elsewhere(
    job: RelightJob, sources: Sequence[Path], workers: int, stopped: Callable[[], bool]
) -> Iterator[SampleResult]:
    context, left = multiprocessing.get_context("spawn"), iter(sources)
    with safe_path(), ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool:
        under_way: set[Future[SampleResult]] = set()
        try:
            while True:
                while len(under_way) < AHEAD * workers and not stopped() and (source := next(left, None)):
                    under_way.add(pool.submit(_one, job, source))
                if not under_way:
                    return
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise UnderstudyError(
                "a worker was ended from outside, perhaps for want of memory; run the same again with fewer --workers:"
                " what is done stays"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """A worker's own start. It goes when its parent goes: nobody else would tell it that the run was killed. Ctrl-C is
    the parent's."""
    import signal

    import cv2

    quiet_opencv()
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent watch").start()


def _one(job: RelightJob, source: Path) -> SampleResult:
    return make(job, source, _opened(job)[0])


@cache
def _opened(job: RelightJob) -> tuple[Studio, ExitStack]:
    """This process's networks, opened with its first picture and kept to its end: until the stack is let go."""
    held = ExitStack()
    return held.enter_context(open_studio(job.settings, job.method, job.selfie)), held
