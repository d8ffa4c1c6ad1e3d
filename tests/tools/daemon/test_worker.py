"""A job's process, part by part: the request as a job, what is remembered, where it goes on, what it says."""

import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import pytest

from engines.errors import UnderstudyError
from stream.marks.layers import Marking
from stream.marks.output_marks import OutputMarks
from stream.media.codecs import Encoding
from stream.media.source import open_source
from tests.stream.clips import make
from tests.tools.commands import film, needs_models, portrait, times
from tools.daemon.request import Request
from tools.daemon.segments import finished
from tools.daemon.worker import SUSPENDED, WARM, WRONG, ResumeState, _encoding, _from, _keep_mark, job_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def face(tmp_path: Path) -> Path:
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), portrait()[..., ::-1])
    return path


def request(face: Path, **more: Any) -> Request:
    told = Request(str(face.parent / "clip.mp4"), str(face.parent / "out.mp4"), (str(face),), True)
    return replace(told, **more)


def test_a_request_is_a_job_as_swap_makes_it(face: Path) -> None:
    job = job_of(
        request(
            face, options={"who": "all"}, start="1:02", end="90.5", crf=20, bitrate=None, codec="libx265", preset="fast"
        )
    )
    assert (job.spec.who, job.start, job.end) == ("all", Fraction(62), Fraction(181, 2))
    assert job.encoding == Encoding("libx265", 20, "fast")
    assert job.spec.source == ((face,),) and job.marking == Marking()
    assert job.consent is not None and job.consent.sources[0].name == "face.png"
    assert job_of(request(face, bitrate="4M")).encoding.bitrate == 4_000_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": "soon"}, "start 'soon'"),
        ({"bitrate": "lots"}, "no rate"),
        ({"options": {"mask": ["bisenet"]}}, "--mask goes with a swapping network; add --model"),
        ({"options": {"enhance": "gfpgan_1.4:7"}}, "share from 0 to 1"),
        ({"source": ("nobody-of-this-name",)}, "nobody-of-this-name"),
    ],
)
def test_what_makes_no_job_is_told(face: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(UnderstudyError, match=words):
        job_of(request(face, **change))


def test_an_output_over_its_input_is_refused(face: Path) -> None:
    with pytest.raises(UnderstudyError, match="also read"):
        job_of(request(face, output=str(face.parent / "clip.mp4")))


def test_what_is_remembered_survives_and_half_a_file_does_not_hurt(tmp_path: Path) -> None:
    memory = ResumeState(tmp_path)
    memory.facts["routes"] = {"fast": 3}
    memory.keep()
    assert ResumeState(tmp_path).facts == {"session": None, "total": None, "routes": {"fast": 3}}
    (tmp_path / "state.json").write_text('{"routes": {"fa')
    assert ResumeState(tmp_path).facts["routes"] == {}


def test_an_output_has_one_mark_however_often_it_was_begun(tmp_path: Path) -> None:
    memory, texts = ResumeState(tmp_path), []
    for _ in range(2):
        stamp = OutputMarks("out.mp4", Marking(), None, datetime(2026, 11, 21))
        _keep_mark(stamp, memory)
        assert stamp.marker is not None
        texts.append(stamp.marker.payload.text)
        memory.keep()
        memory = ResumeState(tmp_path)
    assert texts[0] == texts[1]


def test_it_goes_on_a_little_before_what_is_missing(face: Path) -> None:
    clip = make(face.parent / "clip.mp4", frames=200, rate=Fraction(25))
    job = job_of(request(face))
    with open_source(str(clip)) as source:
        base = source.info.time_base
        for last, first in ((None, Fraction(0)), (round(6 / base), 6 - WARM), (round(1 / base), Fraction(0))):
            with _from(source, job, last) as again:
                assert again.trimmed, "pieces begin at nought"
                assert next(again.frames()).pts * base == first
        late = replace(job, start=Fraction(5))
        with _from(source, late, round(6 / base)) as again:
            assert next(again.frames()).pts * base == 5, "never before what was asked for"


def test_pieces_are_encoded_for_the_file_they_become(face: Path) -> None:
    clip = make(face.parent / "clip.mp4", frames=5)
    with open_source(str(clip)) as source:
        assert _encoding(job_of(request(face)), source).codec == "libx264"
        assert _encoding(job_of(request(face, codec="h265")), source).codec == "libx265"
        with pytest.raises(UnderstudyError, match=r"MP4 pieces.* cannot hold libvpx"):
            _encoding(job_of(request(face, codec="vp8", output=str(face.parent / "o.mkv"))), source)
        with pytest.raises(UnderstudyError, match=r"\.mp4, "):
            _encoding(job_of(request(face, output=str(face.parent / "o.avi"))), source)


class Child:
    """The process itself. said: its lines so far."""

    def __init__(self, folder: Path, told: Request) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "request.json").write_text(json.dumps(told.told()))
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.daemon.worker", str(folder), "0.4"], cwd=ROOT, stdin=pipe, stdout=pipe
        )
        self.said: list[dict[str, Any]] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    def end(self) -> int:
        code = self.process.wait(60)
        self._reading.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        return code


class TestProcess:
    pytestmark = needs_models

    def test_paused_it_keeps_what_it_has_and_its_end_of_input_is_its_own(self, face: Path, tmp_path: Path) -> None:
        clip, work = film(tmp_path / "clip.mp4", 120, with_face=True), tmp_path / "work"
        told = request(face, preset="ultrafast", routing="fast")
        paused = Child(work, told)
        deadline = time.monotonic() + 60
        while not any(s.get("frames", 0) >= 5 for s in paused.said) and time.monotonic() < deadline:
            time.sleep(0.02)
        paused.process.send_signal(signal.SIGTERM)
        assert paused.end() == SUSPENDED
        frames = sum(s.frames for s in finished(work))
        assert 5 <= frames < 120 and paused.said[-1] == {"frames": frames, "total": 120}
        orphan = Child(work, told)
        time.sleep(0.5)
        assert orphan.process.stdin is not None
        orphan.process.stdin.close()  # as when the daemon is killed
        assert orphan.end() == 1
        done = Child(work, told)
        assert done.end() == 0 and done.said[-1]["frames"] == 120
        assert times(tmp_path / "out.mp4") == times(clip)
        routes = json.loads((work / "state.json").read_text())["routes"]
        assert sum(routes.values()) >= 120, "what ran before the pauses counts"

    def test_pictures_are_jobs_too(self, face: Path, tmp_path: Path) -> None:
        told = request(face, target=str(face), output=str(tmp_path / "out.png"))
        (tmp_path / "other.png").write_bytes(face.read_bytes())
        child = Child(tmp_path / "work", replace(told, source=(str(tmp_path / "other.png"),)))
        assert child.end() == 0 and (tmp_path / "out.png").exists()

    def test_what_is_wrong_is_said_in_words(self, face: Path, tmp_path: Path) -> None:
        child = Child(tmp_path / "work", request(face, target=str(tmp_path / "none.mp4")))
        assert child.end() == WRONG and "none.mp4" in child.said[-1]["error"]
        assert not (tmp_path / "out.mp4").exists()
