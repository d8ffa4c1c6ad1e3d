"""The report: its exact shape, streaming, and what is left behind when a run fails."""

import json
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from engines.errors import OutputError
from engines.values import Box, Face
from stream.frame import FaceTrack, Frame, Plan, Route, Scene
from stream.picture import Picture
from stream.telemetry.report import Report, frame_row, quantiles
from stream.telemetry.stats import StageTiming, Table
from tests.tools.daemon.disks import no_writes

TABLE = Table({Route.FAST: StageTiming(2, 0.02)}, {"paint": StageTiming(2, 0.02, 0.0101234, 0.012, 0.013)}, wall=4.0)


def plan(index: int, *tracks: FaceTrack) -> Plan:
    frame = Frame(index, 512 * index, Fraction(1, 12800), cast(Picture, None), 0.0)
    return Plan(Scene(frame, tracks), (Route.FAST,) * len(tracks))


def track(id: int, box: Box, score: float) -> FaceTrack:
    return FaceTrack(id, Face(box, np.zeros((6, 2), np.float32), np.zeros((468, 3), np.float32), score), source=0)


def test_the_report_has_exactly_the_promised_shape(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    report = Report(path)
    report.add(plan(0))
    report.add(plan(1, track(7, Box(1.04, 2.0, 30.55, 40.0), float(np.float32(0.9)))))
    assert not path.exists(), "nothing stands under the final name before it is whole"
    report.finish(TABLE, {"path": "in.mp4"}, {"path": "out.mp4"}, consent={"at": "today"}, models=[])
    assert json.loads(path.read_text()) == {
        "frames": [
            {"index": 0, "pts": 0, "route": "pass", "tracks": []},
            {
                "index": 1,
                "pts": 512,
                "route": "fast",
                "tracks": [{"id": 7, "box": [1.0, 2.0, 30.6, 40.0], "score": 0.9}],
            },
        ],
        "routes": {"fast": {"count": 2, "share": 1.0, "mean_ms": 10.0}},
        "stages": {"paint": {"count": 2, "p50_ms": 10.123, "p95_ms": 12.0, "p99_ms": 13.0}},
        "fps": 0.5,
        "wall_s": 4.0,
        "input": {"path": "in.mp4"},
        "output": {"path": "out.mp4"},
        "consent": {"at": "today"},
        "models": [],
    }
    assert list(tmp_path.iterdir()) == [path]


def test_the_profilers_routes_are_told(tmp_path: Path) -> None:
    routes = {Route.FAST: StageTiming(800, 4.0), Route.XSEG: StageTiming(150, 1.5), Route.REFINE: StageTiming(50, 1.25)}
    report = Report(tmp_path / "run.json")
    report.finish(Table(routes, {}, 10.0), {}, {})
    assert json.loads((tmp_path / "run.json").read_text())["routes"] == {
        "fast": {"count": 800, "share": 0.8, "mean_ms": 5.0},
        "xseg": {"count": 150, "share": 0.15, "mean_ms": 10.0},
        "refine": {"count": 50, "share": 0.05, "mean_ms": 25.0},
    }


def test_a_report_without_frames_is_whole_json(tmp_path: Path) -> None:
    report = Report(tmp_path / "run.json")
    report.finish(Table({}, {}, 1.0), {}, {})
    assert json.loads((tmp_path / "run.json").read_text())["frames"] == []


def test_numbers_of_numpy_are_told_as_numbers() -> None:
    box = Box(*(np.float32(v) for v in (1.0, 2.0, 3.0, 4.0)))  # type: ignore[arg-type]
    row = frame_row(plan(0, track(1, box, np.float32(0.5))))  # type: ignore[arg-type]
    assert json.loads(json.dumps(row))["tracks"] == [{"id": 1, "box": [1.0, 2.0, 3.0, 4.0], "score": 0.5}]


def test_rows_reach_the_disk_as_they_come(tmp_path: Path) -> None:
    report = Report(tmp_path / "run.json")
    for index in range(5000):
        report.add(plan(index))
    (partial,) = tmp_path.glob("run.*.part.json")
    assert partial.stat().st_size > 200_000
    report.abandon()


def test_abandoning_leaves_nothing_behind_and_may_follow_anything(tmp_path: Path) -> None:
    report = Report(tmp_path / "run.json")
    report.add(plan(0))
    report.abandon()
    report.abandon()
    assert list(tmp_path.iterdir()) == []
    whole = Report(tmp_path / "whole.json")
    whole.finish(TABLE, {}, {})
    whole.abandon()
    assert list(tmp_path.iterdir()) == [tmp_path / "whole.json"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"no folder .*nowhere"):
        Report(tmp_path / "nowhere" / "run.json")


def test_a_name_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()
    with pytest.raises(OutputError, match=r"run\.json is a folder; give a file name in it"):
        Report(tmp_path / "run.json")


def test_a_disk_that_takes_no_more_is_told(tmp_path: Path) -> None:
    report = Report(tmp_path / "run.json")
    full = r"cannot write the report .*run\.json: .+; make room"
    with no_writes():
        with pytest.raises(OutputError, match=full):
            for index in range(1000):
                report.add(plan(index))
        with pytest.raises(OutputError, match=full):
            report.finish(TABLE, {}, {})
    report.abandon()
    assert list(tmp_path.iterdir()) == []


def test_quantiles_are_milliseconds() -> None:
    assert quantiles(StageTiming(1, 1.0, 0.001, 0.0025, 1.5)) == {"p50_ms": 1.0, "p95_ms": 2.5, "p99_ms": 1500.0}
