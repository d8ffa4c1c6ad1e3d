"""Watched folders: whole files, each once, over the daemon's own end."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.tools.daemon.queueing import keeping
from tools.daemon import watch_folders as watches
from tools.daemon.config import WatchFolder
from tools.daemon.watch_folders import STILL, Watcher, watch

JOB = {"source": ["ann"], "consent": True}


def folders(tmp_path: Path) -> WatchFolder:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    return WatchFolder(tmp_path / "in", tmp_path / "out", ".mkv", 2, JOB)


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
    assert watcher.output(path) == folder.output / "a.mkv"


def test_what_is_no_video_or_hidden_or_empty_is_let_be(tmp_path: Path) -> None:
    folder = folders(tmp_path)
    for name in ("b.MOV", "notes.txt", ".hidden.mp4", "a.mp4.part"):
        (folder.folder / name).write_bytes(b"1")
    (folder.folder / "empty.mp4").touch()
    (folder.folder / "deep.mp4").mkdir()
    watcher = Watcher(folder)
    watcher.look(0)
    assert names(watcher, STILL) == ["b.MOV"]


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


def test_files_become_jobs_once_even_over_a_new_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "EVERY", 0.02)
    monkeypatch.setattr(watches, "STILL", 0.1)
    folder = folders(tmp_path)
    (folder.folder / "a.mp4").write_bytes(b"1")

    async def main() -> None:
        for _ in range(2):
            async with keeping(tmp_path / "state", work=False) as keeper:
                task = asyncio.create_task(watch(keeper, folder, asyncio.get_running_loop().time))
                async with asyncio.timeout(20):
                    while not keeper.store.jobs():
                        await asyncio.sleep(0.02)
                await asyncio.sleep(0.3)  # time enough to take it twice
                task.cancel()
                (entry,) = keeper.store.jobs()
                assert entry.priority == 2 and entry.request["source"] == ["ann"]
                assert entry.request["target"] == str(folder.folder / "a.mp4")
                assert entry.request["output"] == str(folder.output / "a.mkv")

    asyncio.run(main())


def test_a_folder_that_goes_away_is_said_once_and_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watches, "EVERY", 0.02)
    monkeypatch.setattr(watches, "STILL", 0.05)
    folder = folders(tmp_path)
    folder.folder.rmdir()

    async def main() -> None:
        async with keeping(tmp_path / "state", work=False) as keeper:
            task = asyncio.create_task(watch(keeper, folder, asyncio.get_running_loop().time))
            async with asyncio.timeout(20):
                while not caplog.records:
                    await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)  # and a few more looks
            folder.folder.mkdir()
            (folder.folder / "a.mp4").write_bytes(b"1")
            async with asyncio.timeout(20):
                while not keeper.store.jobs():
                    await asyncio.sleep(0.02)
            task.cancel()

    asyncio.run(main())
    assert [r.levelname for r in caplog.records].count("ERROR") == 1
    assert os.fspath(folder.folder) in caplog.text
