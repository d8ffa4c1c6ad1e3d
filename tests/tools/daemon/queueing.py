"""A keeper at work for the tests, on processes that only pretend to work."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from tools.daemon.job_store import JobState, JobStore, QueuedJob
from tools.daemon.scheduler import Scheduler

SCRIPT = Path(__file__).with_name("work_script.py")


@contextlib.asynccontextmanager
async def keeping(folder: Path, jobs: int = 1, attempts: int = 3, work: bool = True) -> AsyncIterator[Scheduler]:
    """work: False leaves the queue alone."""
    folder.mkdir(exist_ok=True)
    store = JobStore(folder / "jobs.sqlite3")
    keeper = Scheduler(store, folder / "jobs", jobs, attempts, command=(sys.executable, str(SCRIPT)))
    task = asyncio.create_task(keeper.run()) if work else None
    try:
        yield keeper
    finally:
        await keeper.drain(0)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        store.close()


async def until(keeper: Scheduler, name: str, *states: JobState, patience: float = 20) -> QueuedJob:
    async with asyncio.timeout(patience):
        while (entry := keeper.store.get(name)).state not in states:
            await asyncio.sleep(0.02)
    return entry
