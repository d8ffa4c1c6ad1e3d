"""What came of a job: its counts, the facts of its output, and a progress that shows nothing."""

from pathlib import Path

import pytest

from stream.frame import Route
from stream.jobs.result import JobResult, output_facts, unseen
from stream.pipeline.misses import MissLog
from stream.telemetry.stats import StageTiming, Table


def test_frames_are_those_of_the_table_and_painted_those_of_the_account() -> None:
    table = Table({Route.FAST: StageTiming(2), Route.PASS: StageTiming(1)}, {}, wall=1.0)
    result = JobResult("out.mp4", True, table, MissLog(frames=1, painted=2))
    assert (result.frames, result.painted) == (3, 2)
    assert (result.notes, result.warnings, result.marks, result.happened) == ((), (), None, None)


def test_an_outputs_bytes_are_told_where_it_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"12345")
    path = str(tmp_path / "out.mp4")
    assert output_facts(path, 7) == {"path": path, "frames": 7, "bytes": 5}
    for elsewhere in ("-", "rtmp://127.0.0.1/live/key", str(tmp_path), str(tmp_path / "gone.mp4")):
        assert output_facts(elsewhere, 7)["bytes"] is None


def test_nobody_is_told_anything_where_nobody_follows(capsys: pytest.CaptureFixture[str]) -> None:
    with unseen(None) as progress:
        progress.tick()
        progress.say("a sentence")
    assert capsys.readouterr() == ("", "")
