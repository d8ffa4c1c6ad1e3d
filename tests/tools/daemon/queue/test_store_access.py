"""Changes of a queue that another process holds, or whose disk is full: waited for, and room made for them."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.tools.daemon.disks import fill, no_writes, small_disk
from tests.tools.daemon.queueing import asked, scheduling, until
from tools.daemon.errors import StoreBusyError, StoreFullError
from tools.daemon.queue.disk_room import DiskRoom
from tools.daemon.queue.job_folders import JobFolders
from tools.daemon.queue.job_store import JobStore
from tools.daemon.queue.queued_job import JobState
from tools.daemon.queue.store_access import StoreAccess, open_store

RESERVE = 1 << 18


@contextmanager
def access(folder: Path, reserve: int = RESERVE) -> Iterator[tuple[StoreAccess, DiskRoom, JobFolders]]:
    room, folders = DiskRoom(folder, reserve), JobFolders(folder / "jobs")
    store = open_store(folder / "jobs.sqlite3", room, folders)
    try:
        yield StoreAccess(store, room, folders), room, folders
    finally:
        store.close()


def failed_with_pieces(store: JobStore, folder: Path, size: int) -> str:
    job, _ = store.add({"output": f"/o/{size}.mp4"}, 0, 1)
    store.end(job.id, JobState.FAILED, "x", 2)
    (folder / "jobs" / job.id).mkdir(parents=True)
    (folder / "jobs" / job.id / "000000_0_9_10.mp4").write_bytes(b"x" * size)
    return job.id


def test_a_queue_that_another_holds_for_nine_seconds_is_waited_for_and_goes_on(tmp_path: Path) -> None:
    """The event loop runs on meanwhile: it carries live streams."""

    async def main() -> None:
        async with scheduling(tmp_path) as scheduler:
            first, _ = await scheduler.add(asked("sleep:0.5"))
            await until(scheduler, first.id, JobState.RUNNING)
            other = sqlite3.connect(tmp_path / "jobs.sqlite3", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            adding = asyncio.create_task(scheduler.add(asked("fine")))
            gaps, last, until_then = list[float](), time.monotonic(), time.monotonic() + 9
            while time.monotonic() < until_then:
                await asyncio.sleep(0.02)
                gaps.append(time.monotonic() - last)
                last = time.monotonic()
            assert not adding.done() and scheduler.store.get(first.id).state is JobState.RUNNING
            assert sorted(gaps)[len(gaps) // 2] < 0.2, "the loop stands still for no longer than one try"
            other.execute("ROLLBACK")
            other.close()
            second, _ = await adding
            for job in (first, second):
                await until(scheduler, job.id, JobState.DONE)

    asyncio.run(main())


def test_patience_ends(tmp_path: Path) -> None:
    async def main() -> None:
        with access(tmp_path) as (found, _, _folders):
            other = sqlite3.connect(tmp_path / "jobs.sqlite3", isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusyError):
                await found.call(lambda: found.store.add({}, 0, 1), 0.3)
            other.close()
            with no_writes(), pytest.raises(StoreFullError):
                await found.call(lambda: found.store.add({}, 0, 1), 0.3)
            assert found.store.jobs() == []

    asyncio.run(main())


def test_a_full_disk_gets_what_was_set_aside_and_then_the_pieces_of_failed_jobs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with small_disk(tmp_path / "disk", "16m") as disk, access(disk) as (found, room, folders):
        failed = failed_with_pieces(found.store, disk, 1 << 20)
        assert found.has_room()
        fill(disk)
        assert not found.has_room(), "no job is begun on a full disk"
        assert not folders.path(failed).exists(), "what had failed makes room"
        assert room.is_kept and found.has_room()
        fill(disk)

        async def grow() -> None:
            for number in range(100):
                await found.call(lambda: found.store.add({"output": f"/{number}", "x": "y" * 3000}, 0, 1), 0)  # noqa: B023

        with pytest.raises(StoreFullError):
            asyncio.run(grow())
        assert len(found.store.jobs(JobState.QUEUED, 1000)) > 3, "what was set aside holds some"
        assert not room.is_kept
    assert "until there is room" in caplog.text and "pieces of 1 failed jobs were removed" in caplog.text


def test_it_opens_on_a_full_disk_by_what_was_set_aside(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16m") as disk:
        with access(disk) as (found, room, _):
            job, _ = found.store.add({"output": "/o"}, 0, 1)
            assert room.keep()
        fill(disk)
        with access(disk) as (found, room, _):
            assert found.store.get(job.id).state is JobState.QUEUED and not room.is_kept
            found.store.end(job.id, JobState.DONE, "", 2)


def test_it_opens_on_a_full_disk_by_the_pieces_of_failed_jobs(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16m") as disk:
        with access(disk) as (found, _, folders):
            failed = failed_with_pieces(found.store, disk, 1 << 20)
            kept, _ = found.store.add({"output": "/o"}, 0, 1)
            folders.path(kept.id).mkdir()
            (folders.path(kept.id) / "000000_0_9_10.mp4").write_bytes(b"x" * (1 << 20))
        fill(disk)
        with access(disk) as (found, _, folders):
            assert not folders.path(failed).exists() and list(folders.path(kept.id).iterdir())
        fill(disk)
        with pytest.raises(StoreFullError, match="make room on its disk"), access(disk):
            pass
