"""A scheduler at work for the tests, on processes that only pretend to work."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tools.daemon.queue.queued_job import JobState, QueuedJob
from tools.daemon.queue.scheduler import Scheduler, SchedulerLimits
from tools.daemon.service import open_scheduler

SCRIPT = Path(__file__).with_name("work_script.py")
COMMAND = (sys.executable, str(SCRIPT))
RESERVE = 1 << 16  # bytes


@contextlib.asynccontextmanager
async def scheduling(
    folder: Path,
    work: bool = True,
    limits: SchedulerLimits | None = None,
    clock: Callable[[], float] = time.time,
    reserve: int = RESERVE,
) -> AsyncIterator[Scheduler]:
    """folder: the state's. work: False leaves the queue alone."""
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        given = replace(limits or SchedulerLimits(), command=COMMAND)
        scheduler = open_scheduler(folder, given, stack, clock, reserve)
        task = asyncio.create_task(scheduler.run()) if work else None
        try:
            yield scheduler
        finally:
            await scheduler.drain(0)
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def until(scheduler: Scheduler, name: str, *states: JobState, patience: float = 20) -> QueuedJob:
    async with asyncio.timeout(patience):
        while (job := scheduler.store.get(name)).state not in states:
            await asyncio.sleep(0.02)
    return job


def asked(target: str, output: str = "") -> dict[str, object]:
    """A request whose pretended work is `target`. output: as there is only one job for each."""
    return {"target": target, "output": output or f"/nowhere/{target}.{next(_NUMBERS)}.mp4"}


_NUMBERS = iter(range(1 << 30))
