"""The queue's file: changed whole or not at all, its errors by what is to be done about them."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from tests.tools.daemon.disks import fill, no_writes, small_disk
from tools.daemon.errors import StoreBusyError, StoreError, StoreFullError
from tools.daemon.queue.store_file import VERSIONS, StoreFile


def count(file: StoreFile) -> int:
    return int(file.db.execute("SELECT COUNT(*) FROM seen").fetchone()[0])


def test_a_transaction_is_whole_or_not_at_all(tmp_path: Path) -> None:
    file = StoreFile(tmp_path / "q.sqlite3")
    with file.transaction():
        file.db.execute("INSERT INTO seen VALUES ('a')")
    with pytest.raises(KeyError), file.transaction():
        file.db.execute("INSERT INTO seen VALUES ('b')")
        raise KeyError
    assert count(file) == 1 and not file.db.in_transaction
    with no_writes(), pytest.raises(StoreFullError, match="make room"), file.transaction():
        file.db.execute("INSERT INTO seen VALUES ('c')")
    assert count(file) == 1 and not file.db.in_transaction
    file.close()


def test_it_is_brought_to_this_version_once(tmp_path: Path) -> None:
    for _ in range(2):
        file = StoreFile(tmp_path / "q.sqlite3")
        assert file.db.execute("PRAGMA user_version").fetchone() == (len(VERSIONS),)
        file.close()


def test_a_version_that_is_half_made_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "q.sqlite3"
    with sqlite3.connect(path) as db:
        db.executescript(VERSIONS[0] + "CREATE TABLE seen (x); PRAGMA user_version = 1;")
    db.close()
    with pytest.raises(StoreError, match="already exists"):
        StoreFile(path)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
        assert "body" not in [row[1] for row in db.execute("PRAGMA table_info(jobs)")]
    db.close()


def test_a_file_that_another_holds_is_waited_for_when_it_is_opened(tmp_path: Path) -> None:
    """A backup may hold it for seconds; the daemon starts when it is done."""
    path = tmp_path / "q.sqlite3"
    StoreFile(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 1")
        db.executescript("DROP TABLE seen; DROP INDEX outputs; ALTER TABLE jobs DROP COLUMN body;")
        db.execute("ALTER TABLE jobs DROP COLUMN reached")
    db.close()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(1.0, lambda: other.execute("ROLLBACK"))
    timer.start()
    begun = time.monotonic()
    file = StoreFile(path)
    assert time.monotonic() - begun > 0.5 and count(file) == 0
    timer.join()
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError), file.transaction():
        pass
    other.close()
    file.close()


def test_errors_are_told_apart(tmp_path: Path) -> None:
    junk = tmp_path / "junk.sqlite3"
    junk.write_bytes(b"this is no database, and long enough to be seen as none" * 50)
    with pytest.raises(StoreError, match="move the file away"):
        StoreFile(junk)
    later = tmp_path / "later.sqlite3"
    with sqlite3.connect(later) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="later version"):
        StoreFile(later)


def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        StoreFile(disk / "q.sqlite3").close()
        filler = fill(disk)
        with pytest.raises(StoreFullError, match="make room on its disk"):
            StoreFile(disk / "q.sqlite3")
        filler.unlink()
        StoreFile(disk / "q.sqlite3").close()
