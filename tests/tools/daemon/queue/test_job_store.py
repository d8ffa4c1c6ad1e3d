"""The queue by value: order, states, keys, and what is left after a crash."""

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.daemon.disks import no_writes
from tools.daemon.errors import ConflictError, RequestError, StoreBusyError, StoreError, StoreFullError
from tools.daemon.queue.job_store import JobStore, failed_jobs
from tools.daemon.queue.queued_job import JobState
from tools.daemon.queue.store_file import VERSIONS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    made = JobStore(tmp_path / "jobs.sqlite3")
    yield made
    made.close()


def add(store: JobStore, now: float, priority: int = 0, key: str | None = None) -> str:
    return store.add({"target": f"{now}", "output": f"/o/{now}.mp4"}, priority, now, key)[0].id


def test_the_highest_priority_goes_first_then_the_oldest(store: JobStore) -> None:
    names = [add(store, 1), add(store, 2), add(store, 3, priority=5), add(store, 4, priority=-5)]
    taken = [entry.id for _ in range(5) if (entry := store.take(9.0))]
    assert taken == [names[2], names[0], names[1], names[3]]
    assert store.take(9.0) is None and store.counts()[JobState.RUNNING] == 4


def test_a_taken_job_is_running_and_counted(store: JobStore) -> None:
    name = add(store, 1)
    entry = store.take(5.0)
    assert entry is not None and (entry.state, entry.attempts, entry.started) == (JobState.RUNNING, 1, 5.0)
    assert entry.request == {"target": "1", "output": "/o/1.mp4"} and store.get(name) == entry


def test_who_waits_is_not_taken(store: JobStore) -> None:
    """The store keeps what is shown of a wait; whoever takes says who waits."""
    name, other = add(store, 1), add(store, 2)
    store.take(2)
    store.again(name, "it failed", 3, wait=10)
    assert store.get(name).not_before == 13
    taken = store.take(4, waiting=[name])
    assert taken is not None and taken.id == other and store.take(4, waiting=[name]) is None
    taken = store.take(5)
    assert taken is not None and (taken.id, taken.attempts, taken.reason, taken.not_before) == (name, 2, "", 0)


def test_a_calendar_that_is_put_back_changes_no_order(store: JobStore) -> None:
    names = [add(store, 90), add(store, 50), add(store, 70)]
    assert [job.id for _ in names if (job := store.take(1))] == names


def test_the_same_key_is_the_same_job(store: JobStore) -> None:
    one, new = store.add({"a": 1}, 0, 1.0, "k")
    two, again = store.add({"a": 2}, 0, 2.0, "k")
    assert (new, again) == (True, False) and one == two
    assert store.add({"a": 2}, 0, 2.0, "l")[1] and len(store.jobs()) == 2


def test_the_same_key_with_another_body_is_refused(store: JobStore) -> None:
    one, _ = store.add({"a": 1}, 0, 1.0, "k", "digest")
    assert store.add({"a": 1}, 0, 2.0, "k", "digest") == (one, False)
    with pytest.raises(RequestError, match=f"belongs to job {one.id}"):
        store.add({"a": 2}, 0, 2.0, "k", "another")
    assert len(store.jobs()) == 1


def test_one_output_has_one_open_job(store: JobStore) -> None:
    first, _ = store.add({"output": "/o/a.mp4"}, 0, 1.0)
    with pytest.raises(ConflictError, match=rf"job {first.id} writes /o/a\.mp4 already"):
        store.add({"output": "/o/a.mp4"}, 0, 2.0)
    store.end(first.id, JobState.CANCELLED, "", 3)
    second, new = store.add({"output": "/o/a.mp4"}, 0, 4.0)
    assert new
    with pytest.raises(ConflictError, match=second.id):
        store.retry(first.id, 5)
    assert store.get(first.id).state is JobState.CANCELLED
    assert [job.id for job in store.writers("/o/a.mp4")] == [second.id, first.id]


def test_a_watched_file_is_known_for_ever_and_a_client_s_key_is_not(store: JobStore) -> None:
    for key in ("watch:/in/a.mp4:1:2", "rest:k"):
        store.end(add(store, 1 if key[0] == "w" else 2, key=key), JobState.DONE, "", 3)
    assert len(store.forget(9)) == 2 and store.jobs() == []
    assert store.has_seen("watch:/in/a.mp4:1:2") and not store.has_seen("rest:k")


def test_a_crash_loses_nothing(tmp_path: Path) -> None:
    """The first store is never closed: its file is read as a killed process leaves it."""
    first = JobStore(tmp_path / "jobs.sqlite3")
    over, ran, waits = add(first, 0.5), add(first, 1), add(first, 2)
    assert first.take(3) is not None and first.take(4) is not None
    first.end(over, JobState.DONE, "", 5)
    second = JobStore(tmp_path / "jobs.sqlite3")
    assert [job.id for job in second.recover(9, 3)] == [ran]
    assert [second.get(n).state for n in (ran, waits, over)] == [JobState.QUEUED, JobState.QUEUED, JobState.DONE]
    assert second.get(ran).attempts == 1 and "ended while it ran" in second.get(ran).reason
    assert [what for _, what in second.history(ran)] == ["added", "started", "the daemon ended while it ran"]
    first.close()
    second.close()


