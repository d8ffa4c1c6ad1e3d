"""Scheduler: runs the queue. As many jobs at once as it may, each in a process of its own; failures are tried again.

The place where the store, the processes and the event loop meet.
"""

import asyncio
import contextlib
import json
import logging
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.cli import child
from tools.daemon.events import Events
from tools.daemon.job_store import OVER, JobState, JobStore, QueuedJob

log = logging.getLogger("understudy.daemon")
SUSPENDED, WRONG = 75, 2  # exit codes of `tools.daemon.worker`
WAITS = (5.0, 30.0, 120.0)  # seconds before the second, third and every later try
STOP_WITHIN = 20.0  # seconds that a paused job gets to finish its piece
LAST_WORDS = 2000  # characters of a process's complaints that are kept


@dataclass(frozen=True, slots=True)
class JobEnd:
    """What becomes of a job whose process has ended. state QUEUED: tried again after `wait` seconds."""

    state: JobState
    reason: str
    wait: float = 0.0


def judge(code: int, said: str, attempts: int, most: int) -> JobEnd:
    """code: the exit code, negative for a signal. said: the process's own reason, or its last words."""
    if code == 0:
        return JobEnd(JobState.DONE, "")
    if code == WRONG:
        return JobEnd(JobState.FAILED, said or "the request cannot be fulfilled")
    how = f"its process was ended by {_name(-code)}" if code < 0 else f"its process ended with {code}"
    reason = f"{how}: {said}" if said else how
    if attempts >= most:
        return JobEnd(JobState.FAILED, f"{reason} (try {attempts} of {most})")
    return JobEnd(JobState.QUEUED, f"{reason} (try {attempts} of {most})", WAITS[min(attempts, len(WAITS)) - 1])


