"""A batch without networks: failing files, what is done already, stopping, exit codes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engines.errors import OutputError
from stream.frame import Done, Plan, Route
from stream.jobs.batch import BatchItem, BatchPlan, plan
from stream.jobs.batch_run import BatchResult, FileResult, FileState, Unfollowed, run_batch
from stream.jobs.job import SwapJob
from stream.jobs.picture import GAP
from stream.jobs.result import Follow
from stream.jobs.shared import BatchError
from stream.jobs.targets import find_targets
from stream.marks.layers import Marking
from stream.media.codecs import Encoding
from stream.media.still import read_image
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


def test_each_file_has_its_preview_and_its_report(made: BatchPlan, tmp_path: Path) -> None:
    targets = find_targets([str(tmp_path / "in")])
    more = plan(targets, tmp_path / "out", previews=tmp_path / "shots", reports=tmp_path / "told")
    result = run_batch(more, COMMON, fresh)
    assert states(result) == ["made", "failed", "made"]
    assert sorted(p.name for p in (tmp_path / "shots").iterdir()) == ["a.mp4.png", "c.mp4.png"]
    assert read_image(str(tmp_path / "shots" / "c.mp4.png")).shape == (64, 2 * 96 + GAP, 3)
    assert sorted(p.name for p in (tmp_path / "told").iterdir()) == ["a.mp4.json", "c.mp4.json"]
    told = json.loads((tmp_path / "told" / "c.mp4.json").read_text())
    assert len(told["frames"]) == 12 and told["output"]["path"] == str(tmp_path / "out" / "c.mp4")
    (tmp_path / "out" / "a.mp4").unlink()
    again = run_batch(more, COMMON, fresh, skip_done=True)
    assert states(again) == ["failed", "failed", "skipped"]
    assert again.files[0].why == f"{tmp_path / 'shots' / 'a.mp4.png'} exists; give -y to replace it"
    assert states(run_batch(more, COMMON, fresh, skip_done=True, overwrite=True))[0] == "made"


def test_a_preview_that_cannot_be_is_told_and_the_file_is_kept(made: BatchPlan, tmp_path: Path) -> None:
    more = plan(find_targets([str(tmp_path / "in" / "a.mp4")]), tmp_path / "out", previews=tmp_path / "shots")
    (one,) = run_batch(more, COMMON, stages(lambda _: Route.PASS).opener).files
    assert one.state is FileState.MADE and one.result is not None
    assert any("there is no preview" in words and "no face to paint" in words for words in one.result.warnings)
    assert (tmp_path / "out" / "a.mp4").exists() and not list((tmp_path / "shots").iterdir())


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
