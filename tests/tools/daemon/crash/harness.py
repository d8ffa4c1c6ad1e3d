"""Breaks the daemon at every named step of a job, in every way of `faults`, and looks what is left:

    .venv/bin/python -m tests.tools.daemon.crash.harness [--seed N] [--only WORDS] [--at-once N] [--sample N]
        [--slowness N]

After each fault the daemon is started again where it died, as a service manager does. Always: the output is there,
whole and right, or there is none under its name; nothing of ours is left beside it; and the job behind it gets done.
"""

import argparse
import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.tools.daemon.crash import reference
from tests.tools.daemon.crash.faults import Case, Fault
from tests.tools.daemon.crash.reference import Reference
from tests.tools.daemon.crash.running import Daemon, Outcome, follow, may_mount, request, small_disk
from tools.daemon.steps import Step

OFTEN = {  # steps that one job passes several times, and how often at least
    Step.PIECE_OPENED: 2,
    Step.FRAME_WRITTEN: 20,
    Step.PIECE_CLOSED: 2,
    Step.PIECE_NAMED: 2,
    Step.PIECE_NOTED: 2,
    Step.PACKET_JOINED: 30,
}


class References:
    """What the inputs become without a fault: for the pairs of them that cases leave behind, run when one is wanted."""

    def __init__(self, folder: Path, slowness: float = 1.0) -> None:
        self._folder, self._inputs, self._slowness = folder, folder / "inputs", slowness
        self._found: dict[tuple[str, str], Reference] = {}
        self._lock = threading.Lock()
        for name in ("first", "other"):
            reference.make_inputs(self._inputs / name, mirrored=name == "other")
        for name in ("clip.mp4", "face.png"):
            shutil.copy(self._inputs / "first" / name, self._inputs / "first" / f"quiet{Path(name).suffix}")

    def of(self, clip: str, face: str) -> Reference:
        with self._lock:
            if (clip, face) not in self._found:
                self._found[clip, face] = self._run(clip, face)
            return self._found[clip, face]

    def _run(self, clip: str, face: str) -> Reference:
        own = self._folder / f"reference-{clip}-{face}"
        case = Case(Step.LISTENING, Fault.KILL, 1 << 30, 0, str(own), self._slowness)
        disk = Path(case.folder) / "disk"
        shutil.copytree(self._inputs / "first", disk / "files")
        shutil.copy(self._inputs / clip / "clip.mp4", disk / "files")
        shutil.copy(self._inputs / face / "face.png", disk / "files")
        daemon, outcome = Daemon(case, disk), Outcome(case)
        try:
            follow(daemon, outcome, {"whole": request(disk, "out.mp4")})
        finally:
            daemon.end()
        if outcome.state != "done" or outcome.wrong:
            raise AssertionError(f"without a fault: {outcome} {''.join(daemon.said)}")
        return reference.read(disk / "files" / "out.mp4", clip, face)


def run(case: Case, references: References) -> Outcome:
    """One case, from an empty queue to its judgement."""
    folder, outcome = Path(case.folder), Outcome(case)
    disk = folder / "disk"
    shutil.copytree(folder.parent / "inputs" / "other", folder / "spare")
    with contextlib.ExitStack() as stack:
        if case.fault is Fault.FULL:
            stack.enter_context(small_disk(disk))
        shutil.copytree(folder.parent / "inputs" / "first", disk / "files")
        daemon = Daemon(case, disk)
        try:
            whole, after = request(disk, "out.mp4"), request(disk, "after.mp4", end="0.2")
            after |= {"target": f"{disk}/files/quiet.mp4", "source": [f"{disk}/files/quiet.png"]}
            follow(daemon, outcome, {"whole": whole, "after": after})
        finally:
            daemon.end()
            outcome.deaths, outcome.struck = daemon.deaths, case.struck.exists()
        if not outcome.struck:
            outcome.wrong.append("the step was never passed")
        _judge(disk, outcome, references)
        if outcome.wrong:
            outcome.wrong.append("".join(daemon.said[-12:]))
    shutil.rmtree(folder, ignore_errors=True)
    return outcome


