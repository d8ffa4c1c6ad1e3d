"""The daemon's life with its own process: it starts on a full disk, and what was cancelled or killed leaves nothing."""

import asyncio
import contextlib
import signal
import time
import urllib.error
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from engines.errors import UnderstudyError
from tests.tools.commands import film, needs_models, portrait
from tests.tools.daemon.disks import fill, small_disk
from tests.tools.daemon.queueing import COMMAND
from tests.tools.daemon.test_command import Daemon, alive, asked, started
from tools.daemon.files.output_folder import OutputFolder
from tools.daemon.queue.job_folders import JobFolders
from tools.daemon.queue.queued_job import JobState
from tools.daemon.queue.scheduler import SchedulerLimits
from tools.daemon.service import claim, open_scheduler


def test_one_daemon_has_a_folder(tmp_path: Path) -> None:
    with ExitStack() as first, ExitStack() as second:
        claim(tmp_path / "state", first)
        with pytest.raises(UnderstudyError, match="another daemon works in"):
            claim(tmp_path / "state", second)
    with ExitStack() as third:
        claim(tmp_path / "state", third)
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    with ExitStack() as stack, pytest.raises(UnderstudyError, match="give another folder"):
        (tmp_path / "file").touch()
        claim(tmp_path / "file" / "state", stack)


def test_the_queue_opens_on_a_full_disk_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    limits, reserve = replace(SchedulerLimits(), command=COMMAND), 1 << 20

    async def main(disk: Path) -> None:
        with ExitStack() as stack:
            scheduler = open_scheduler(disk, limits, stack, reserve=reserve)
            job, _ = await scheduler.add({"target": "fine", "output": "/none/a.mp4"})
        filler = fill(disk)
        with ExitStack() as stack:
            scheduler = open_scheduler(disk, limits, stack, reserve=reserve)
            task = asyncio.create_task(scheduler.run())
            await asyncio.sleep(0.5)
            assert scheduler.store.get(job.id).state is JobState.QUEUED and not task.done(), "it waits"
            filler.unlink()
            async with asyncio.timeout(20):
                while scheduler.store.get(job.id).state is not JobState.DONE:
                    await asyncio.sleep(0.05)
            await scheduler.drain(0)
            task.cancel()

    with small_disk(tmp_path / "disk", "16m") as disk:
        asyncio.run(main(disk))


def test_what_a_killed_process_left_is_gone_when_the_daemon_has_started(tmp_path: Path) -> None:
    """Also of a job that nobody takes up again; and nothing else, whatever it is called."""
    folders = JobFolders(tmp_path / "state" / "jobs")
    folders.path("0123456789abcdef").mkdir(parents=True)
    place = OutputFolder(tmp_path / "out.mp4", folders.path("0123456789abcdef"))
    place.path.write_bytes(b"half")
    theirs = tmp_path / ".understudy-aaaaaaaaaaaaaaaa"
    theirs.mkdir()
    with started(tmp_path):
        assert sorted(p.name for p in tmp_path.iterdir()) == [theirs.name, "state"]
    assert not folders.names()


@pytest.mark.timeout(300)  # processes with networks, on busy machines too
class TestEnds:
    pytestmark = needs_models

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        cv2.imwrite(str(tmp_path / "face.png"), portrait()[..., ::-1])
        film(tmp_path / "clip.mp4", 90, with_face=True)
        return tmp_path

    def until_it_is_joined(self, daemon: Daemon, folder: Path) -> str:
        """A job whose output is being put together, or, where that was too quick to be seen, is there. Its name."""
        name = str(daemon.ask("/jobs", asked(folder))["id"])
        deadline = time.monotonic() + 90
        while not list(folder.glob(".understudy-*")) and not (folder / "out.mp4").exists():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        return name

    def test_cancelled_while_it_is_joined_it_leaves_nothing(self, folder: Path) -> None:
        with started(folder) as daemon:
            name = self.until_it_is_joined(daemon, folder)
            with contextlib.suppress(urllib.error.HTTPError):  # it may be done
                daemon.ask(f"/jobs/{name}/cancel", {})
            job = daemon.until(name, lambda job: job["ended"] is not None)
            left = sorted(p.name for p in folder.iterdir())
            whole = ["out.mp4"] if job["state"] == "done" else []
            assert left == sorted(["clip.mp4", "face.png", "state", *whole])
            assert not list((folder / "state" / "jobs").iterdir())

    def test_killed_while_it_is_joined_it_leaves_nothing_and_is_done_at_the_next_start(self, folder: Path) -> None:
        with started(folder) as daemon:
            name = self.until_it_is_joined(daemon, folder)
            daemon.end(signal.SIGKILL)
        deadline = time.monotonic() + 10
        while alive(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        with started(folder) as daemon:
            daemon.until(name, lambda job: job["state"] == "done")
        assert sorted(p.name for p in folder.iterdir()) == ["clip.mp4", "face.png", "out.mp4", "state"]

    def test_an_output_is_overwritten_only_when_that_is_asked(self, folder: Path) -> None:
        (folder / "out.mp4").write_bytes(b"mine")
        with started(folder) as daemon:
            with pytest.raises(urllib.error.HTTPError, match="409"):
                daemon.ask("/jobs", asked(folder, end="0.2"))
            name = str(daemon.ask("/jobs", asked(folder, end="0.2", overwrite=True))["id"])
            daemon.until(name, lambda job: job["state"] == "done")
        assert (folder / "out.mp4").stat().st_size > 1000
