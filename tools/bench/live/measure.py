"""Measure: starts the three processes, lets them run, gathers what they say."""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from engines.errors import UnderstudyError
from tools.bench.live import processes as parts
from tools.bench.live.figures import Process, Sight
from tools.cli.child import safe_path

NAP = 0.005  # seconds
PATIENCE = 60.0  # seconds that a process gets to answer, besides the run itself


@dataclass(frozen=True, slots=True)
class LiveRun:
    """What is measured. trace: where the server writes its own, of the run with the swap. settle: seconds at the start
    that do not count: connections, first key frames, caches."""

    photo: Path
    clip: Path
    size: tuple[int, int] = (1280, 720)
    fps: int = 30
    seconds: float = 20.0
    streams: int = 1
    mark: bool = True
    shot: Path | None = None
    trace: Path | None = None
    settle: float = 4.0


@dataclass(frozen=True, slots=True)
class Result:
    """sights: by stream. stages: the server's, [p50, p95, p99] in milliseconds. inside: from a decoded picture's coming
    to the swapped one's leaving, the last three seconds', milliseconds. late: see `watched`."""

    sights: list[list[Sight]]
    skew: float | None
    server: Process
    others: dict[str, Process]
    shed: int
    held: int
    unread: int
    rung: str
    stages: dict[str, list[float]]
    inside: dict[str, float]
    late: list[float] = field(default_factory=list)


class Part:
    """A process and its pipe."""

    def __init__(self, name: str, main: Callable[..., Any], *args: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._name = name
        self._pipe, theirs = context.Pipe()
        self._process: BaseProcess = context.Process(target=parts.run, args=(main, theirs, *args), daemon=True)
        with safe_path():
            self._process.start()
        theirs.close()

    def say(self, word: str) -> None:
        self._pipe.send(word)

    def hear(self, patience: float = PATIENCE) -> Any:
        """Raises UnderstudyError where the process ended or says nothing."""
        pipe: Connection = self._pipe
        try:
            if pipe.poll(patience):
                return pipe.recv()
        except (EOFError, OSError):
            pass
        raise UnderstudyError(f"the benchmark's {self._name} gave no answer; its own message stands above")

    def end(self) -> None:
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()


def started(stack: ExitStack, name: str, main: Callable[..., Any], *args: Any) -> Part:
    """A process of the measurement, which ends with the stack."""
    part = Part(name, main, *args)
    stack.callback(part.end)
    return part


def measure(run: LiveRun, bare: bool = False) -> Result:
    """One run. bare: without the swap. Raises UnderstudyError."""
    with ExitStack() as stack:
        start = partial(started, stack)
        server = start("server", parts.server, run.photo, bare, run.mark, run.trace)
        base = f"http://127.0.0.1:{server.hear()}"
        sender = start("sender", parts.sender, f"{base}/whip/b", run.clip, run.size, run.fps, run.streams)
        sender.hear()
        viewer = start("viewer", parts.viewer, f"{base}/whep/b", run.streams, run.settle, run.shot)
        viewer.hear()
        return gathered(run, server, sender, viewer)


def gathered(run: LiveRun, server: Part, sender: Part, viewer: Part) -> Result:
    """Lets three parts that are at work run, and puts together what they say."""
    server.say("measure")
    late = watched(run.seconds)
    said = []
    for part in (viewer, sender, server):  # who counts first, then upstream to downstream: nobody is hung up on
        part.say("stop")
        said.append(part.hear())
    seen, sent, served = said
    return Result(
        sights=seen["sights"],
        skew=seen["skew"],
        server=served["process"],
        others={"sender": sent, "viewer": seen["process"]},
        shed=served["shed"],
        held=served["held"],
        unread=seen["unread"],
        rung=served["rung"],
        stages=served["stages"],
        inside=served["inside"],
        late=late,
    )


def watched(seconds: float) -> list[float]:
    """Sleeps so long, and tells by how many seconds each nap of some milliseconds was too long."""
    end, late = time.monotonic() + seconds, []
    while (before := time.monotonic()) < end:
        time.sleep(NAP)
        late.append(time.monotonic() - before - NAP)
    return late
