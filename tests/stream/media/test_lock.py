"""One run at a time: between processes, threads and objects; and nothing is left of it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engines.errors import OutputError
from stream.media.lock import OutputLock, shortened

HOLDER = """
import sys, time
from pathlib import Path
from stream.media.lock import OutputLock
lock = OutputLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
lock.release()
"""


def holder(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.communicate()


def test_another_process_is_told_and_comes_in_when_the_first_is_done(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    process = holder(path)
    with pytest.raises(OutputError, match=f"another run is writing {path}; wait until it is done"):
        OutputLock(path)
    end(process)
    OutputLock(path).release()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_a_run_that_was_killed_locks_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    process = holder(path)
    os.kill(process.pid, signal.SIGKILL)
    end(process)
    OutputLock(path).release()
    assert list(tmp_path.iterdir()) == []


def test_two_in_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    lock = OutputLock(tmp_path / "a")
    with pytest.raises(OutputError, match="another run"):
        OutputLock(tmp_path / "a")
    OutputLock(tmp_path / "b").release()
    lock.release()
    lock.release()
    OutputLock(tmp_path / "a").release()


def test_any_thread_may_release(tmp_path: Path) -> None:
    lock = OutputLock(tmp_path / "a")
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join()
    OutputLock(tmp_path / "a").release()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_in_which_no_lock_can_be_made(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="cannot write"):
        OutputLock(tmp_path / "a")


def test_names_are_cut_to_what_a_file_system_takes() -> None:
    assert shortened(".", "film.mp4", ".lock") == ".film.mp4.lock"
    assert shortened(".", "x" * 255, ".lock") == "." + "x" * 234 + ".lock"
    cut = shortened("", "ü" * 130, ".part.mp4")
    assert cut == "ü" * 115 + ".part.mp4" and len(cut.encode()) == 239  # a letter is not halved