def test_a_job_that_ends_the_daemon_again_and_again_fails(tmp_path: Path) -> None:
    """Its tries are counted, but for those that got further than the one before."""
    states = []
    for frames in (10, 20, 20, 20, 20):
        store = JobStore(tmp_path / "jobs.sqlite3")
        name = store.jobs()[0].id if store.jobs() else add(store, 1)
        assert store.take(2) is not None
        store.progress(name, frames, 100)
        store.close()  # as a crash leaves it: the job runs
        store = JobStore(tmp_path / "jobs.sqlite3")
        (job,) = store.recover(3, most=3)
        states.append((job.attempts, job.state))
        store.close()
    queued, failed = JobState.QUEUED, JobState.FAILED
    assert states == [(0, queued), (0, queued), (1, queued), (2, queued), (3, failed)]


def test_an_end_has_its_reason(store: JobStore) -> None:
    name = add(store, 1)
    store.take(2)
    store.progress(name, 70, 200)
    store.end(name, JobState.FAILED, "no face", 8)
    entry = store.get(name)
    assert (entry.state, entry.reason, entry.ended, entry.frames, entry.total) == (
        JobState.FAILED,
        "no face",
        8,
        70,
        200,
    )
    store.retry(name, 9)
    entry = store.get(name)
    assert (entry.state, entry.attempts, entry.reason, entry.ended) == (JobState.QUEUED, 0, "", None)
    assert store.history(name)[-1] == (9, "retried by request")


def test_a_queued_job_moves(store: JobStore) -> None:
    first, second = add(store, 1), add(store, 2)
    store.prioritise(second, 9, 3)
    taken = store.take(4)
    assert taken is not None and taken.id == second and store.get(first).state is JobState.QUEUED


def test_lists_are_pages_of_the_newest(store: JobStore) -> None:
    names = [add(store, i) for i in range(5)]
    page = store.jobs(most=2)
    assert [e.id for e in page] == [names[4], names[3]]
    assert [e.id for e in store.jobs(most=2, before=page[-1].created)] == [names[2], names[1]]
    store.end(names[0], JobState.CANCELLED, "", 9)
    assert [e.id for e in store.jobs(JobState.CANCELLED)] == [names[0]]


def test_the_old_is_forgotten_and_the_open_is_not(store: JobStore) -> None:
    old, young, waits = add(store, 1), add(store, 2), add(store, 3)
    store.end(old, JobState.DONE, "", 10)
    store.end(young, JobState.FAILED, "x", 90)
    assert store.forget(50) == [old]
    assert {e.id for e in store.jobs()} == {young, waits} and store.history(old) == []


def test_what_is_not_there_is_a_key_error(store: JobStore) -> None:
    for call in (
        lambda: store.get("x"),
        lambda: store.end("x", JobState.DONE, "", 1),
        lambda: store.again("x", "", 1),
        lambda: store.prioritise("x", 1, 1),
    ):
        with pytest.raises(KeyError):
            call()


def test_a_file_that_another_holds_is_said_at_once_and_nothing_is_changed(store: JobStore, tmp_path: Path) -> None:
    name = add(store, 1)
    other = sqlite3.connect(tmp_path / "jobs.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with pytest.raises(StoreBusyError, match="another process holds"):
        store.end(name, JobState.DONE, "", 5)
    assert time.monotonic() - begun < 2, "the event loop does not wait"
    assert store.get(name).state is JobState.QUEUED, "reading goes on"
    other.execute("ROLLBACK")
    store.end(name, JobState.DONE, "", 6)
    other.close()


def test_a_change_is_whole_or_not_at_all(store: JobStore) -> None:
    name = add(store, 1)
    with no_writes(), pytest.raises(StoreFullError, match="make room"):
        store.end(name, JobState.DONE, "x" * 5000, 5)
    assert store.get(name).state is JobState.QUEUED and len(store.history(name)) == 1
    store.end(name, JobState.DONE, "", 6)
    assert store.get(name).state is JobState.DONE


def test_failed_jobs_are_read_from_a_file_that_cannot_be_opened(store: JobStore, tmp_path: Path) -> None:
    names = [add(store, i) for i in (1, 2, 3)]
    store.end(names[1], JobState.FAILED, "x", 9)
    store.end(names[0], JobState.FAILED, "x", 10)
    store.close()
    assert failed_jobs(tmp_path / "jobs.sqlite3") == [names[1], names[0]]
    assert failed_jobs(tmp_path / "none.sqlite3") == [] and not (tmp_path / "none.sqlite3").exists()


def test_the_first_version_s_jobs_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    with sqlite3.connect(path) as db:
        db.executescript(VERSIONS[0] + "PRAGMA user_version = 1;")
        values = ("a" * 16, "rest:k", json.dumps({"output": "/o/a.mp4"}))
        db.execute("INSERT INTO jobs VALUES (?, ?, ?, 'queued', 0, 1, NULL, NULL, 0, 0, '', 0, NULL)", values)
    db.close()
    store = JobStore(path)
    job = store.under_key("rest:k", "whatever was sent then")
    assert job is not None and (job.id, job.reached, job.state) == ("a" * 16, 0, JobState.QUEUED)
    with pytest.raises(ConflictError):
        store.add({"output": "/o/a.mp4"}, 0, 2)
    store.close()


def test_another_file_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    path.write_bytes(b"this is no database, and long enough to be seen as none" * 50)
    with pytest.raises(StoreError, match="cannot be read or written"):
        JobStore(path)
    later = tmp_path / "later.sqlite3"
    with sqlite3.connect(later) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="version"):
        JobStore(later)
