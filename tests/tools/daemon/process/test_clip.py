"""Where a clip's work goes on, under which mark, and what of it may be used again."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import pytest

from engines.errors import UnderstudyError
from stream.jobs.job import SwapJob
from stream.marks.read import read_provenance
from stream.media.codecs import Encoding
from stream.media.source import open_source
from stream.pipeline.choices import Routing
from stream.pipeline.spec import SwapSpec
from tests.stream.clips import make
from tests.tools.commands import film, needs_models, portrait, times
from tools.daemon.files.fingerprint import Fingerprint
from tools.daemon.process.clip import WARM, ClipWork, resumed_source
from tools.daemon.process.reporter import Reporter
from tools.daemon.process.resume import KeptState
from tools.daemon.process.segments import finished

INPUTS = {"clip": Fingerprint(1, 2, "aa")}


def job_for(folder: Path, clip: Path) -> SwapJob:
    face = folder / "face.png"
    cv2.imwrite(str(face), portrait()[..., ::-1])
    spec = SwapSpec(source=((face,),), routing=Routing.FAST)
    return SwapJob(spec, str(clip), str(folder / "out.mp4"), Encoding(preset="ultrafast"))


def test_it_goes_on_a_little_before_what_is_missing(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.mp4", frames=200, rate=Fraction(25))
    job = SwapJob(SwapSpec(), str(clip), None)
    with open_source(str(clip), demuxer="mov") as source:
        base = source.info.time_base
        for last, first in ((None, Fraction(0)), (round(6 / base), 6 - WARM), (round(1 / base), Fraction(0))):
            with resumed_source(source, job, last) as again:
                assert again.trimmed and again.demuxer == "mov", "pieces begin at 0"
                assert next(again.frames()).pts * base == first
        late = replace(job, start=Fraction(5))
        with resumed_source(source, late, round(6 / base)) as again:
            assert next(again.frames()).pts * base == 5, "never before what was asked for"


@pytest.mark.timeout(300)  # processes with networks, on busy machines too
class TestWork:
    pytestmark = needs_models

    @pytest.fixture
    def job(self, tmp_path: Path) -> SwapJob:
        return job_for(tmp_path, film(tmp_path / "clip.mp4", 60, with_face=True))

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Iterator[Path]:
        (tmp_path / "job").mkdir()
        yield tmp_path / "job"

    def opened(self, job: SwapJob, folder: Path, stop: threading.Event | None = None) -> ClipWork:
        reporter, halt = Reporter(lambda _: None), stop or threading.Event()
        return ClipWork(job, "mov", folder, Fraction("0.4"), KeptState(folder), reporter, halt)

    def test_pieces_are_used_again_by_the_same_program_with_the_same_inputs(self, job: SwapJob, folder: Path) -> None:
        with closing(self.opened(job, folder)) as work:
            assert work.cut(INPUTS)
        made = [(p.path.name, p.path.stat().st_mtime_ns) for p in finished(folder)]
        assert len(made) == 5
        with closing(self.opened(job, folder)) as work:
            assert work.cut(INPUTS)
            work.join()
        assert [(p.path.name, p.path.stat().st_mtime_ns) for p in finished(folder)] == made
        assert job.output is not None and times(Path(job.output)) == times(Path(job.target))
        record = read_provenance(Path(job.output)).record
        assert record is not None and record.resumed == 1, "the signed record says that the work was broken off once"
        with closing(self.opened(job, folder)) as work:
            assert work.cut({"clip": Fingerprint(1, 2, "bb")})
            work.join()
        assert not {p.path.stat().st_mtime_ns for p in finished(folder)} & {at for _, at in made}
        record = read_provenance(Path(job.output)).record
        assert record is not None and record.resumed == 0, "it was begun anew"

    def test_an_output_has_one_mark_however_often_it_was_begun(self, job: SwapJob, folder: Path) -> None:
        sessions = set()
        for resumed in range(3):
            with closing(self.opened(job, folder)) as work:
                work.cut(INPUTS)
            state = KeptState(folder).value
            sessions.add(state.session)
            assert state.resumed == resumed and sum(state.account.routes.values()) == 60 == state.account.painted
        assert len(sessions) == 1 and None not in sessions

    def test_what_made_the_pieces_is_kept_with_them(self, job: SwapJob, folder: Path) -> None:
        with closing(self.opened(job, folder)) as work:
            work.cut(INPUTS)
        names = KeptState(folder).value.inputs.keys()
        assert {"clip", "version", "network face_landmark"} <= names

    def test_a_pause_keeps_what_is_finished(self, job: SwapJob, folder: Path) -> None:
        stop = threading.Event()
        stop.set()
        with closing(self.opened(job, folder, stop)) as work:
            assert not work.cut(INPUTS)

    def test_no_face_is_passed_over_in_silence(
        self, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        job = job_for(tmp_path, film(tmp_path / "grey.mp4", 20, with_face=False))
        with closing(self.opened(job, folder)) as work:
            assert work.cut(INPUTS)
            work.join()
        assert "no face was painted" in capsys.readouterr().out
        strict = replace(job, spec=replace(job.spec, strict_faces=True))
        with closing(self.opened(strict, folder)) as work:
            assert work.cut(INPUTS)
            with pytest.raises(UnderstudyError, match="strict-faces"):
                work.join()
