"""A daemon in a case: started, asked, started again where it died; on a disk of its own, which can be filled."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.tools.daemon.crash.faults import Case, Fault

ROOT = Path(__file__).parents[4]
DISK = "24m"  # of a case: pieces, joined and signed file, and the queue
PATIENCE = 240.0  # seconds for a case
FULL_FOR = 1.5  # seconds until somebody makes room
DAEMON = Path(__file__).with_name("daemon_script.py")


@dataclass
class Outcome:
    """What came of a case. wrong: empty where all is well."""

    case: Case
    state: str = ""
    deaths: int = 0
    struck: bool = False
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        words = "; ".join(self.wrong) or f"{self.state}, {self.deaths} deaths of the daemon"
        return f"{'ok   ' if not self.wrong else 'WRONG'} {self.case.fault:14} at {self.case.step:24} {words}"


class Daemon:
    """A daemon of a case, started again when it has died."""

    def __init__(self, case: Case, disk: Path) -> None:
        self._case, self._disk = case, disk
        self.deaths, self.said = 0, list[str]()
        self._start()

    def _start(self) -> None:
        environment = os.environ | self._case.to_environment() | {"PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-P", str(DAEMON), str(self._disk)]
        self._process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        self._url = ""
        self._reading = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reading.start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.said.append(line)
            if line.startswith("jobs: "):
                self._url = line.split()[1].removesuffix("/jobs")
        process.stderr.close()

    def revive(self) -> None:
        """Started again, if it has died."""
        if self._process.poll() is not None:
            self.deaths += 1
            self._reading.join(5)
            time.sleep(0.1)
            self._start()

    def ask(self, path: str, told: dict[str, Any] | None = None, key: str = "") -> dict[str, Any] | None:
        """None where it does not answer now."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        data = json.dumps(told).encode() if told is not None else None
        if not self._url:
            return None
        try:
            with urllib.request.urlopen(urllib.request.Request(self._url + path, data, headers), timeout=20) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            if error.code in (409, 422):
                raise AssertionError(f"{error.code}: {error.read().decode()}") from error
            return None
        except (OSError, ValueError):
            return None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reading.join(5)


@contextlib.contextmanager
def small_disk(path: Path, size: str = DISK) -> Iterator[None]:
    """A disk of its own, which can be filled without harm. Raises PermissionError where none may be made."""
    path.mkdir(parents=True)
    command: list[str | Path] = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise PermissionError(done.stderr.decode().strip())
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", path], check=False)


def may_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder) / "disk"):
                return True
        except OSError:
            return False


def request(disk: Path, output: str, **more: Any) -> dict[str, Any]:
    files = disk / "files"
    told = {"target": f"{files}/clip.mp4", "output": f"{files}/{output}", "source": [f"{files}/face.png"]}
    return told | {"consent": True, "preset": "ultrafast", "routing": "fast", **more}


def follow(daemon: Daemon, outcome: Outcome, jobs: dict[str, dict[str, Any]]) -> None:
    """Adds the jobs, as a client does that asks again until it is answered, and waits for their ends."""
    full, names = FullDisk(outcome), dict[str, str]()
    patience = PATIENCE * outcome.case.slowness
    until, found = time.monotonic() + patience, list[dict[str, Any] | None]()
    while time.monotonic() < until:
        daemon.revive()
        full.look(daemon)
        for key, told in jobs.items():
            if key not in names and (added := daemon.ask("/jobs", told, key)):
                names[key] = added["id"]
        if len(names) == len(jobs):
            found = [daemon.ask(f"/jobs/{name}") for name in names.values()]
            ends = [job for job in found if job and job["state"] in ("done", "failed")]
            if len(ends) == len(jobs):
                outcome.state = ends[0]["state"] + (f" ({ends[0]['reason']})" if ends[0]["reason"] else "")
                if ends[-1] is not ends[0] and ends[-1]["state"] != "done":
                    outcome.wrong.append(f"the job behind it is {ends[-1]['state']}: {ends[-1]['reason']}")
                return
        time.sleep(0.1)
    outcome.wrong.append(f"no end within {patience:.0f} s: {found}")


class FullDisk:
    """What goes on around a disk that was filled: in half of the cases the daemon is killed and has to start while it
    is full; then somebody makes room."""

    def __init__(self, outcome: Outcome) -> None:
        self._case, self._outcome = outcome.case, outcome
        self._since = 0.0
        self._kill = self._case.random.random() < 0.5

    def look(self, daemon: Daemon) -> None:
        if self._case.fault is not Fault.FULL or not self._case.struck.exists() or not self._case.filler.exists():
            return
        self._since = self._since or time.monotonic()
        if self._kill:
            self._kill = False
            daemon.kill()
            _starts_full(daemon, self._outcome)
        if time.monotonic() - self._since > FULL_FOR:
            self._case.filler.unlink()


def _starts_full(daemon: Daemon, outcome: Outcome) -> None:
    """The daemon has to come up while its disk is full."""
    until = time.monotonic() + 20 * outcome.case.slowness
    while time.monotonic() < until:
        daemon.revive()
        if daemon.ask("/healthz"):
            return
        time.sleep(0.1)
    outcome.wrong.append("it does not start on a full disk")
