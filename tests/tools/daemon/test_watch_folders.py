"""Watched folders: whole files, each once, over the daemon's own end; each with an output of its own."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tools.daemon.queueing import scheduling
from tools.daemon.config import WatchFolder
from tools.daemon.queue.queued_job import JobState, QueuedJob
from tools.daemon.queue.scheduler import Scheduler
from tools.daemon.watch_folders import STILL, FolderWatch, Watcher, free_output

JOB = {"source": ["ann"], "consent": True}


def folders(tmp_path: Path, **job: Any) -> WatchFolder:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    return WatchFolder(tmp_path / "in", tmp_path / "out", ".mp4", 2, JOB | job)


def names(watcher: Watcher, now: float) -> list[str]:
    return [path.name for path, _ in watcher.look(now)]


def test_a_file_counts_once_it_has_stopped_growing(tmp_path: Path) -> None:
    folder = folders(tmp_path)
    watcher, path = Watcher(folder), folder.folder / "a.mp4"
    path.write_bytes(b"1")
    assert names(watcher, 0) == [] and names(watcher, STILL - 1) == []
    path.write_bytes(b"12")
    assert names(watcher, STILL) == [] and names(watcher, 2 * STILL - 0.1) == []
    assert names(watcher, 2 * STILL) == ["a.mp4"] == names(watcher, 3 * STILL)


def test_what_is_no_video_or_hidden_or_empty_is_let_be(tmp_path: Path) -> None:
    folder = folders(tmp_path)
    for name in ("b.MOV", "notes.txt", ".hidden.mp4", "a.mp4.part"):
        (folder.folder / name).write_bytes(b"1")
    (folder.folder / "empty.mp4").touch()
    (folder.folder / "deep.mp4").mkdir()
    watcher = Watcher(folder)
    watcher.look(0)
    assert names(watcher, STILL) == ["b.MOV"]


def test_links_pipes_and_devices_are_let_be(tmp_path: Path) -> None:
    """Who may put files into the folder may not read others by the daemon's eyes."""
    folder = folders(tmp_path)
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (folder.folder / "a.mp4").symlink_to(tmp_path / "secret.mp4")
    os.mkfifo(folder.folder / "b.mp4")
    watcher = Watcher(folder)
    watcher.look(0)
    assert names(watcher, STILL) == []


def test_another_content_under_the_same_name_is_another_job(tmp_path: Path) -> None:
    folder = folders(tmp_path)
    watcher, path = Watcher(folder), folder.folder / "a.mp4"
    path.write_bytes(b"1")
    watcher.look(0)
    ((_, first),) = watcher.look(STILL)
    path.write_bytes(b"other")
    watcher.look(STILL + 1)
    ((_, second),) = watcher.look(2 * STILL + 1)
    assert first != second


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("clip.mp4", ["clip.mp4", "clip-2.mp4", "clip-3.mp4"]),
        ("clip.mkv", ["clip.mp4", "clip.mkv.mp4", "clip-2.mp4"]),
        ("a.b.MP4", ["a.b.mp4", "a.b.MP4.mp4", "a.b-2.mp4"]),
    ],
)
def test_outputs_that_a_file_may_have(tmp_path: Path, name: str, outputs: list[str]) -> None:
    found = Watcher(folders(tmp_path)).outputs(tmp_path / "in" / name)
    assert [next(found).name for _ in outputs] == outputs


def test_two_files_of_one_stem_have_an_output_each_and_nothing_is_overwritten(tmp_path: Path) -> None:
    folder = folders(tmp_path)
    watcher = Watcher(folder)

    async def main() -> None:
        async with scheduling(tmp_path / "state", work=False) as scheduler:

            def free(name: str, overwrite: bool = False) -> str | None:
                found = free_output(watcher, folder.folder / name, scheduler.store, overwrite)
                return found.name if found else None

            async def job(name: str, output: str) -> QueuedJob:
                request = {"target": str(folder.folder / name), "output": str(folder.output / output)}
                return (await scheduler.add(request))[0]

            assert free("clip.mp4") == free("clip.mkv") == "clip.mp4"
            first = await job("clip.mp4", "clip.mp4")
            assert free("clip.mkv") == free("clip.mkv", True) == "clip.mkv.mp4", "the other's name is its own for good"
            assert free("clip.mp4") == free("clip.mp4", True) == "clip-2.mp4", "while its job is not over"
            scheduler.store.end(first.id, JobState.DONE, "", 9)
            (folder.output / "clip.mp4").touch()
            assert (free("clip.mp4"), free("clip.mp4", True)) == ("clip-2.mp4", "clip.mp4")
            (folder.output / "clip-2.mp4").symlink_to("/nowhere")
            assert free("clip.mp4") == "clip-3.mp4", "a link that leads nowhere is there too"

    asyncio.run(main())


