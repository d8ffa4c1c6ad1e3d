"""QueuedJob: a job of the queue as a value, its states, and how it is shown to who asks. Knows no database."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

JsonObject = dict[str, object]


class JobState(StrEnum):
    """queued -> running -> done, failed or cancelled; and back to queued by a retry, a pause or a crash."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
OPEN = "'queued', 'running'"  # the others, as SQL


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as it stands. not_before: when it is tried again, 0 where it does not wait. attempts: tries that began and
    were not paused. reason: why it failed, waits or ended. frames: finished ones. reached: those at the beginning of
    the try that runs."""

    id: str
    request: Mapping[str, object]
    state: JobState
    priority: int
    created: float
    started: float | None
    ended: float | None
    not_before: float
    attempts: int
    reason: str
    frames: int
    total: int | None
    reached: int


FIELDS = ", ".join(QueuedJob.__slots__)


def job_of_row(row: Sequence[object]) -> QueuedJob:
    """row: the columns of `FIELDS`."""
    name, request, state, *rest = row
    return QueuedJob(str(name), json.loads(str(request)), JobState(str(state)), *rest)  # type: ignore[arg-type]


def to_json(job: QueuedJob) -> JsonObject:
    """A job as the interface shows it."""
    done = job.state is JobState.DONE
    share = 1.0 if done else job.frames / job.total if job.total else 0.0
    return {
        "id": job.id,
        "state": job.state,
        "priority": job.priority,
        "request": dict(job.request),
        "created": job.created,
        "started": job.started,
        "ended": job.ended,
        "attempts": job.attempts,
        "not_before": job.not_before or None,
        "reason": job.reason,
        "frames": job.frames,
        "total": job.total,
        "progress": round(min(share, 1.0), 4),
    }
