"""What is broken, and when: a fault at one named step of a job, at the n-th time that the step is passed, once.

Used inside the processes of a case: the daemon's and the job's. A file that the fault makes when it strikes tells the
other processes, and the next ones, that it is over.
"""

import json
import os
import random
import resource
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from tools.daemon.steps import Step

VARIABLE = "UNDERSTUDY_CRASH"  # holds the case, as JSON
WITHIN = 1.0  # seconds after which writes go well again, where no step comes before


class Fault(StrEnum):
    """KILL: SIGKILL, of the process or of the whole daemon. FULL: the disk of state and outputs is filled. WRITE: all
    writes of the process fail, to the next step. CLOCK: the daemon's calendar is set. SWAP: an input is replaced."""

    KILL = "kill"
    FULL = "full disk"
    WRITE = "failed write"
    CLOCK = "clock set"
    SWAP = "inputs swapped"


@dataclass(frozen=True, slots=True)
class Case:
    """nth: at which passing of the step. seed: of the fault's own choices. folder: the case's, with `files`, `spare`
    and `state` in it. slowness: how many times longer than usual everything may take on a busy machine."""

    step: Step
    fault: Fault
    nth: int
    seed: int
    folder: str
    slowness: float = 1.0

    @property
    def struck(self) -> Path:
        """There once the fault has struck."""
        return Path(self.folder) / "struck"

    @property
    def offset(self) -> Path:
        """Seconds that are added to the daemon's calendar."""
        return Path(self.folder) / "offset"

    @property
    def filler(self) -> Path:
        """What fills the disk; it is removed when there is to be room again."""
        return Path(self.folder) / "disk" / "filler"

    @property
    def random(self) -> random.Random:
        return random.Random(f"{self.step} {self.fault} {self.nth} {self.seed}")

    def to_environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_environment(cls) -> "Case":
        found = json.loads(os.environ[VARIABLE])
        found |= {"step": Step(found["step"]), "fault": Fault(found["fault"])}
        return cls(**found)


class Saboteur:
    """Stands at every step of a process (`tools.daemon.steps.Passed`) and breaks what its case says."""

    def __init__(self, case: Case) -> None:
        self._case, self._count, self._lock = case, 0, threading.Lock()
        self._mend: Callable[[], object] | None = None

    def __call__(self, step: Step) -> None:
        with self._lock:
            if self._mend is not None:
                self._mend()
                self._mend = None
            if step is not self._case.step:
                return
            self._count += 1
            if self._count != self._case.nth or not _first(self._case.struck):
                return
            self._mend = STRIKES[self._case.fault](self._case)


def _first(path: Path) -> bool:
    """Whether this is the first process to make it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def _kill(case: Case) -> None:
    """This process, or the daemon above it, which takes all with it."""
    if os.environ.get("UNDERSTUDY_CRASH_WORKER") and case.random.random() < 0.5:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(30)  # it ends with the daemon
    os.kill(os.getpid(), signal.SIGKILL)


def _fill(case: Case) -> None:
    with case.filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def _fail_writes(case: Case) -> Callable[[], object]:
    """Python ignores SIGXFSZ, so that a write over the limit is an error and no end."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))

    def mend() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    timer = threading.Timer(WITHIN, mend)
    timer.daemon = True
    timer.start()
    return mend


def _set_clock(case: Case) -> None:
    case.offset.write_text(str(case.random.choice([-86400, -3600 * 24 * 365 * 20, 86400, 3600 * 24 * 365])))


def _swap_inputs(case: Case) -> None:
    """Replaced, written over in place, or gone: the target or the photo."""
    files, spare = Path(case.folder) / "disk" / "files", Path(case.folder) / "spare"
    name, how = case.random.choice(["clip.mp4", "face.png"]), case.random.choice(["replace", "write", "remove"])
    if how == "remove":
        (files / name).unlink(missing_ok=True)
    elif how == "replace":
        shutil.copy(spare / name, files / f".{name}")
        (files / f".{name}").replace(files / name)
    else:
        with (files / name).open("r+b") as file:
            file.truncate(0)
            file.write((spare / name).read_bytes())


STRIKES: dict[Fault, Callable[[Case], Callable[[], object] | None]] = {
    Fault.KILL: _kill,
    Fault.FULL: _fill,
    Fault.WRITE: _fail_writes,
    Fault.CLOCK: _set_clock,
    Fault.SWAP: _swap_inputs,
}
