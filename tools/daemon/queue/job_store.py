"""JobStore: the jobs, in SQLite. Every change is on disk before it is answered; a crash loses and doubles none.

Knows states and their order; nothing of HTTP or of how a job is done. The clock is passed in (seconds since 1970).
"""

import json
import secrets
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from tools.daemon.errors import ConflictError, RequestError
from tools.daemon.queue.queued_job import FIELDS, OPEN, OVER, JobState, QueuedJob, job_of_row
from tools.daemon.queue.store_file import StoreFile

SEEN_FOR_EVER = "watch:"  # keys that begin so outlive their jobs: a file is a job once
Change = tuple[str, Sequence[str | float | None]]  # columns and their new values


class JobStore:
    """For one thread. One daemon per file: that is its owner's care. Every method raises StoreBusyError where another
    process holds the file, and StoreFullError where its disk is full: nothing is changed then."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError."""
        self._file = StoreFile(path)
        self._db = self._file.db

    def close(self) -> None:
        self._file.close()

    def add(
        self, request: Mapping[str, object], priority: int, now: float, key: str | None = None, body: str | None = None
    ) -> tuple[QueuedJob, bool]:
        """The new job, or the one that was added under this key before; and whether it is new. body: a digest of what
        was sent with the key. Raises RequestError where the key came with another body, ConflictError where a job that
        is not over writes the same output."""
        with self._file.transaction():
            if found := self.under_key(key, body):
                return found, False
            self._check_output(request.get("output"), "")
            name = secrets.token_hex(8)
            self._db.execute(
                "INSERT INTO jobs (id, key, body, request, state, priority, created, not_before, attempts, reason,"
                " frames, reached) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, '', 0, 0)",
                (name, key, body, json.dumps(dict(request)), JobState.QUEUED, priority, now),
            )
            self._note(name, now, "added")
        return self.get(name), True

    def under_key(self, key: str | None, body: str | None = None) -> QueuedJob | None:
        """The job that was added under this key. Raises RequestError where it came with another body."""
        if key is None or (found := self._one("key = ?", key)) is None:
            return None
        with self._file.errors():
            (known,) = self._db.execute("SELECT body FROM jobs WHERE key = ?", (key,)).fetchone()
        if body is not None and known is not None and body != known:
            raise RequestError(f"this Idempotency-Key belongs to job {found.id}, which asked for something else")
        return found

    def has_seen(self, key: str) -> bool:
        """Whether a job was ever added under this key, though it may be forgotten."""
        with self._file.errors():
            text = "SELECT EXISTS (SELECT 1 FROM jobs WHERE key = ?) OR EXISTS (SELECT 1 FROM seen WHERE key = ?)"
            return bool(self._db.execute(text, (key, key)).fetchone()[0])

    def writers(self, output: str) -> list[QueuedJob]:
        """All jobs that are known to write this file, or to have written it; the newest first."""
        text = f"SELECT {FIELDS} FROM jobs WHERE json_extract(request, '$.output') = ? ORDER BY rowid DESC"
        with self._file.errors():
            return [job_of_row(row) for row in self._db.execute(text, (output,))]

    def get(self, name: str) -> QueuedJob:
        """Raises KeyError."""
        found = self._one("id = ?", name)
        if found is None:
            raise KeyError(name)
        return found

    def jobs(self, state: JobState | None = None, most: int = 100, before: float | None = None) -> list[QueuedJob]:
        """The newest first. before: created earlier than that, for the next page."""
        wheres, values = ["1"], list[str | float]()
        if state is not None:
            wheres, values = [*wheres, "state = ?"], [*values, state]
        if before is not None:
            wheres, values = [*wheres, "created < ?"], [*values, before]
        text = f"SELECT {FIELDS} FROM jobs WHERE {' AND '.join(wheres)} ORDER BY created DESC, rowid DESC LIMIT ?"
        with self._file.errors():
            return [job_of_row(row) for row in self._db.execute(text, (*values, most))]

    def counts(self) -> dict[JobState, int]:
        with self._file.errors():
            found = dict(self._db.execute("SELECT state, COUNT(*) FROM jobs GROUP BY state"))
        return {state: int(found.get(state, 0)) for state in JobState}

    def history(self, name: str) -> list[tuple[float, str]]:
        """What happened to a job, in order."""
        with self._file.errors():
            rows = self._db.execute("SELECT at, what FROM history WHERE job = ? ORDER BY rowid", (name,)).fetchall()
        return [(float(at), str(what)) for at, what in rows]

    def note(self, name: str, now: float, what: str) -> None:
        """Adds to a job's history."""
        with self._file.transaction():
            self._note(name, now, what)

    def take(self, now: float, waiting: Collection[str] = ()) -> QueuedJob | None:
        """The next job, now running: the highest priority, then the one that was added first. waiting: names of jobs
        that are not to be tried yet."""
        with self._file.transaction():
            row = self._db.execute(
                "UPDATE jobs SET state = 'running', started = ?, ended = NULL, attempts = attempts + 1, reason = '',"
                " not_before = 0, reached = frames WHERE id = (SELECT id FROM jobs WHERE state = 'queued'"
                " AND id NOT IN (SELECT value FROM json_each(?))"
                f" ORDER BY priority DESC, rowid LIMIT 1) RETURNING {FIELDS}",
                (now, json.dumps(list(waiting))),
            ).fetchone()
            if row is not None:
                self._note(row[0], now, "started")
        return job_of_row(row) if row is not None else None

    def progress(self, name: str, frames: int, total: int | None) -> None:
        with self._file.errors():
            self._db.execute("UPDATE jobs SET frames = ?, total = ? WHERE id = ?", (frames, total, name))

    def end(self, name: str, state: JobState, reason: str, now: float) -> None:
        """A running or queued job is over. Raises KeyError."""
        change = ("state = ?, ended = ?, reason = ?, not_before = 0", (state, now, reason))
        self._change(name, now, reason or str(state), change)

    def again(self, name: str, reason: str, now: float, wait: float = 0.0, counts: bool = True) -> None:
        """A job goes back into the queue. wait: seconds, for who reads it; the waiting itself is the caller's. counts:
        whether the try that ended counts as one. Raises KeyError."""
        at = now + wait if wait else 0.0
        change = "state = 'queued', not_before = ?, reason = ?, attempts = attempts - ?"
        self._change(name, now, reason, (change, (at, reason, 0 if counts else 1)))

    def retry(self, name: str, now: float) -> None:
        """By a person's wish: as new, but what was finished stays. Raises KeyError, and ConflictError where another job
        that is not over writes the same output."""
        change = ("state = 'queued', not_before = 0, attempts = 0, reason = '', ended = NULL", ())
        with self._file.transaction():
            self._check_output(self.get(name).request.get("output"), name)
            self._apply(name, now, "retried by request", change)

    def prioritise(self, name: str, priority: int, now: float) -> None:
        """Raises KeyError."""
        self._change(name, now, f"priority {priority}", ("priority = ?", (priority,)))

    def recover(self, now: float, most: int) -> list[QueuedJob]:
        """After a crash: whatever ran is queued again, or has failed, where its tries are used up. A try that got
        further than the one before does not count. most: tries of one job. Returns these jobs."""
        running = self.jobs(JobState.RUNNING, most=1 << 30)
        for job in running:
            further = job.frames > job.reached
            reason = "the daemon ended while it ran"
            if job.attempts >= most and not further:
                self.end(job.id, JobState.FAILED, f"{reason} (try {job.attempts} of {most})", now)
            else:
                self.again(job.id, reason, now, counts=not further)
        return [self.get(job.id) for job in running]

    def forget(self, before: float) -> list[str]:
        """Removes jobs that were over before that time. Returns their names."""
        old = f"state IN ({', '.join('?' * len(OVER))}) AND ended < ?"
        values = (*OVER, before)
        with self._file.transaction():
            text = f"INSERT OR IGNORE INTO seen SELECT key FROM jobs WHERE {old} AND key LIKE ?"
            self._db.execute(text, (*values, f"{SEEN_FOR_EVER}%"))
            gone = self._db.execute(f"DELETE FROM jobs WHERE {old} RETURNING id", values).fetchall()
        return [str(name) for (name,) in gone]

    def _check_output(self, output: object, but: str) -> None:
        """but: a job that may write it."""
        text = f"SELECT id FROM jobs WHERE json_extract(request, '$.output') = ? AND id != ? AND state IN ({OPEN})"
        if row := self._db.execute(text, (output, but)).fetchone():
            raise ConflictError(f"job {row[0]} writes {output} already; name another output, or cancel that job first")

    def _change(self, name: str, now: float, what: str, change: Change) -> None:
        with self._file.transaction():
            self._apply(name, now, what, change)

    def _apply(self, name: str, now: float, what: str, change: Change) -> None:
        columns, values = change
        if not self._db.execute(f"UPDATE jobs SET {columns} WHERE id = ?", (*values, name)).rowcount:
            raise KeyError(name)
        self._note(name, now, what)

    def _note(self, name: str, now: float, what: str) -> None:
        self._db.execute("INSERT INTO history VALUES (?, ?, ?)", (name, now, what))

    def _one(self, where: str, value: str) -> QueuedJob | None:
        with self._file.errors():
            row = self._db.execute(f"SELECT {FIELDS} FROM jobs WHERE {where}", (value,)).fetchone()
        return job_of_row(row) if row is not None else None


def failed_jobs(path: Path) -> list[str]:
    """The names of the failed jobs, the oldest first, read without writing a byte: where a full disk lets nothing be
    opened, their pieces can be freed. What was changed last may be missing. Empty where nothing can be read."""
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            rows = db.execute("SELECT id FROM jobs WHERE state = 'failed' ORDER BY ended").fetchall()
        finally:
            db.close()
    except sqlite3.Error:
        return []
    return [str(name) for (name,) in rows]
