"""The daemon as a user runs it: its own process, killed and ended in mid-job. No finished frame is lost, none twice."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from tests.tools.commands import film, needs_models, portrait, sound, times, understudy

ROOT = Path(__file__).parents[3]


class Daemon:
    """One process of it, at a free port."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        command = [sys.executable, "-c", "from tools.main import main; main()", "daemon", "--port", "0"]
        state = [
            "--state",
            os.path.relpath(folder / "state", ROOT),
            "--files",
            str(folder),
            "--segment",
            "0.4",
            "--rtmp",
            "127.0.0.1:0",
        ]
        self.process = subprocess.Popen([*command, *state, *words], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.said: list[str] = []
        for line in self.process.stderr:
            self.said.append(line)
            if line.startswith("jobs: "):
                self.url = line.split()[1].removesuffix("/jobs")
                return
        raise AssertionError("".join(self.said))

    def ask(self, path: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
        data = json.dumps(told).encode() if told is not None else None
        asked = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def until(self, name: str, when: Callable[[dict[str, Any]], bool], patience: float = 60) -> dict[str, Any]:
        end = time.monotonic() + patience
        while not when(job := self.ask(f"/jobs/{name}")):
            assert time.monotonic() < end and job["state"] != "failed", job
            time.sleep(0.03)
        return job

    def pieces(self, name: str) -> dict[str, int]:
        """The finished ones, with the times at which they were written."""
        folder = self.folder / "state" / "jobs" / name
        found = {}
        for piece in folder.glob("0*_*.mp4"):
            with contextlib.suppress(FileNotFoundError):  # the job may end, and sweep them away, meanwhile
                found[piece.name] = piece.stat().st_mtime_ns
        return found

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(30)
        assert self.process.stderr is not None
        self.said += self.process.stderr.readlines()
        self.process.stderr.close()
        return code


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("target") / "clip.mp4", 120, with_face=True)


@pytest.fixture
def folder(tmp_path: Path, clip: Path) -> Path:
    cv2.imwrite(str(tmp_path / "face.png"), portrait()[..., ::-1])
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    return tmp_path


@contextlib.contextmanager
def started(folder: Path, *words: str) -> Iterator[Daemon]:
    made = Daemon(folder, *words)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            made.end(signal.SIGKILL)


def asked(folder: Path, **more: Any) -> dict[str, Any]:
    told = {"target": f"{folder}/clip.mp4", "output": f"{folder}/out.mp4", "source": [f"{folder}/face.png"]}
    return told | {"consent": True, "preset": "ultrafast", "routing": "fast"} | more


def alive(folder: Path) -> list[int]:
    """Processes that work in the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().decode(errors="replace")
            if "tools.daemon.worker" in words and str(folder) in words:
                found.append(int(entry.parent.name))
    return found


@pytest.mark.timeout(300)  # processes with networks, on busy machines too
class TestEnds:
    pytestmark = needs_models

    def test_killed_in_mid_job_it_goes_on_and_every_frame_is_there_once(self, folder: Path, clip: Path) -> None:
        with started(folder) as first:
            name = first.ask("/jobs", asked(folder))["id"]
            first.until(name, lambda job: len(first.pieces(name)) >= 2)
            first.end(signal.SIGKILL)
            kept = first.pieces(name)
        deadline = time.monotonic() + 5
        while alive(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alive(folder), "its work ends with it"
        kept = first.pieces(name)
        assert 2 <= len(kept) < 10 and not (folder / "out.mp4").exists()
        with started(folder) as second:
            while True:
                there = second.pieces(name)
                done = second.ask(f"/jobs/{name}")
                if done["state"] == "done":
                    break
                assert kept.items() <= there.items(), "what is finished is not touched"
                assert done["state"] != "failed", done
                time.sleep(0.03)
            assert done["attempts"] == 1 and done["frames"] == 120
            assert "the daemon ended while it ran" in [h["what"] for h in done["history"]]
            assert second.end(signal.SIGTERM) == 0
        out = folder / "out.mp4"
        assert times(out) == times(clip) and len(times(out)) == 120
        assert sound(out) == sound(clip)
        verdict = understudy("verify", out, "--json")
        assert verdict.returncode in (0, 1) and "watermark" in verdict.stdout
        assert not list((folder / "state" / "jobs").iterdir())

    def test_ended_it_pauses_its_job_and_loses_no_frame(self, folder: Path, clip: Path) -> None:
        with started(folder, "--drain", "0") as first:
            name = first.ask("/jobs", asked(folder))["id"]
            first.until(name, lambda job: job["frames"] >= 10)
            assert first.end(signal.SIGTERM) == 0
            frames = sum(int(p.rpartition("_")[2].removesuffix(".mp4")) for p in first.pieces(name))
            assert frames >= 10, "the piece in hand was finished"
        with started(folder) as second:
            done = second.until(name, lambda job: job["state"] == "done")
            assert "paused by the daemon's end" in [h["what"] for h in done["history"]]
        assert times(folder / "out.mp4") == times(clip)

    def test_what_cannot_be_done_fails_with_the_reason(self, folder: Path) -> None:
        (folder / "bad.mp4").write_text("no video at all")
        with started(folder) as daemon:
            bad = daemon.ask("/jobs", asked(folder, target=f"{folder}/bad.mp4"))["id"]
            faceless = daemon.ask("/jobs", asked(folder, source=[f"{folder}/none.png"], output=f"{folder}/o.mp4"))["id"]
            reasons = []
            for name in (bad, faceless):
                end = time.monotonic() + 60
                while (job := daemon.ask(f"/jobs/{name}"))["state"] != "failed":
                    assert time.monotonic() < end, job
                    time.sleep(0.05)
                assert job["attempts"] == 1
                reasons.append(job["reason"])
            assert "text file" in reasons[0] and "none.png" in reasons[1]
            assert not (folder / "out.mp4").exists()

    def test_watched_folders_feed_it(self, folder: Path, clip: Path) -> None:
        for name in ("in", "out"):
            (folder / name).mkdir()
        (folder / "d.toml").write_text(
            '[[watch]]\nfolder = "in"\noutput = "out"\nsource = "face.png"\nconsent = true\nend = "0.5"\n'
        )
        with started(folder, "--config", str(folder / "d.toml")) as daemon:
            (folder / "in" / "a.mp4").write_bytes(clip.read_bytes())
            end = time.monotonic() + 60
            while not (folder / "out" / "a.mp4").exists():
                assert time.monotonic() < end, daemon.ask("/jobs")
                time.sleep(0.1)
        assert len(times(folder / "out" / "a.mp4")) == 15


def test_two_in_one_folder_and_strangers_are_refused(tmp_path: Path) -> None:
    with started(tmp_path) as first:
        other = understudy("daemon", "--state", tmp_path / "state", "--files", tmp_path, "--port", 0)
        assert other.returncode == 2 and "another daemon" in other.stderr
        port = first.url.rpartition(":")[2]
        taken = understudy("daemon", "--state", tmp_path / "other", "--files", tmp_path, "--port", port)
        assert taken.returncode == 2 and "cannot listen" in taken.stderr
        with pytest.raises(urllib.error.HTTPError, match="415"):
            urllib.request.urlopen(first.url + "/jobs", b"x", timeout=5)
        assert first.end(signal.SIGTERM) == 0
    assert "Traceback" not in "".join(first.said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "needs --tokens"),
        (["--files", "none"], "no folder"),
        (["--base-path", "understudy/"], "write /PATH"),
        (["--rtmp", "here"], "HOST:PORT"),
        (["--log", "loud"], "text or json"),
        (["--config", "none.toml"], "cannot read --config"),
        (["--tokens", "none.json"], "cannot be read"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str) -> None:
    monkeypatch.chdir(tmp_path)
    result = understudy("daemon", "--state", tmp_path / "state", "--port", 0, *words)
    assert result.returncode == 2 and said in result.stderr and len(result.stderr.splitlines()) == 1
