"""A clip from file to file without networks: codes, interruption, what is told, what is left."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from engines.errors import OutputError
from stream.frame import Done, Plan, Route
from stream.marks.layers import Marking
from tests.stream import clips
from tests.tools.stages import stages
from tools.cli.progress import open_progress
from tools.swap import clip
from tools.swap.cast import Cast
from tools.swap.job import SwapJob

UNMARKED = Marking(False, False, "a test of the journey itself")


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_JOURNAL", str(tmp_path / "journal.jsonl"))


def casting(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def open_(job: SwapJob) -> Iterator[Cast]:
        yield cast

    monkeypatch.setattr(clip, "open_cast", open_)


def job(folder: Path, frames: int = 20, **more: object) -> SwapJob:
    target = clips.make(folder / "in.mp4", frames=frames, audio="aac")
    return SwapJob(
        ((folder / "face.png",),),
        str(target),
        str(folder / "out.mp4"),
        marking=UNMARKED,
        threads=1,
        **more,  # type: ignore[arg-type]
    )


def route(index: int) -> Route:
    return (Route.FAST, Route.REFINE, Route.PASS, Route.XSEG)[index % 4]


def test_a_clip_goes_through_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    casting(stages(route, notes=("a note of the cast",)), monkeypatch)
    it = job(tmp_path, report=tmp_path / "report.json")
    assert clip.swap_clip(it, str(tmp_path / "out.mp4")) == 0
    assert clips.seconds(tmp_path / "out.mp4") == clips.seconds(tmp_path / "in.mp4")
    said = capsys.readouterr()
    assert "wrote" in said.out
    assert "20 frames in" in said.out
    assert "not marked: a test of the journey itself" in said.out
    assert "note: a note of the cast" in said.err
    report = json.loads((tmp_path / "report.json").read_text())
    assert [f["route"] for f in report["frames"]] == [route(i).value for i in range(20)]
    assert report["output"]["frames"] == 20
    assert report["models"] == []
    assert report["marking"]["because"] == "a test of the journey itself"


def test_quiet_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    casting(stages(), monkeypatch)
    assert clip.swap_clip(job(tmp_path, quiet=True), str(tmp_path / "out.mp4")) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


def test_a_failing_stage_leaves_nothing_under_the_final_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = stages()

    def fail(plan: Plan) -> Done:
        if plan.scene.frame.index == 9:
            raise OutputError("out of colour")
        return cast.paint(plan)

    casting(Cast(cast.perceive, cast.route, fail, cast.refine), monkeypatch)
    it = job(tmp_path, quiet=True, report=tmp_path / "report.json")
    with pytest.raises(OutputError, match="out of colour"):
        clip.swap_clip(it, str(tmp_path / "out.mp4"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4", "journal.jsonl"]


def test_the_first_interruption_keeps_what_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C at frame 12 of 400: the file is finished with the frames in flight, and the code says so."""
    cast = stages()

    def paint(plan: Plan) -> Done:
        if plan.scene.frame.index == 12:
            os.kill(os.getpid(), signal.SIGINT)
        return cast.paint(plan)

    casting(Cast(cast.perceive, cast.route, paint, cast.refine), monkeypatch)
    assert clip.swap_clip(job(tmp_path, 400), str(tmp_path / "out.mp4")) == 130
    kept = len(clips.seconds(tmp_path / "out.mp4"))
    assert 12 < kept < 390
    said = capsys.readouterr()
    assert f"stopped early: the first {kept} frames are in" in " ".join(said.out.split())
    assert "Ctrl-C again to drop it" in " ".join(said.err.split())


def test_the_second_interruption_ends_all_and_the_usual_handler_comes_back() -> None:
    before, stop = signal.getsignal(signal.SIGINT), threading.Event()
    with open_progress(None, quiet=True) as progress, clip.interruptible(stop, progress):
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_that_is_not_the_main_one_leaves_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with open_progress(None, quiet=True) as progress, clip.interruptible(threading.Event(), progress):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


def test_what_is_said_of_the_input(tmp_path: Path) -> None:
    from stream.media.source import open_source

    made = clips.make(
        tmp_path / "a.mp4", frames=25, size=(96, 64), rate=Fraction(30000, 1001), rotation=90, audio="aac"
    )
    with open_source(str(made)) as source:
        facts = clip.input_facts(source.info)
    assert facts["path"] == str(made)
    assert (facts["width"], facts["height"], facts["rotation"]) == (64, 96, 90)
    assert facts["fps"] == 29.97
    assert facts["pix_fmt"] == "yuv420p"
    assert facts["codec"] == "h264"
    assert facts["duration_s"] == pytest.approx(25 * 1001 / 30000, abs=0.05)
    json.dumps(facts)


def test_what_is_said_of_the_output(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"12345")
    assert clip.output_facts(str(tmp_path / "a.mp4"), 7) == {"path": str(tmp_path / "a.mp4"), "frames": 7, "bytes": 5}
    assert clip.output_facts("-", 7)["bytes"] is None
    assert clip._kept(0, "o.mp4") == "before the first frame; there is no o.mp4"
    assert clip._kept(3, "o.mp4") == "the first 3 frames are in o.mp4"
