"""A process that has loaded the program and forks a child for each command: what a child does wrong ends there.

A command a line on standard input, as JSON: the words, the folder to run in and the seconds of processor time that it
may use. An answer a line on standard output: the exit status, what was printed, and whether it was ended.
"""

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

WAIT = 6  # times the processor time that a child may take by the clock on the wall: others use this machine too


def serve() -> None:
    _load()
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        print(json.dumps(_run(asked["words"], Path(asked["folder"]), asked["seconds"])), flush=True)


def _load() -> None:
    """All that a swap imports, once."""
    import cv2
    import openvino  # noqa: F401

    import stream.marks.sign
    import stream.stills.heif
    import tools.main
    from tools.cli.process import limit_math_threads

    limit_math_threads()
    cv2.setNumThreads(1)
    for name in ("stream.jobs.clip", "stream.jobs.picture", "stream.pipeline.pipeline", "stream.media.still"):
        __import__(name)
    assert tools.main and stream.marks.sign and stream.stills.heif


def _run(words: list[str], folder: Path, seconds: float) -> dict[str, Any]:
    said = folder / "said.txt"
    child = os.fork()
    if child == 0:
        _child(words, folder, said)
    begun, ended = time.monotonic(), False
    while True:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() - begun > seconds * WAIT or _spent(child) > seconds:
            os.kill(child, signal.SIGKILL)
            _, status, used = os.wait4(child, 0)
            ended = True
            break
        time.sleep(0.01)
    text = said.read_text("utf-8", "replace")
    said.unlink()
    return {
        "code": os.waitstatus_to_exitcode(status),
        "said": text,
        "ended": ended,
        "spent": round(used.ru_utime + used.ru_stime, 2),
    }


def _spent(child: int) -> float:
    """Seconds of processor time so far (Linux; elsewhere the clock on the wall has to do)."""
    try:
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _child(words: list[str], folder: Path, said: Path) -> None:
    code = 70
    try:
        os.chdir(folder)
        with said.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.argv = ["understudy", *words]
        from tools.main import main

        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
