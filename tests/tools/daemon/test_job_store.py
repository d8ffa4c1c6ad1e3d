"""The queue by value: order, states, keys, and what is left after a crash."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.daemon.job_store import JobState, JobStore, StoreError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    made = JobStore(tmp_path / "jobs.sqlite3")
    yield made
    made.close()


def add(store: JobStore, now: float, priority: int = 0, key: str | None = None) -> str:
    return store.add({"target": f"{now}"}, priority, now, key)[0].id


def test_the_highest_priority_goes_first_then_the_oldest(store: JobStore) -> None:
    names = [add(store, 1), add(store, 2), add(store, 3, priority=5), add(store, 4, priority=-5)]
    taken = [entry.id for _ in range(5) if (entry := store.take(9.0))]
    assert taken == [names[2], names[0], names[1], names[3]]
    assert store.take(9.0) is None and store.counts()[JobState.RUNNING] == 4


def test_a_taken_job_is_running_and_counted(store: JobStore) -> None:
    name = add(store, 1)
    entry = store.take(5.0)
    assert entry is not None and (entry.state, entry.attempts, entry.started) == (JobState.RUNNING, 1, 5.0)
    assert entry.request == {"target": "1"} and store.get(name) == entry


def test_who_waits_is_not_taken_before_its_time(store: JobStore) -> None:
    name = add(store, 1)
    store.take(2)
    store.again(name, "it failed", 3, wait=10)
    assert store.take(12.9) is None and store.next_time() == 13
    entry = store.take(13)
    assert entry is not None and entry.attempts == 2 and entry.reason == ""
    assert store.next_time() is None


def test_the_same_key_is_the_same_job(store: JobStore) -> None:
    one, new = store.add({"a": 1}, 0, 1.0, "k")
    two, again = store.add({"a": 2}, 0, 2.0, "k")
    assert (new, again) == (True, False) and one == two
    assert store.add({"a": 2}, 0, 2.0, "l")[1] and len(store.jobs()) == 2


def test_a_crash_loses_nothing(tmp_path: Path) -> None:
    """The first store is never closed: its file is read as a killed process leaves it."""
    first = JobStore(tmp_path / "jobs.sqlite3")
    ran, waits, over = add(first, 1), add(first, 2), add(first, 0.5)
    assert first.take(3) is not None and first.take(4) is not None
    first.end(over, JobState.DONE, "", 5)
    second = JobStore(tmp_path / "jobs.sqlite3")
    assert second.recover(9) == [ran]
    assert [second.get(n).state for n in (ran, waits, over)] == [JobState.QUEUED, JobState.QUEUED, JobState.DONE]
    assert second.get(ran).attempts == 0 and "ended while it ran" in second.get(ran).reason
    assert [what for _, what in second.history(ran)] == ["added", "started", "the daemon ended while it ran"]
    first.close()
    second.close()


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


def test_a_change_is_whole_or_not_at_all(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    name = add(store, 1)

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(store, "_note", fail)
    with pytest.raises(sqlite3.OperationalError):
        store.end(name, JobState.DONE, "", 5)
    monkeypatch.undo()
    assert store.get(name).state is JobState.QUEUED


def test_another_file_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite3"
    path.write_bytes(b"this is no database, and long enough to be seen as none" * 50)
    with pytest.raises(StoreError, match="cannot be opened"):
        JobStore(path)
    later = tmp_path / "later.sqlite3"
    with sqlite3.connect(later) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="version"):
        JobStore(later)
