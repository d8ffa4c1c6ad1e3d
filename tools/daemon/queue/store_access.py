"""StoreAccess: calls to the store that wait where another process holds it, and make room where its disk is full.

The store itself never waits: the event loop carries live streams too. Knows the store's errors and the disk's room.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tools.daemon.errors import StoreBusyError, StoreFullError
from tools.daemon.queue.disk_room import DiskRoom
from tools.daemon.queue.job_folders import JobFolders
from tools.daemon.queue.job_store import JobStore, failed_jobs
from tools.daemon.queue.queued_job import JobState

log = logging.getLogger("understudy.daemon")
T = TypeVar("T")
POLL = 0.1  # seconds between two tries
SAID_EVERY = 30.0  # seconds between two log lines on the same trouble


class StoreAccess:
    """steady: seconds that only rise."""

    def __init__(
        self, store: JobStore, room: DiskRoom, folders: JobFolders, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self.store, self._room, self._folders, self._steady = store, room, folders, steady
        self._said_at = -math.inf

    async def call(self, change: Callable[[], T], patience: float = math.inf) -> T:
        """What the change returns. It is made whole or not at all, so that it can be made again. patience: seconds.
        Raises StoreBusyError and StoreFullError after them."""
        until = self._steady() + patience
        while True:
            try:
                return change()
            except (StoreBusyError, StoreFullError) as error:
                self._say(str(error))
                if isinstance(error, StoreFullError) and self.make_room():
                    continue
                if self._steady() >= until:
                    raise
            await asyncio.sleep(POLL)

    def has_room(self) -> bool:
        """Whether the disk has room for another job. Pieces of failed jobs are freed where it has not."""
        if self._room.keep() and not self._room.is_short:
            return True
        self._say("the disk of --state is full: no job is begun until there is room")
        self._free_failed()
        return False

    def make_room(self) -> bool:
        """Gives back what was set aside, or the pieces of failed jobs. False where there is nothing left to give."""
        return self._room.release() or self._free_failed()

    def _free_failed(self) -> bool:
        failed = self.store.jobs(JobState.FAILED, 1 << 30)
        if not (count := self._folders.free(job.id for job in reversed(failed))):
            return False
        log.warning("the pieces of %d failed jobs were removed to make room; a retry begins anew", count)
        return True

    def _say(self, trouble: str) -> None:
        if self._steady() - self._said_at >= SAID_EVERY:
            self._said_at = self._steady()
            log.error("%s", trouble)


def open_store(path: Path, room: DiskRoom, folders: JobFolders) -> JobStore:
    """The store, on a full disk too: what was set aside is given back for it, and the pieces of failed jobs. Raises
    StoreError."""
    free_failed: Callable[[], object] = lambda: folders.free(failed_jobs(path))  # noqa: E731
    for make_room in (room.release, free_failed):
        try:
            return JobStore(path)
        except StoreFullError as error:
            log.error("%s", error)
            make_room()
    return JobStore(path)