def _judge(disk: Path, outcome: Outcome, references: References) -> None:
    files, output = disk / "files", disk / "files" / "out.mp4"
    if outcome.state.startswith("done") != output.exists():
        outcome.wrong.append(f"the job is {outcome.state}, and the output is {'' if output.exists() else 'not '}there")
    if output.exists():
        pairs = [("first", "first")]
        if outcome.case.fault is Fault.SWAP:
            pairs += [("first", "other"), ("other", "first")]
        outcome.wrong += reference.differences(output, (references.of(*pair) for pair in pairs))
    left = {entry.name for entry in files.iterdir()} - {"clip.mp4", "face.png", "quiet.mp4", "quiet.png"}
    if strange := left - {"out.mp4", "after.mp4"}:
        outcome.wrong.append(f"left beside the output: {', '.join(sorted(strange))}")
    with contextlib.closing(sqlite3.connect(disk / "state" / "jobs.sqlite3")) as db:
        if (found := db.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            outcome.wrong.append(f"the queue: {found}")


def cases(folder: Path, seed: int, slowness: float = 1.0) -> list[Case]:
    """Every step with every fault."""
    found = []
    for step in Step:
        for fault in Fault:
            nth = random.Random(f"{seed} {step} {fault}").randint(1, OFTEN.get(step, 1))
            found.append(Case(step, fault, nth, seed, str(folder / f"{step.name}-{fault.name}"), slowness))
    return found


def main() -> int:
    """Returns the exit code: 1 where a case went wrong."""
    parser = argparse.ArgumentParser(description="Breaks the daemon at every step of a job, in every way.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="cases whose step and fault hold these words")
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0, help="so many cases, drawn by the seed; each fault in turn")
    parser.add_argument("--slowness", type=float, default=1.0, help="how many times longer all may take here")
    options = parser.parse_args()
    if os.geteuid() and not may_mount() and "UNDERSTUDY_CRASH_UNSHARED" not in os.environ:
        _in_own_namespace()
    with tempfile.TemporaryDirectory(prefix="crash-") as text:
        folder = Path(text)
        chosen = [c for c in cases(folder, options.seed, options.slowness) if options.only in f"{c.step} {c.fault}"]
        if options.sample:
            chosen = sample(chosen, options.sample, options.seed)
        skipped = 0
        if any(c.fault is Fault.FULL for c in chosen) and not may_mount():
            skipped = sum(c.fault is Fault.FULL for c in chosen)
            chosen = [c for c in chosen if c.fault is not Fault.FULL]
            print(f"skipped: {skipped} cases of a full disk, as no disk may be mounted here", flush=True)
        references, begun = References(folder, options.slowness), time.monotonic()
        with ThreadPoolExecutor(options.at_once) as pool:
            outcomes = []
            for outcome in pool.map(lambda case: run(case, references), chosen):
                print(outcome, flush=True)
                outcomes.append(outcome)
    wrong = [outcome for outcome in outcomes if outcome.wrong]
    ends = Counter(outcome.state.partition(" ")[0] for outcome in outcomes)
    print(
        f"{len(outcomes)} cases, {len({o.case.step for o in outcomes})} steps,"
        f" {len({o.case.fault for o in outcomes})} faults, seed {options.seed}: {len(wrong)} wrong;"
        f" jobs {dict(ends)}; the daemon died {sum(o.deaths for o in outcomes)} times;"
        f" {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    return 1 if wrong else 0


def sample(found: list[Case], count: int, seed: int) -> list[Case]:
    """So many cases, each fault in turn."""
    drawn = random.Random(seed)
    by_fault = {fault: [case for case in found if case.fault is fault] for fault in Fault}
    for mine in by_fault.values():
        drawn.shuffle(mine)
    kept: list[Case] = []
    while len(kept) < count and any(by_fault.values()):
        kept += [mine.pop() for mine in by_fault.values() if mine][: count - len(kept)]
    return kept


def _in_own_namespace() -> None:
    """Starts again where disks may be mounted; goes on here where that is not allowed."""
    command = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-m", __spec__.name, *sys.argv[1:]]
    probe = subprocess.run([*command[:4], "true"], capture_output=True, check=False)
    if probe.returncode == 0:
        os.environ["UNDERSTUDY_CRASH_UNSHARED"] = "1"
        os.execvp(command[0], command)


if __name__ == "__main__":
    sys.exit(main())