def _name(number: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


class Scheduler:
    """folder: for the jobs' folders. jobs: at once. attempts: tries of one job. length: seconds of a job's pieces."""

    def __init__(
        self,
        store: JobStore,
        folder: Path,
        jobs: int = 1,
        attempts: int = 3,
        length: float = 10,
        clock: Callable[[], float] = time.time,
        command: tuple[str, ...] = child.command("tools.daemon.worker"),
    ) -> None:
        self.store, self.folder, self.jobs, self.attempts = store, folder, jobs, attempts
        self.events = Events()
        self.clock = clock
        self.draining = False
        self._command, self._length = command, length
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping: dict[str, JobState | None] = {}  # by request: CANCELLED; None: paused
        self._wake = asyncio.Event()
        self._broken: BaseException | None = None

    @property
    def running(self) -> int:
        return len(self._tasks)

    def told(self, entry: QueuedJob) -> dict[str, Any]:
        """A job as the world sees it."""
        done = entry.state is JobState.DONE
        share = 1.0 if done else entry.frames / entry.total if entry.total else 0.0
        return {
            "id": entry.id,
            "state": entry.state,
            "priority": entry.priority,
            "request": dict(entry.request),
            "created": entry.created,
            "started": entry.started,
            "ended": entry.ended,
            "attempts": entry.attempts,
            "not_before": entry.not_before or None,
            "reason": entry.reason,
            "frames": entry.frames,
            "total": entry.total,
            "progress": round(min(share, 1.0), 4),
        }

    def add(self, request: Mapping[str, Any], priority: int = 0, key: str | None = None) -> tuple[QueuedJob, bool]:
        entry, new = self.store.add(request, priority, self.clock(), key)
        self._changed(entry.id)
        return entry, new

    def cancel(self, name: str) -> QueuedJob:
        """Ends a job for good; its pieces go with it. Raises KeyError, ValueError where it is over already."""
        entry = self._open_entry(name, "cancelled")
        if (process := self._running.get(name)) is not None or entry.state is JobState.RUNNING:
            self._stopping[name] = JobState.CANCELLED
            if process is not None:
                _kill(process)
            return entry
        self.store.end(name, JobState.CANCELLED, "cancelled by request", self.clock())
        self._clear(name)
        return self._changed(name)

    def retry(self, name: str) -> QueuedJob:
        """Queues a failed or cancelled job again. Raises KeyError, ValueError where it is not over."""
        entry = self.store.get(name)
        if entry.state not in (JobState.FAILED, JobState.CANCELLED):
            raise ValueError(f"the job is {entry.state}; only failed and cancelled ones are tried again")
        self.store.retry(name, self.clock())
        return self._changed(name)

    def prioritise(self, name: str, priority: int) -> QueuedJob:
        """Raises KeyError, ValueError where it is over already."""
        self._open_entry(name, "moved")
        self.store.prioritise(name, priority, self.clock())
        return self._changed(name)

    async def run(self) -> None:
        """Works the queue until cancelled. Raises what went wrong in keeping it: a daemon that cannot write down what
        it does had better be started again."""
        for name in self.store.recover(self.clock()):
            log.info("job %s goes on where it was", name)
        while self._broken is None:
            while not self.draining and len(self._tasks) < self.jobs and (entry := self.store.take(self.clock())):
                task = asyncio.create_task(self._work(entry))
                self._tasks.add(task)
                task.add_done_callback(self._ended)
            self._wake.clear()
            at = self.store.next_time() if len(self._tasks) < self.jobs and not self.draining else None
            wait = max(0.05, at - self.clock()) if at is not None else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), wait)
        raise self._broken

    def tidy(self, age: float) -> None:
        """Forgets jobs that were over `age` seconds ago, and folders that no job is left for."""
        self.store.forget(self.clock() - age)
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            try:
                self.store.get(folder.name)
            except KeyError:
                self._clear(folder.name)

    async def drain(self, patience: float) -> None:
        """No new job begins. Those that run may end; after a while they are paused at what they have finished."""
        self.draining = True
        if self._tasks:
            log.info("%d jobs are given %.0f s to end", len(self._tasks), patience)
            await asyncio.wait(self._tasks, timeout=patience)
        for name, process in tuple(self._running.items()):
            self._stopping.setdefault(name, None)
            with contextlib.suppress(ProcessLookupError):
                process.terminate()  # it finishes its piece
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_WITHIN)
        for process in self._running.values():
            _kill(process)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.events.close()

    async def _work(self, entry: QueuedJob) -> None:
        self._changed(entry.id)
        log.info("job %s begins, try %d", entry.id, entry.attempts)
        try:
            code, said = await self._process(entry)
        except (OSError, ValueError) as error:  # no process to be had, or one that talks nonsense
            code, said = 1, f"it could not be followed: {error}"
        name, now = entry.id, self.clock()
        wish = self._stopping.pop(name, "none")
        if wish is JobState.CANCELLED:
            self.store.end(name, JobState.CANCELLED, "cancelled by request", now)
        elif code == SUSPENDED or (wish is None and code != 0):
            self.store.again(name, "paused by the daemon's end", now, counts=False)
        else:
            verdict = judge(code, said, entry.attempts, self.attempts)
            if verdict.state is JobState.QUEUED:
                self.store.again(name, verdict.reason, now, verdict.wait)
            else:
                self.store.end(name, verdict.state, verdict.reason, now)
        ended = self._changed(name)
        log.info("job %s is %s%s", name, ended.state, f": {ended.reason}" if ended.reason else "")
        if ended.state in (JobState.DONE, JobState.CANCELLED):
            self._clear(name)

    async def _process(self, entry: QueuedJob) -> tuple[int, str]:
        """The exit code, and the reason it gave or its last words."""
        folder = self.folder / entry.id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "request.json").write_text(json.dumps(dict(entry.request)))
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command,
            str(folder),
            str(self._length),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=folder,
        )
        self._running[entry.id] = process
        if entry.id in self._stopping:
            _kill(process)
        assert process.stdout is not None and process.stderr is not None
        words = asyncio.create_task(_last(process.stderr))
        error = ""
        try:
            async for line in process.stdout:
                error = self._heard(entry.id, line) or error
            return await process.wait(), error or (await words).strip().rpartition("\n")[2]
        finally:
            words.cancel()
            if process.returncode is None:
                _kill(process)
                await process.wait()
            del self._running[entry.id]
            assert process.stdin is not None
            process.stdin.close()

    def _heard(self, name: str, line: bytes) -> str:
        """Takes a line; the reason, if it gives one."""
        try:
            told = json.loads(line)
            if "error" in told:
                return str(told["error"])
            self.store.progress(name, int(told["frames"]), told["total"])
            self._changed(name)
        except (ValueError, KeyError, TypeError):
            log.info("job %s said: %s", name, line[:200])
        return ""

    def _open_entry(self, name: str, what: str) -> QueuedJob:
        entry = self.store.get(name)
        if entry.state in OVER:
            raise ValueError(f"the job is {entry.state} and cannot be {what}")
        return entry

    def _changed(self, name: str) -> QueuedJob:
        entry = self.store.get(name)
        self.events.tell(self.told(entry))
        self._wake.set()
        return entry

    def _clear(self, name: str) -> None:
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a job's keeping failed", exc_info=error)
            self._broken = error


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


async def _last(stream: asyncio.StreamReader) -> str:
    """Everything is read, the end is kept."""
    kept = b""
    while data := await stream.read(1 << 14):
        kept = (kept + data)[-LAST_WORDS:]
    return kept.decode(errors="replace")
