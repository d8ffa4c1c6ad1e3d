"""JobStore: the jobs, in SQLite. Every change is on disk before it is answered; a crash loses and doubles none.

Knows states and their order; nothing of HTTP or of how a job is done. The clock is passed in (seconds since 1970).
"""

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from engines.errors import UnderstudyError

VERSION = 1
TABLES = """
CREATE TABLE jobs (
  id TEXT PRIMARY KEY, key TEXT UNIQUE, request TEXT NOT NULL, state TEXT NOT NULL, priority INTEGER NOT NULL,
  created REAL NOT NULL, started REAL, ended REAL, not_before REAL NOT NULL, attempts INTEGER NOT NULL,
  reason TEXT NOT NULL, frames INTEGER NOT NULL, total INTEGER
) STRICT;
CREATE INDEX due ON jobs (state, priority DESC, created);
CREATE TABLE history (job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, at REAL NOT NULL, what TEXT NOT NULL) STRICT;
CREATE INDEX of_job ON history (job);
"""


class JobState(StrEnum):
    """queued -> running -> done, failed or cancelled; and back to queued by a retry, a pause or a crash."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class StoreError(UnderstudyError):
    """The jobs cannot be kept."""


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job as it stands. not_before: it is not tried before. attempts: tries that began and were not paused. reason:
    why it failed, waits or ended."""

    id: str
    request: Mapping[str, Any]
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


FIELDS = ", ".join(QueuedJob.__slots__)


class JobStore:
    """For one thread. One daemon per file: that is its owner's care."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError."""
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")  # a power cut loses nothing either
            self._db.execute("PRAGMA foreign_keys = ON")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                self._db.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
            elif version != VERSION:
                raise StoreError(f"{path} is of another version ({version}); use a new --state folder")
        except sqlite3.Error as error:
            raise StoreError(
                f"the jobs in {path} cannot be opened: {error}; move the file away to begin anew"
            ) from error

    def close(self) -> None:
        self._db.close()

    def add(
        self, request: Mapping[str, Any], priority: int, now: float, key: str | None = None
    ) -> tuple[QueuedJob, bool]:
        """The new job, or the one that was added under this key before; and whether it is new."""
        with self._whole():
            if key is not None and (found := self._one("key = ?", key)):
                return found, False
            name = secrets.token_hex(8)
            values = (name, key, json.dumps(dict(request)), JobState.QUEUED, priority, now)
            self._db.execute(
                "INSERT INTO jobs (id, key, request, state, priority, created, not_before, attempts, reason, frames)"
                " VALUES (?, ?, ?, ?, ?, ?, 0, 0, '', 0)",
                values,
            )
            self._note(name, now, "added")
        return self.get(name), True

    def get(self, name: str) -> QueuedJob:
        """Raises KeyError."""
        found = self._one("id = ?", name)
        if found is None:
            raise KeyError(name)
        return found

    def jobs(self, state: JobState | None = None, most: int = 100, before: float | None = None) -> list[QueuedJob]:
        """The newest first. before: created earlier than that, for the next page."""
        wheres, values = ["1"], list[Any]()
        if state is not None:
            wheres, values = [*wheres, "state = ?"], [*values, state]
        if before is not None:
            wheres, values = [*wheres, "created < ?"], [*values, before]
        text = f"SELECT {FIELDS} FROM jobs WHERE {' AND '.join(wheres)} ORDER BY created DESC, rowid DESC LIMIT ?"
        return [_entry(row) for row in self._db.execute(text, (*values, most))]

    def counts(self) -> dict[JobState, int]:
        found = dict(self._db.execute("SELECT state, COUNT(*) FROM jobs GROUP BY state"))
        return {state: int(found.get(state, 0)) for state in JobState}

    def history(self, name: str) -> list[tuple[float, str]]:
        """What happened to a job, in order."""
        rows = self._db.execute("SELECT at, what FROM history WHERE job = ? ORDER BY rowid", (name,))
        return [(float(at), str(what)) for at, what in rows]

    def take(self, now: float) -> QueuedJob | None:
        """The next job that is due, now running: the highest priority, then the oldest."""
        with self._whole():
            row = self._db.execute(
                "UPDATE jobs SET state = 'running', started = ?, ended = NULL, attempts = attempts + 1, reason = ''"
                " WHERE id = (SELECT id FROM jobs WHERE state = 'queued' AND not_before <= ?"
                f" ORDER BY priority DESC, created, rowid LIMIT 1) RETURNING {FIELDS}",
                (now, now),
            ).fetchone()
            if row is not None:
                self._note(row[0], now, "started")
        return _entry(row) if row is not None else None

    def next_time(self) -> float | None:
        """When the next waiting job is due; None where none waits."""
        (at,) = self._db.execute("SELECT MIN(not_before) FROM jobs WHERE state = 'queued'").fetchone()
        return float(at) if at is not None else None

    def progress(self, name: str, frames: int, total: int | None) -> None:
        self._db.execute("UPDATE jobs SET frames = ?, total = ? WHERE id = ?", (frames, total, name))

    def end(self, name: str, state: JobState, reason: str, now: float) -> None:
        """A running or queued job is over."""
        self._change(name, now, reason or str(state), "state = ?, ended = ?, reason = ?", state, now, reason)

    def again(self, name: str, reason: str, now: float, wait: float = 0.0, counts: bool = True) -> None:
        """A job goes back into the queue. counts: whether the try that ended counts as one."""
        change = "state = 'queued', not_before = ?, reason = ?, attempts = attempts - ?"
        self._change(name, now, reason, change, now + wait, reason, 0 if counts else 1)

    def retry(self, name: str, now: float) -> None:
        """By a person's wish: as new, but what was finished stays."""
        self._change(
            name, now, "retried by request", "state = 'queued', not_before = 0, attempts = 0, reason = '', ended = NULL"
        )

    def prioritise(self, name: str, priority: int, now: float) -> None:
        self._change(name, now, f"priority {priority}", "priority = ?", priority)

    def recover(self, now: float) -> list[str]:
        """After a crash: whatever ran is queued again. Returns their names."""
        running = [entry.id for entry in self.jobs(JobState.RUNNING, most=1 << 30)]
        for name in running:
            self.again(name, "the daemon ended while it ran", now, counts=False)
        return running

    def forget(self, before: float) -> list[str]:
        """Removes jobs that were over before that time. Returns their names."""
        marks = ", ".join("?" * len(OVER))
        with self._whole():
            text = f"DELETE FROM jobs WHERE state IN ({marks}) AND ended < ? RETURNING id"
            return [str(name) for (name,) in self._db.execute(text, (*OVER, before)).fetchall()]

    def _change(self, name: str, now: float, what: str, change: str, *values: Any) -> None:
        with self._whole():
            if not self._db.execute(f"UPDATE jobs SET {change} WHERE id = ?", (*values, name)).rowcount:
                raise KeyError(name)
            self._note(name, now, what)

    def _note(self, name: str, now: float, what: str) -> None:
        self._db.execute("INSERT INTO history VALUES (?, ?, ?)", (name, now, what))

    def _one(self, where: str, value: str) -> QueuedJob | None:
        row = self._db.execute(f"SELECT {FIELDS} FROM jobs WHERE {where}", (value,)).fetchone()
        return _entry(row) if row is not None else None

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """All of it or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _entry(row: tuple[Any, ...]) -> QueuedJob:
    name, request, state, *rest = row
    return QueuedJob(name, json.loads(request), JobState(state), *rest)