@asynccontextmanager
async def watching(scheduler: Scheduler, folder: WatchFolder) -> AsyncIterator[None]:
    clock = asyncio.get_running_loop().time
    task = asyncio.create_task(FolderWatch(scheduler, folder, clock, every=0.02, still=0.1).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def jobs(scheduler: Scheduler, count: int) -> list[QueuedJob]:
    async with asyncio.timeout(20):
        while len(scheduler.store.jobs()) < count:
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)  # time enough for one too many
    return scheduler.store.jobs()


def test_files_become_jobs_once_even_over_a_new_start(tmp_path: Path) -> None:
    folder = replace(folders(tmp_path), ending=".mkv")
    (folder.folder / "a.mp4").write_bytes(b"1")

    async def main() -> None:
        for _ in range(2):
            async with scheduling(tmp_path / "state", work=False) as scheduler, watching(scheduler, folder):
                (job,) = await jobs(scheduler, 1)
                assert job.priority == 2 and job.request["source"] == ["ann"]
                assert job.request["target"] == str(folder.folder / "a.mp4")
                assert job.request["output"] == str(folder.output / "a.mkv")

    asyncio.run(main())


def test_and_even_after_their_jobs_are_forgotten(tmp_path: Path) -> None:
    folder = folders(tmp_path)
    (folder.folder / "a.mp4").write_bytes(b"1")

    async def main() -> None:
        async with scheduling(tmp_path / "state", work=False) as scheduler, watching(scheduler, folder):
            (job,) = await jobs(scheduler, 1)
            await scheduler.cancel(job.id)
        async with scheduling(tmp_path / "state", work=False) as scheduler:
            await scheduler.tidy(-1)
            async with watching(scheduler, folder):
                assert await jobs(scheduler, 0) == []

    asyncio.run(main())


def test_a_clip_in_two_formats_makes_two_results(tmp_path: Path) -> None:
    folder = folders(tmp_path)
    for name in ("clip.mp4", "clip.mkv"):
        (folder.folder / name).write_bytes(name.encode())

    async def main() -> None:
        async with scheduling(tmp_path / "state", work=False) as scheduler, watching(scheduler, folder):
            found = {Path(str(j.request["target"])).name: j.request["output"] for j in await jobs(scheduler, 2)}
            assert found.keys() == {"clip.mp4", "clip.mkv"} and len(set(found.values())) == 2

    asyncio.run(main())


def test_a_result_that_is_there_may_be_left_to_its_job_to_judge(tmp_path: Path) -> None:
    folder = folders(tmp_path, skip_done=True)
    (folder.folder / "a.mp4").write_bytes(b"1")
    (folder.output / "a.mp4").touch()

    async def main() -> None:
        async with scheduling(tmp_path / "state", work=False) as scheduler, watching(scheduler, folder):
            (job,) = await jobs(scheduler, 1)
            assert job.request["output"] == str(folder.output / "a.mp4") and job.request["skip_done"] is True

    asyncio.run(main())


def test_a_link_in_the_result_s_place_is_not_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Though overwriting was asked for: what it leads to is another's."""
    folder = folders(tmp_path, overwrite=True)
    (tmp_path / "theirs.mp4").touch()
    (folder.output / "a.mp4").symlink_to(tmp_path / "theirs.mp4")
    (folder.folder / "a.mp4").write_bytes(b"1")

    async def main() -> None:
        async with scheduling(tmp_path / "state", work=False) as scheduler, watching(scheduler, folder):
            async with asyncio.timeout(20):
                while "a link lies at" not in caplog.text:
                    await asyncio.sleep(0.02)
            assert scheduler.store.jobs() == []

    asyncio.run(main())


def test_a_folder_that_goes_away_is_said_once_and_waited_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = folders(tmp_path)
    folder.folder.rmdir()

    async def main() -> None:
        async with scheduling(tmp_path / "state", work=False) as scheduler, watching(scheduler, folder):
            async with asyncio.timeout(20):
                while not caplog.records:
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)  # and a few more looks
            folder.folder.mkdir()
            (folder.folder / "a.mp4").write_bytes(b"1")
            await jobs(scheduler, 1)

    asyncio.run(main())
    assert [r.levelname for r in caplog.records].count("ERROR") == 1
    assert os.fspath(folder.folder) in caplog.text
