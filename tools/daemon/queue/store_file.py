"""StoreFile: the SQLite file of the jobs: opened, brought to this version, changed whole or not at all.

Knows SQLite and its errors; nothing of jobs but their tables.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.daemon.errors import StoreBusyError, StoreError, StoreFullError

VERSIONS = (  # what makes each version out of the one before
    """
CREATE TABLE jobs (
  id TEXT PRIMARY KEY, key TEXT UNIQUE, request TEXT NOT NULL, state TEXT NOT NULL, priority INTEGER NOT NULL,
  created REAL NOT NULL, started REAL, ended REAL, not_before REAL NOT NULL, attempts INTEGER NOT NULL,
  reason TEXT NOT NULL, frames INTEGER NOT NULL, total INTEGER
) STRICT;
CREATE INDEX due ON jobs (state, priority DESC, created);
CREATE TABLE history (job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, at REAL NOT NULL, what TEXT NOT NULL) STRICT;
CREATE INDEX of_job ON history (job);
""",
    """
ALTER TABLE jobs ADD COLUMN body TEXT;
ALTER TABLE jobs ADD COLUMN reached INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outputs ON jobs (json_extract(request, '$.output'));
CREATE TABLE seen (key TEXT PRIMARY KEY) STRICT;
""",
)
OPENING = 60.0  # seconds that another process may hold the file while it is opened
HELD = 50  # milliseconds that a call waits for another process; the event loop stands still meanwhile
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


class StoreFile:
    """db: the connection, in autocommit mode. For one thread."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError; StoreFullError where the disk has no room to open it."""
        self._path = path
        self.db = sqlite3.connect(path, timeout=OPENING, isolation_level=None)
        try:
            with self.errors():
                self._prepare()
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. Raises StoreBusyError, StoreFullError, StoreError."""
        with self.errors():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:  # a full disk may have ended it already
                    self.db.execute("ROLLBACK")
                raise

    @contextmanager
    def errors(self) -> Iterator[None]:
        """SQLite's errors as ours."""
        try:
            yield
        except sqlite3.Error as error:
            kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if kind in _BUSY:
                raise StoreBusyError(f"another process holds {self._path}; end it, or wait for it") from error
            if kind in _DISK:
                raise StoreFullError(
                    f"the jobs cannot be written to {self._path}: {error}; make room on its disk"
                ) from error
            raise StoreError(
                f"the jobs in {self._path} cannot be read or written: {error}; move the file away to begin anew"
            ) from error

    def _prepare(self) -> None:
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")  # a power cut loses nothing either
        self.db.execute("PRAGMA foreign_keys = ON")
        (version,) = self.db.execute("PRAGMA user_version").fetchone()
        if version > len(VERSIONS):
            raise StoreError(f"{self._path} is of a later version ({version}); use a new --state folder")
        if version < len(VERSIONS):
            script = "".join(VERSIONS[version:])
            try:
                self.db.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {len(VERSIONS)}; COMMIT;")
            except sqlite3.Error:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
        self.db.execute(f"PRAGMA busy_timeout = {HELD}")
