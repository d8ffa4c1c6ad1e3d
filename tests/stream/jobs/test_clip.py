"""A clip from file to file without networks: order, reports, failure, stopping, what is said of both ends."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from engines.errors import OutputError
from stream.frame import Done, Plan, Route
from stream.jobs.clip import input_facts, swap_clip
from stream.jobs.job import SwapJob
from stream.jobs.result import Progress, output_facts
from stream.marks.layers import Marking
from stream.media.codecs import Encoding
from stream.media.source import open_source
from stream.pipeline.spec import SwapSpec
from tests.stream import clips
from tests.stream.jobs.stages import stages

UNMARKED = Marking(False, False, "a test of the journey itself")


def job(folder: Path, frames: int = 20, report: Path | None = None) -> SwapJob:
    target = clips.make(folder / "in.mp4", frames=frames, audio="aac")
    spec, output = SwapSpec(((folder / "face.png",),)), str(folder / "out.mp4")
    return SwapJob(spec, str(target), output, Encoding(threads=1), report=report, marking=UNMARKED)


def route(index: int) -> Route:
    return (Route.FAST, Route.REFINE, Route.PASS, Route.XSEG)[index % 4]


class Heard:
    """A progress that keeps what it hears."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.ticks, self.said = 0, list[str]()

    def tick(self) -> None:
        self.ticks += 1

    def say(self, text: str) -> None:
        self.said.append(text)

    @contextmanager
    def follow(self, frames: int | None) -> Iterator[Progress]:
        self.total = frames
        yield self


def test_a_clip_goes_through_and_is_told(tmp_path: Path) -> None:
    heard, it = Heard(), job(tmp_path, report=tmp_path / "report.json")
    result = swap_clip(it, heard.follow, opener=stages(route, notes=("a note of the networks",)).opener)
    assert clips.seconds(tmp_path / "out.mp4") == clips.seconds(tmp_path / "in.mp4")
    assert (result.whole, result.frames, result.painted) == (True, 20, 15)
    assert result.marks == "not marked: a test of the journey itself"
    assert "a note of the networks" in result.notes
    assert (heard.total, heard.ticks) == (20, 20)
    assert "note: a note of the networks" in heard.said
    report = json.loads((tmp_path / "report.json").read_text())
    assert [f["route"] for f in report["frames"]] == [route(i).value for i in range(20)]
    assert report["output"]["frames"] == 20
    assert report["models"] == []
    assert report["marking"]["because"] == "a test of the journey itself"


def test_nothing_is_said_or_printed_where_nobody_follows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert swap_clip(job(tmp_path), opener=stages().opener).whole
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


def test_a_failing_stage_leaves_nothing_under_the_final_names(tmp_path: Path) -> None:
    known = stages()

    def fail(plan: Plan) -> Done:
        if plan.scene.frame.index == 9:
            raise OutputError("out of colour")
        return known.stages.paints[0](plan)

    it = job(tmp_path, report=tmp_path / "report.json")
    with pytest.raises(OutputError, match="out of colour"):
        swap_clip(it, opener=known.painting(fail).opener)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4", "journal.jsonl"]


def test_stopping_keeps_what_was_made(tmp_path: Path) -> None:
    """At frame 12 of 400: the file is finished with the frames in flight."""
    known, stop = stages(), threading.Event()

    def paint(plan: Plan) -> Done:
        if plan.scene.frame.index == 12:
            stop.set()
        return known.stages.paints[0](plan)

    result = swap_clip(job(tmp_path, 400), stop=stop, opener=known.painting(paint).opener)
    kept = len(clips.seconds(tmp_path / "out.mp4"))
    assert 12 < kept < 390
    assert (result.whole, result.frames) == (False, kept)


def test_stopping_before_the_first_frame_leaves_no_output(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    result = swap_clip(job(tmp_path), stop=stop, opener=stages().opener)
    assert (result.whole, result.frames, result.marks) == (False, 0, None)
    assert not (tmp_path / "out.mp4").exists()


def test_what_is_said_of_the_input(tmp_path: Path) -> None:
    made = clips.make(
        tmp_path / "a.mp4", frames=25, size=(96, 64), rate=Fraction(30000, 1001), rotation=90, audio="aac"
    )
    with open_source(str(made)) as source:
        facts = input_facts(source.info)
    assert facts["path"] == str(made)
    assert (facts["width"], facts["height"], facts["rotation"]) == (64, 96, 90)
    assert (facts["mirrored"], facts["aspect"]) == (False, None)
    assert facts["fps"] == 29.97
    assert facts["pix_fmt"] == "yuv420p"
    assert facts["codec"] == "h264"
    assert facts["duration_s"] == pytest.approx(25 * 1001 / 30000, abs=0.05)
    json.dumps(facts)


def test_what_is_said_of_the_output(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"12345")
    assert output_facts(str(tmp_path / "a.mp4"), 7) == {"path": str(tmp_path / "a.mp4"), "frames": 7, "bytes": 5}
    assert output_facts("-", 7)["bytes"] is None
