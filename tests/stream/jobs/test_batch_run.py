"""A batch without networks: failing files, what is done already, stopping, exit codes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engines.errors import OutputError
from stream.frame import Done, Plan
from stream.jobs.batch import BatchItem, BatchPlan, plan
from stream.jobs.batch_run import BatchResult, FileResult, FileState, Unfollowed, run_batch
from stream.jobs.job import SwapJob
from stream.jobs.result import Follow
from stream.jobs.shared import BatchError
from stream.jobs.targets import find_targets
from stream.marks.layers import Marking
from stream.media.codecs import Encoding
from stream.pipeline.spec import SwapSpec
from stream.pipeline.stages import Opened
from tests.stream import clips
from tests.stream.jobs.stages import fresh, stages

COMMON = SwapJob(SwapSpec(), "", None, Encoding(threads=1), marking=Marking(False, False, "a test of batches"))


@pytest.fixture
def made(tmp_path: Path) -> BatchPlan:
    """Of `a.mp4`, `b.mp4`, which is text, and `c.mp4`."""
    (tmp_path / "in").mkdir()
    for name in ("a.mp4", "c.mp4"):
        clips.make(tmp_path / "in" / name, frames=12)
    (tmp_path / "in" / "b.mp4").write_text("dear diary\n" * 20)
    return plan(find_targets([str(tmp_path / "in")]), tmp_path / "out")


class Heard(Unfollowed):
    def __init__(self) -> None:
        self.begun, self.ended = list[tuple[int, int, str]](), list[FileState]()

    def begin(self, number: int, total: int, item: BatchItem) -> Follow:
        self.begun.append((number, total, item.target.name))
        return super().begin(number, total, item)

    def end(self, result: FileResult) -> None:
        self.ended.append(result.state)


def states(result: BatchResult) -> list[str]:
    return [file.state.value for file in result.files]


def test_a_file_that_fails_does_not_stop_the_rest(made: BatchPlan, tmp_path: Path) -> None:
    heard = Heard()
    result = run_batch(made, COMMON, fresh, heard)
    assert states(result) == ["made", "failed", "made"] and result.exit_code == 1
    assert heard.begun == [(1, 3, "a.mp4"), (2, 3, "b.mp4"), (3, 3, "c.mp4")]
    assert [state.value for state in heard.ended] == states(result)
    assert "text file" in result.files[1].why
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.mp4", "c.mp4"]
    assert clips.seconds(tmp_path / "out" / "c.mp4") == clips.seconds(tmp_path / "in" / "c.mp4")


def test_what_is_done_is_skipped_and_what_is_there_is_replaced_only_when_asked(made: BatchPlan, tmp_path: Path) -> None:
    run_batch(made, COMMON, fresh)
    (tmp_path / "in" / "b.mp4").unlink()
    clips.make(tmp_path / "in" / "b.mp4", frames=12)
    (tmp_path / "out" / "c.mp4").write_bytes(b"broken")
    again = run_batch(made, COMMON, fresh, skip_done=True)
    assert states(again) == ["skipped", "made", "failed"]
    assert again.files[2].why.endswith("c.mp4 exists and is altered or broken; give -y to replace it")
    assert states(run_batch(made, COMMON, fresh)) == ["failed"] * 3
    assert states(run_batch(made, COMMON, fresh, skip_done=True, overwrite=True)) == ["skipped"] * 2 + ["made"]
    assert run_batch(made, COMMON, fresh, overwrite=True).exit_code == 0


def test_stopping_finishes_the_file_at_work_and_lists_the_rest(made: BatchPlan) -> None:
    known, stop = stages(), threading.Event()

    def paint(plan: Plan) -> Done:
        stop.set()
        return known.stages.paints[0](plan)

    result = run_batch(made, COMMON, known.painting(paint).opener, stop=stop)
    assert states(result)[1:] == ["not begun", "not begun"] and result.exit_code == 130
    assert states(result)[0] in ("made", "stopped"), "it may have been shorter than what was in flight"


def test_a_second_wish_to_stop_drops_the_file_at_work(made: BatchPlan, tmp_path: Path) -> None:
    @contextmanager
    def interrupted(_: SwapSpec) -> Iterator[Opened]:
        raise KeyboardInterrupt
        yield stages()

    result = run_batch(made, COMMON, interrupted)
    assert states(result) == ["stopped", "not begun", "not begun"]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_fault_of_the_program_ends_one_file_and_is_logged(made: BatchPlan, caplog: pytest.LogCaptureFixture) -> None:
    known, calls = stages(), list[int]()

    @contextmanager
    def faulty(spec: SwapSpec) -> Iterator[Opened]:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError("by nothing")
        yield known

    result = run_batch(made, COMMON, faulty)
    assert states(result) == ["failed", "failed", "made"]
    assert result.files[0].why == "a fault of this program: ZeroDivisionError: by nothing"
    assert "a.mp4 failed" in caplog.text


def test_nothing_is_begun_where_the_plan_is_wrong_and_all_ends_where_networks_cannot_be_opened(
    made: BatchPlan, tmp_path: Path
) -> None:
    @contextmanager
    def closed(_: SwapSpec) -> Iterator[Opened]:
        raise BatchError("no face in face.jpg")
        yield stages()

    with pytest.raises(BatchError, match="no face"):
        run_batch(made, COMMON, closed)
    with pytest.raises(OutputError, match="both become"):
        run_batch(BatchPlan(made.items, (), ("a and b would both become c",)), COMMON, fresh)
    assert list((tmp_path / "out").iterdir()) == []


def test_nothing_done_at_all_is_told_from_a_part(made: BatchPlan) -> None:
    one, two = (FileResult(item, FileState.FAILED) for item in made.items[:2])
    assert BatchResult((one, two)).exit_code == 2
    assert BatchResult((one, FileResult(made.items[2], FileState.SKIPPED))).exit_code == 1
    assert BatchResult(()).exit_code == 0
