"""The trace: valid JSON when closed, readable when cut short, bounded."""

import json
from pathlib import Path

import pytest

from engines.errors import OutputError
from stream.telemetry import trace
from stream.telemetry.metrics import Metered, Metrics
from stream.telemetry.trace import Tracer


def test_a_frames_way_can_be_read(tmp_path: Path) -> None:
    path, now = tmp_path / "t.json", [1.0]
    tracer = Tracer(path, lambda: now[0])
    tracer.name(1, "session 1")
    tracer.mark("came", 1, frame=7)
    tracer.span("paint", 1, 1.25, 0.010, frame=7)
    tracer.close()
    tracer.close()
    names, came, paint = json.loads(path.read_text())
    assert names["ph"] == "M" and names["args"] == {"name": "session 1"}
    assert (came["ph"], came["ts"], came["args"]) == ("i", 1_000_000, {"frame": 7})
    assert (paint["ts"], paint["dur"], paint["tid"], paint["name"]) == (1_250_000, 10_000, 1, "paint")


def test_it_is_flushed_every_second(tmp_path: Path) -> None:
    path, now = tmp_path / "t.json", [0.0]
    tracer = Tracer(path, lambda: now[0])
    tracer.mark("a", 0, frame=0)
    now[0] = 1.5
    tracer.mark("b", 0, frame=1)
    assert len(json.loads(path.read_text() + "]")) == 2
    tracer.close()


def test_it_ends_at_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "MOST", 5)
    tracer = Tracer(tmp_path / "t.json")
    for i in range(9):
        tracer.mark("x", 0, frame=i)
    tracer.close()
    assert len(json.loads((tmp_path / "t.json").read_text())) == 5


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="trace"):
        Tracer(tmp_path / "none" / "t.json")


def test_stages_reach_metrics_and_trace(tmp_path: Path) -> None:
    now = [5.0]
    metrics, tracer = Metrics(), Tracer(tmp_path / "t.json", lambda: now[0])
    stats = Metered(metrics, tracer, 3, clock=lambda: now[0])
    stats.frame = 12
    with stats.time("perceive"):
        now[0] += 0.004
    stats.routed("fast", 0.009)
    tracer.close()
    (event,) = json.loads((tmp_path / "t.json").read_text())
    assert (event["name"], event["ts"], event["dur"], event["args"]["frame"]) == ("perceive", 5_000_000, 4000, 12)
    text = metrics.text().decode()
    assert 'understudy_stage_seconds_bucket{le="0.005",stage="perceive"} 1.0' in text
    assert 'understudy_stage_seconds_bucket{le="0.002",stage="perceive"} 0.0' in text
    assert 'understudy_route_seconds_count{route="fast"} 1.0' in text
    assert stats.table().stages["perceive"].count == 1
