"""A job's process as the daemon sees it, with real processes that speak as the job's do."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from tests.tools.daemon.disks import no_writes
from tests.tools.daemon.queueing import COMMAND
from tools.cli import child
from tools.daemon.queue import worker_process
from tools.daemon.queue.worker_process import JobProgress, ProcessEnd, WorkerProcess


def process(folder: Path, heard: list[JobProgress | str], silence: float = 20) -> WorkerProcess:
    return WorkerProcess(folder, 10, heard.append, COMMAND, silence)


def run(folder: Path, target: str, heard: list[JobProgress | str]) -> ProcessEnd:
    return asyncio.run(process(folder, heard).run({"target": target}))


def test_it_is_given_its_request_and_heard_to_its_end(tmp_path: Path) -> None:
    heard: list[JobProgress | str] = []
    assert run(tmp_path / "job", "note", heard) == ProcessEnd(0, "")
    assert heard == [JobProgress(5, 10), "the job begins anew"]
    assert json.loads((tmp_path / "job" / "request.json").read_text()) == {"target": "note"}


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [("wrong", 2, "no face in it"), ("crash:9", 1, "ValueError: bad luck"), ("kill", -signal.SIGKILL, "")],
)
def test_its_end_has_a_reason(tmp_path: Path, target: str, code: int, said: str) -> None:
    assert run(tmp_path / "job", target, []) == ProcessEnd(code, said)


def test_a_line_without_end_is_no_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="limit"):
        run(tmp_path / "job", "babble", [])


def test_what_cannot_be_started_is_an_error_of_the_system(tmp_path: Path) -> None:
    with no_writes(), pytest.raises(OSError, match="large"):
        run(tmp_path / "job", "fine", [])
    with pytest.raises(FileNotFoundError):
        asyncio.run(WorkerProcess(tmp_path / "job", 10, print, ("/nowhere/python",)).run({}))


def test_one_that_says_nothing_is_ended(tmp_path: Path) -> None:
    end = asyncio.run(process(tmp_path / "job", [], silence=1.0).run({"target": "stuck"}))
    assert end == ProcessEnd(-signal.SIGKILL, "it said nothing for 1 s and was ended")


def test_it_is_paused_and_killed(tmp_path: Path) -> None:
    async def main() -> list[int]:
        codes = []
        for how in ("pause", "kill"):
            heard: list[JobProgress | str] = []
            one = process(tmp_path / how, heard)
            task = asyncio.create_task(one.run({"target": "sleep:20"}))
            while not heard:
                await asyncio.sleep(0.02)
            getattr(one, how)()
            codes.append((await task).code)
        early = process(tmp_path / "early", [])
        early.kill()  # cancelled before it was there
        codes.append((await early.run({"target": "sleep:20"})).code)
        return codes

    assert asyncio.run(main()) == [75, -signal.SIGKILL, -signal.SIGKILL]


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    async def main() -> None:
        heard: list[JobProgress | str] = []
        task = asyncio.create_task(process(tmp_path / "job", heard).run({"target": "stuck"}))
        while not heard:
            await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())


def test_the_command_is_our_worker_s_whatever_lies_in_the_folder() -> None:
    assert child.command("tools.daemon.worker") == worker_process.COMMAND
    assert worker_process.COMMAND[0] == sys.executable
