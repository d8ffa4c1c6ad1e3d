"""Retries: what a process's end means for its job, and the waits before the next try. Pure; the clock is passed in."""

import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum

from tools.daemon.queue.queued_job import JobState

WAITS = (5.0, 30.0, 120.0)  # seconds before the second, third and every later try


class ExitCode(IntEnum):
    """How a job's process ends. WRONG: for the user to mend. AGAIN: the machine's fault, said in words; to be tried
    again. SUSPENDED: asked to pause, and what was finished is kept. Any other number: a crash."""

    DONE = 0
    CRASHED = 1
    WRONG = 2
    AGAIN = 74
    SUSPENDED = 75


@dataclass(frozen=True, slots=True)
class JobEnd:
    """What becomes of a job whose process has ended. state QUEUED: tried again after `wait` seconds.
    counts: whether the try counts as one."""

    state: JobState
    reason: str
    wait: float = 0.0
    counts: bool = True


def judge(code: int, said: str, attempts: int, most: int, waits: Sequence[float] = WAITS) -> JobEnd:
    """code: the exit code, negative for a signal. said: the process's own reason, or its last words. attempts: the
    tries so far, this one counted. most: tries of one job. waits: seconds before the second and every later try."""
    if code == ExitCode.DONE:
        return JobEnd(JobState.DONE, "")
    if code == ExitCode.WRONG:
        return JobEnd(JobState.FAILED, said or "the request cannot be fulfilled")
    reason = f"{_reason(code, said)} (try {attempts} of {most})"
    if attempts >= most:
        return JobEnd(JobState.FAILED, reason)
    return JobEnd(JobState.QUEUED, reason, waits[min(attempts, len(waits)) - 1])


def _reason(code: int, said: str) -> str:
    if code == ExitCode.AGAIN and said:
        return said
    if code == ExitCode.SUSPENDED:
        return "its process was asked to pause, and not by the daemon"
    how = f"its process was ended by {_name(-code)}" if code < 0 else f"its process ended with {code}"
    return f"{how}: {said}" if said else how


def _name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


class Waits:
    """The jobs that are not to be tried yet. Seconds come from a clock that is never set: no calendar that is put back
    holds a job up."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, name: str, until: float) -> None:
        self._until[name] = until

    def drop(self, name: str) -> None:
        """By a person's wish, or since the job is over."""
        self._until.pop(name, None)

    def names(self, now: float) -> tuple[str, ...]:
        """Who waits still."""
        self._until = {name: until for name, until in self._until.items() if until > now}
        return tuple(self._until)

    def next(self) -> float | None:
        """When the next one is due; None where none waits."""
        return min(self._until.values(), default=None)

    def recover(self, not_before: Mapping[str, float], wall: float, now: float, longest: float) -> None:
        """After a start: what the queue says of its waits, in seconds since 1970 as `wall` is. None is longer than the
        longest there is, whatever the calendar says."""
        for name, at in not_before.items():
            if (left := min(at - wall, longest)) > 0:
                self.add(name, now + left)
