"""A job's process: the request as a job, what it says, how it ends, and what it leaves."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import pytest

from engines.errors import UnderstudyError
from stream.consent.consent import Given
from stream.marks.layers import Marking
from stream.media.codecs import Encoding
from stream.media.others.wanted import Streams
from tests.tools.commands import film, needs_models, portrait, sound, times
from tools.daemon.process.segments import finished
from tools.daemon.queue.retries import ExitCode
from tools.daemon.request import Request
from tools.daemon.worker import job_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def face(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), portrait()[..., ::-1])
    return path


def request(face: Path, **more: Any) -> Request:
    made = Request(str(face.parent / "clip.mp4"), str(face.parent / "out.mp4"), (str(face),), True)
    return replace(made, **more)


def test_a_request_is_a_job_as_swap_makes_it(face: Path) -> None:
    options = {"who": "all"}
    job = job_of(request(face, options=options, start="1:02", end="90.5", crf=20, codec="libx265", preset="fast"))
    assert (job.spec.who, job.start, job.end) == ("all", Fraction(62), Fraction(181, 2))
    assert job.encoding == Encoding("libx265", 20, "fast")
    assert job.spec.source == ((face,),) and job.marking == Marking()
    assert job.consent is not None and job.consent.sources[0].name == "face.png"
    assert job.consent.given == (Given.REQUEST,), "nobody gave the command line's option"
    assert job_of(request(face, bitrate="4M")).encoding.bitrate == 4_000_000
    assert (job.streams, job_of(request(face, streams="strict")).streams) == (Streams.ALL, Streams.STRICT)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": "soon"}, "start 'soon'"),
        ({"bitrate": "lots"}, "no rate"),
        ({"options": {"mask": ["bisenet"]}}, "--mask goes with a swapping network; add --model"),
        ({"options": {"enhance": "gfpgan_1.4:7"}}, "share from 0 to 1"),
        ({"source": ("nobody-of-this-name",)}, "nobody-of-this-name"),
        ({"consent": False}, "no consent is recorded"),
    ],
)
def test_what_makes_no_job_is_told(face: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(UnderstudyError, match=words):
        job_of(request(face, **change))


def test_an_output_over_its_input_is_refused(face: Path) -> None:
    with pytest.raises(UnderstudyError, match="also read"):
        job_of(request(face, output=str(face.parent / "clip.mp4")))


class Child:
    """The process itself. said: its lines so far."""

    def __init__(self, folder: Path, asked: Request) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "request.json").write_text(json.dumps(asked.to_json()))
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "tools.daemon.worker", str(folder), "0.4"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe)
        self.said: list[dict[str, Any]] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    def until(self, when: Callable[["Child"], bool], patience: float = 60) -> None:
        deadline = time.monotonic() + patience
        while not when(self) and self.process.poll() is None:
            assert time.monotonic() < deadline, self.said
            time.sleep(0.02)

    def end(self, number: int | None = None) -> int:
        if number is not None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self._reading.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return code

    @property
    def errors(self) -> list[str]:
        return [one["error"] for one in self.said if "error" in one]

    @property
    def notes(self) -> list[str]:
        return [one["note"] for one in self.said if "note" in one]


def files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.timeout(300)  # processes with networks, on busy machines too
class TestProcess:
    pytestmark = needs_models

    def test_paused_it_keeps_what_it_has_and_its_end_of_input_is_its_own(self, face: Path, tmp_path: Path) -> None:
        clip, work = film(tmp_path / "clip.mp4", 120, with_face=True), tmp_path / "work"
        asked = request(face, preset="ultrafast", options={"routing": "fast"})
        paused = Child(work, asked)
        paused.until(lambda child: any(s.get("frames", 0) >= 5 for s in child.said))
        assert paused.end(signal.SIGTERM) == ExitCode.SUSPENDED
        frames = sum(s.frames for s in finished(work))
        assert 5 <= frames < 120 and paused.said[-1] == {"frames": frames, "total": 120}
        orphan = Child(work, asked)
        time.sleep(0.5)
        assert orphan.process.stdin is not None
        orphan.process.stdin.close()  # as when the daemon is killed
        assert orphan.end() == 1
        done = Child(work, asked)
        assert done.end() == ExitCode.DONE and done.said[-1]["frames"] == 120
        assert times(tmp_path / "out.mp4") == times(clip)
        account = json.loads((work / "state.json").read_text())["account"]
        assert sum(account["routes"].values()) >= 120 <= account["painted"], "what ran before the pauses counts"

    def test_pictures_are_jobs_too(self, face: Path, tmp_path: Path) -> None:
        (tmp_path / "other.png").write_bytes(face.read_bytes())
        asked = request(face, target=str(face), output=str(tmp_path / "out.png"), source=(f"{tmp_path}/other.png",))
        child = Child(tmp_path / "work", asked)
        assert child.end() == ExitCode.DONE and files(tmp_path) == ["face.png", "other.png", "out.png", "work"]

    def test_what_is_wrong_is_said_in_words(self, face: Path, tmp_path: Path) -> None:
        """By the names that were asked for, not by those under which the process reads."""
        (tmp_path / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 200)
        cases = {
            f"{tmp_path}/none.mp4": f"there is no {tmp_path}/none.mp4",
            f"{tmp_path}/clip.mp4": f"cannot read {tmp_path}/clip.mp4",
        }
        for target, words in cases.items():
            child = Child(tmp_path / "work", request(face, target=target))
            assert child.end() == ExitCode.WRONG and words in child.errors[0] and ".inputs" not in child.errors[0]
        assert not (tmp_path / "out.mp4").exists()

    def test_an_input_that_is_replaced_between_two_tries_begins_the_job_anew(self, face: Path, tmp_path: Path) -> None:
        """Else the output would be half of each, and signed."""
        film(tmp_path / "clip.mp4", 90, with_face=True)
        work, asked = tmp_path / "work", request(face, preset="ultrafast", options={"routing": "fast"})
        first = Child(work, asked)
        first.until(lambda child: len(finished_names(work)) >= 2)
        first.end(signal.SIGKILL)
        before = finished_names(work)
        mended = film(tmp_path / "mended.mp4", 60, with_face=True)
        os.utime(mended, ns=(1, (tmp_path / "clip.mp4").stat().st_mtime_ns))
        mended.replace(tmp_path / "clip.mp4")
        second = Child(work, asked)
        assert second.end() == ExitCode.DONE and len(before) >= 2
        assert second.notes == ["an input, or the program, has changed since the last try; the job begins anew"]
        assert times(tmp_path / "out.mp4") == times(tmp_path / "clip.mp4") and len(times(tmp_path / "out.mp4")) == 60
        assert sound(tmp_path / "out.mp4") == sound(tmp_path / "clip.mp4")

    def test_so_does_another_photo(self, face: Path, tmp_path: Path) -> None:
        film(tmp_path / "clip.mp4", 90, with_face=True)
        work, asked = tmp_path / "work", request(face, preset="ultrafast", options={"routing": "fast"})
        first = Child(work, asked)
        first.until(lambda child: bool(finished_names(work)))
        first.end(signal.SIGKILL)
        cv2.imwrite(str(face), portrait()[:, ::-1, ::-1])
        second = Child(work, asked)
        assert second.end() == ExitCode.DONE and "an input, or the program, has changed" in second.notes[0]

    def test_an_input_that_is_written_to_meanwhile_makes_no_output(self, face: Path, tmp_path: Path) -> None:
        clip = film(tmp_path / "clip.mp4", 60, with_face=True)
        work, asked = tmp_path / "work", request(face, preset="ultrafast", options={"routing": "fast"})
        child = Child(work, asked)
        child.until(lambda child: any("frames" in s for s in child.said))
        with clip.open("ab") as file:
            file.write(b"more")
        assert child.end() == ExitCode.AGAIN
        assert child.errors == [f"{clip} was changed while it was read; let nothing write to it"]
        assert files(tmp_path) == ["clip.mp4", "face.png", "work"]
        again = Child(work, asked)
        assert again.end() == ExitCode.DONE, again.said

    def test_a_link_that_is_laid_while_the_job_waits_is_refused(self, face: Path, tmp_path: Path) -> None:
        secret = film(tmp_path / "secret.mp4", 5, with_face=True)
        (tmp_path / "clip.mp4").symlink_to(secret)
        child = Child(tmp_path / "work", request(face))
        assert child.end() == ExitCode.WRONG and "is a link now" in child.errors[0]

    def test_a_pipe_that_is_put_there_is_not_waited_for(self, face: Path, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "clip.mp4")
        child = Child(tmp_path / "work", request(face))
        assert child.end() == ExitCode.WRONG and "is a pipe now" in child.errors[0]

    def test_a_playlist_is_read_by_no_name(self, face: Path, tmp_path: Path) -> None:
        outside = film(tmp_path / "secret.mp4", 5, with_face=True)
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXTINF:1,", str(outside), "#EXT-X-ENDLIST", ""]
        for name in ("clip.mp4", "clip.m3u8", "clip.ts"):
            (tmp_path / name).write_text("\n".join(lines))
            child = Child(tmp_path / "work", request(face, target=str(tmp_path / name)))
            assert child.end() == ExitCode.WRONG and "a text file or a playlist" in child.errors[0]

    def test_a_file_that_came_to_the_output_s_place_is_not_overwritten(self, face: Path, tmp_path: Path) -> None:
        film(tmp_path / "clip.mp4", 15, with_face=True)
        (tmp_path / "out.mp4").write_bytes(b"mine")
        asked = request(face, preset="ultrafast", options={"routing": "fast"})
        child = Child(tmp_path / "work", asked)
        assert child.end() == ExitCode.WRONG and '"overwrite": true' in child.errors[0]
        assert (tmp_path / "out.mp4").read_bytes() == b"mine"
        child = Child(tmp_path / "work", replace(asked, skip_done=True))
        assert child.end() == ExitCode.WRONG and '"overwrite": true' in child.errors[0], "it is not whole"
        child = Child(tmp_path / "work", replace(asked, overwrite=True, skip_done=True))
        assert child.end() == ExitCode.DONE and len(times(tmp_path / "out.mp4")) == 15
        made = (tmp_path / "out.mp4").read_bytes()
        child = Child(tmp_path / "again", replace(asked, overwrite=True, skip_done=True))
        assert child.end() == ExitCode.DONE and (tmp_path / "out.mp4").read_bytes() == made
        assert child.notes == [f"{tmp_path / 'out.mp4'} is there and whole; it was left as it is"]


def finished_names(folder: Path) -> list[str]:
    """Of pieces that are whole, while a process works beside."""
    return sorted(p.name for p in folder.glob("0*_*.mp4"))
