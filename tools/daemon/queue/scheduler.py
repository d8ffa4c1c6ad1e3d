"""Scheduler: runs the queue. As many jobs at once as it may, each in a process of its own; failures are tried again.

The place where the store, the processes and the event loop meet.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from tools.daemon.errors import ConflictError, StoreBusyError, StoreFullError
from tools.daemon.queue.events import Events
from tools.daemon.queue.job_folders import JobFolders
from tools.daemon.queue.job_store import JobStore
from tools.daemon.queue.queued_job import OVER, JobState, QueuedJob, to_json
from tools.daemon.queue.retries import WAITS, ExitCode, JobEnd, Waits, judge
from tools.daemon.queue.store_access import StoreAccess
from tools.daemon.queue.worker_process import COMMAND, SILENCE, JobProgress, ProcessEnd, WorkerProcess
from tools.daemon.steps import Passed, Step, unheard

log = logging.getLogger("understudy.daemon")
STOP_WITHIN = 20.0  # seconds that a paused job gets to finish its piece
PATIENCE = 15.0  # seconds that a caller waits for a queue that another process holds
ROOM_EVERY = 2.0  # seconds between two looks at a full disk


@dataclass(frozen=True, slots=True)
class SchedulerLimits:
    """jobs: at once. attempts: tries of one job. length: seconds of a job's pieces. command: a job's process, but for
    its folder and length. silence: seconds without a word after which it is ended. stop_within: seconds that a paused
    one gets. waits: seconds before the second and every later try. patience: seconds that a caller waits for a queue
    that another process holds."""

    jobs: int = 1
    attempts: int = 3
    length: float = 10
    command: tuple[str, ...] = COMMAND
    silence: float = SILENCE
    stop_within: float = STOP_WITHIN
    waits: tuple[float, ...] = WAITS
    patience: float = PATIENCE


class Stopping(Enum):
    """Why a process was asked to end."""

    CANCELLED = auto()
    PAUSED = auto()


class Scheduler:
    """clock: seconds since 1970, for what people read. steady: seconds that only rise, for what is waited for."""

    def __init__(
        self,
        access: StoreAccess,
        folders: JobFolders,
        limits: SchedulerLimits | None = None,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        passed: Passed = unheard,
    ) -> None:
        self.events = Events()
        self._access, self._folders, self._limits = access, folders, limits or SchedulerLimits()
        self._clock, self._steady, self._passed = clock, steady, passed
        self._draining = False
        self._processes: dict[str, WorkerProcess] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping: dict[str, Stopping] = {}
        self._waits = Waits()
        self._wake = asyncio.Event()
        self._broken: BaseException | None = None

    @property
    def store(self) -> JobStore:
        """For reading; changes go through here."""
        return self._access.store

    @property
    def running(self) -> int:
        return len(self._tasks)

    @property
    def draining(self) -> bool:
        """Whether it takes no more."""
        return self._draining

    async def add(
        self, request: Mapping[str, object], priority: int = 0, key: str | None = None, body: str | None = None
    ) -> tuple[QueuedJob, bool]:
        """As `JobStore.add`. Raises ConflictError also where the output is there already and may not be replaced."""

        def once() -> tuple[QueuedJob, bool]:
            if (found := self.store.under_key(key, body)) is not None:
                return found, False
            output = str(request.get("output", ""))
            settled = request.get("overwrite") or request.get("skip_done")  # the latter is judged by what is in it
            if not settled and Path(output).exists():
                raise ConflictError(
                    f'there is a file {output} already; name another, or add "overwrite": true, or "skip_done": true'
                )
            return self.store.add(request, priority, self._clock(), key, body)

        job, new = await self._access.call(once, self._limits.patience)
        self._passed(Step.ADDED)
        return self._changed(job.id), new

    async def cancel(self, name: str) -> QueuedJob:
        """Ends a job for good; its pieces go with it. Raises KeyError, and ConflictError where it is over already."""

        def once() -> bool:
            job = self._open_job(name, "cancelled")
            if job.state is JobState.RUNNING:
                self._stopping[name] = Stopping.CANCELLED
                return False
            self.store.end(name, JobState.CANCELLED, "cancelled by request", self._clock())
            return True

        if await self._access.call(once, self._limits.patience):
            self._waits.drop(name)
            self._folders.clear(name)
        elif (process := self._processes.get(name)) is not None:
            process.kill()
        return self._changed(name)

    async def retry(self, name: str) -> QueuedJob:
        """Queues a failed or cancelled job again. Raises KeyError, and ConflictError where it is not over, or where
        another job writes its output by now."""

        def once() -> None:
            job = self.store.get(name)
            if job.state not in (JobState.FAILED, JobState.CANCELLED):
                raise ConflictError(f"the job is {job.state}; only failed and cancelled ones are tried again")
            self.store.retry(name, self._clock())

        await self._access.call(once, self._limits.patience)
        return self._changed(name)

    async def prioritise(self, name: str, priority: int) -> QueuedJob:
        """Raises KeyError, and ConflictError where it is over already."""

        def once() -> None:
            self._open_job(name, "moved")
            self.store.prioritise(name, priority, self._clock())

        await self._access.call(once, self._limits.patience)
        return self._changed(name)

    async def run(self) -> None:
        """Works the queue until cancelled. Raises what went wrong in keeping it. A database that another process holds,
        and a full disk, are waited for."""
        await self._recover()
        while self._broken is None:
            self._wake.clear()
            wait = await self._begin_jobs()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)
        raise self._broken

    async def tidy(self, age: float) -> None:
        """Forgets jobs that were over `age` seconds ago. Removes folders that no job is left for, and what killed
        processes have left."""
        with contextlib.suppress(StoreBusyError, StoreFullError):  # the next time will do
            await self._access.call(lambda: self.store.forget(self._clock() - age), 0)
        for name in self._folders.names():
            try:
                self.store.get(name)
            except KeyError:
                self._folders.clear(name)
        self._folders.clear_leftovers(tuple(self._processes))

    async def drain(self, patience: float) -> None:
        """No new job begins. Those that run may end; after a while they are paused at what they have finished."""
        self._draining = True
        if self._tasks:
            log.info("%d jobs are given %.0f s to end", len(self._tasks), patience)
            await asyncio.wait(self._tasks, timeout=patience)
        for name, process in tuple(self._processes.items()):
            self._stopping.setdefault(name, Stopping.PAUSED)
            process.pause()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._limits.stop_within)
        for process in self._processes.values():
            process.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.events.close()

    async def _recover(self) -> None:
        for job in await self._access.call(lambda: self.store.recover(self._clock(), self._limits.attempts)):
            log.info("job %s: %s", job.id, "it goes on where it was" if job.state not in OVER else job.reason)
        queued = self.store.jobs(JobState.QUEUED, 1 << 30)
        waiting = {job.id: job.not_before for job in queued if job.not_before}
        self._waits.recover(waiting, self._clock(), self._steady(), max(self._limits.waits))
        self._passed(Step.RECOVERED)

    async def _begin_jobs(self) -> float | None:
        """As many as there may be. Returns the seconds after which to look again; None: when something happens."""
        while not self._draining and len(self._tasks) < self._limits.jobs:
            if not self._access.has_room():
                return ROOM_EVERY
            now = self._steady()
            waiting = self._waits.names(now)
            job = await self._access.call(lambda: self.store.take(self._clock(), waiting))  # noqa: B023 - called here
            if job is None:
                at = self._waits.next()
                return max(0.05, at - now) if at is not None else None
            self._passed(Step.TAKEN)
            log.info("job %s begins, try %d", job.id, job.attempts)
            self._changed(job.id)
            task = asyncio.create_task(self._work(job))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return None

    async def _work(self, job: QueuedJob) -> None:
        limits, name = self._limits, job.id
        process = self._processes[name] = WorkerProcess(
            self._folders.path(name),
            limits.length,
            lambda heard: self._heard(name, heard),
            limits.command,
            limits.silence,
            self._passed,
        )
        if name in self._stopping:
            process.kill()
        try:
            end = await process.run(job.request)
        except OSError as error:  # no process to be had, or no room for its request
            end = ProcessEnd(ExitCode.AGAIN, f"it could not be started: {error.strerror or error}")
        except ValueError as error:  # one that talks nonsense
            end = ProcessEnd(ExitCode.CRASHED, f"it could not be followed: {error}")
        finally:
            del self._processes[name]
        self._passed(Step.PROCESS_ENDED)
        verdict = self._judge(job, end)
        self._passed(Step.JUDGED)
        await self._settle(name, verdict)

    def _judge(self, job: QueuedJob, end: ProcessEnd) -> JobEnd:
        """What became of a try: as its process says, but the output itself is asked first."""
        if self._folders.has_output(job.id, str(job.request.get("output", ""))):
            return JobEnd(JobState.DONE, "")
        stopping = self._stopping.pop(job.id, None)
        if stopping is Stopping.CANCELLED and end.code != ExitCode.DONE:
            return JobEnd(JobState.CANCELLED, "cancelled by request")
        if stopping is Stopping.PAUSED and (end.code == ExitCode.SUSPENDED or end.code < 0):
            return JobEnd(JobState.QUEUED, "paused by the daemon's end", counts=False)
        return judge(end.code, end.said, job.attempts, self._limits.attempts, self._limits.waits)

    async def _settle(self, name: str, verdict: JobEnd) -> None:
        """Writes down what became of a try."""
        now = self._clock()
        if verdict.state is JobState.QUEUED:
            self._waits.add(name, self._steady() + verdict.wait)
            await self._access.call(lambda: self.store.again(name, verdict.reason, now, verdict.wait, verdict.counts))
        else:
            await self._access.call(lambda: self.store.end(name, verdict.state, verdict.reason, now))
        self._passed(Step.END_KEPT)
        ended = self._changed(name)
        log.info("job %s is %s%s", name, ended.state, f": {ended.reason}" if ended.reason else "")
        if ended.state in (JobState.DONE, JobState.CANCELLED):
            self._folders.clear(name)
        self._passed(Step.CLEARED)

    def _heard(self, name: str, heard: JobProgress | str) -> None:
        """A report of a job's process. One that cannot be kept now is left to the next."""
        self._passed(Step.PROGRESS_HEARD)
        with contextlib.suppress(StoreBusyError, StoreFullError):
            if isinstance(heard, JobProgress):
                self.store.progress(name, heard.frames, heard.total)
            else:
                self.store.note(name, self._clock(), heard)
            self._passed(Step.PROGRESS_KEPT)
        self._changed(name)

    def _open_job(self, name: str, what: str) -> QueuedJob:
        job = self.store.get(name)
        if job.state in OVER:
            raise ConflictError(f"the job is {job.state} and cannot be {what}")
        return job

    def _changed(self, name: str) -> QueuedJob:
        job = self.store.get(name)
        self.events.put(to_json(job))
        self._wake.set()
        return job

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a job could not be kept", exc_info=error)
            self._broken = error
