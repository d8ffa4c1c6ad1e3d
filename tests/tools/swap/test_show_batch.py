"""A batch on the terminal: which file of how many, the summary, what failed, and the exit code."""

import os
import signal
from pathlib import Path

import pytest

from stream.frame import Done, Plan
from stream.jobs.batch import BatchPlan, plan
from stream.jobs.job import SwapJob
from stream.jobs.targets import find_targets
from stream.marks.layers import Marking
from stream.media.codecs import Encoding
from stream.pipeline.spec import SwapSpec
from tests.stream import clips
from tests.stream.jobs.stages import fresh, stages
from tools.swap import show_batch

COMMON = SwapJob(SwapSpec(), "", None, Encoding(threads=1), marking=Marking(False, False, "a test of batches"))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BatchPlan:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for name in ("a[b].mp4", "c.mp4"):
        clips.make(Path("in") / name, frames=12)
    Path("in/d.mp4").write_text("dear diary\n" * 20)
    return plan(find_targets(["in"]), Path("out"))


def test_progress_summary_and_failures_are_told(made: BatchPlan, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_batch.run(made, COMMON, False, False, False, fresh) == 1
    said = capsys.readouterr()
    assert "file 1 of 3: a[b].mp4" in said.err and f"wrote {Path('out/c.mp4')}" in said.err
    rows = [line.split() for line in said.out.splitlines()]
    assert rows[0] == ["file", "frames", "painted", "missed", "speed", "result"]
    assert rows[1][:4] == ["in/a[b].mp4", "12", "12", "0"] and rows[1][-1] == "made"
    assert rows[3] == ["in/d.mp4", "failed"]
    assert "2 of 3 files made, 1 failed; 24 frames in" in said.out
    assert said.err.splitlines()[-1].startswith("failed: in/d.mp4: cannot read in/d.mp4: it is a text file")


def test_quiet_tells_failures_only(made: BatchPlan, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_batch.run(made, COMMON, True, False, False, fresh) == 1
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1


def test_ctrl_c_finishes_the_file_at_work_and_lists_what_was_not_begun(
    made: BatchPlan, capsys: pytest.CaptureFixture[str]
) -> None:
    known = stages()

    def paint(plan: Plan) -> Done:
        if plan.scene.frame.index == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return known.stages.paints[0](plan)

    before = signal.getsignal(signal.SIGINT)
    assert show_batch.run(made, COMMON, False, False, False, known.painting(paint).opener) == 130
    said = capsys.readouterr()
    assert "Ctrl-C again to drop it" in said.err
    assert said.err.splitlines()[-2:] == ["not begun: in/c.mp4", "not begun: in/d.mp4"]
    assert Path("out").exists() and signal.getsignal(signal.SIGINT) is before
