"""What an operator's monitoring reads: counted by stage, route and fate; nobody is named."""

import json
from pathlib import Path

import pytest

pytest.importorskip("prometheus_client", reason="serving needs prometheus-client")

from prometheus_client.parser import text_string_to_metric_families

from stream.frame import Route
from stream.telemetry.metrics import Codecs, Metered, Metrics
from stream.telemetry.trace import Tracer


class Clock:
    def __init__(self) -> None:
        self.now = 10.0

    def __call__(self) -> float:
        return self.now


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}


def test_stages_are_counted_for_the_process_and_for_the_session() -> None:
    metrics, clock = Metrics(), Clock()
    one, two = (Metered(metrics, clock=clock) for _ in range(2))
    one.add("paint", 0.004)
    one.add("paint", 0.02)
    two.add("paint", 0.3)
    found = samples(metrics)
    paint = (("stage", "paint"),)
    assert found["understudy_stage_seconds_count", paint] == 3
    assert found["understudy_stage_seconds_sum", paint] == pytest.approx(0.324)
    assert found["understudy_stage_seconds_bucket", (("le", "0.005"), *paint)] == 1
    assert found["understudy_stage_seconds_bucket", (("le", "0.25"), *paint)] == 2
    assert one.table().stages["paint"].count == 2
    assert two.table().stages["paint"].count == 1


def test_a_timed_block_counts_its_own_time() -> None:
    metrics, clock = Metrics(), Clock()
    stats = Metered(metrics, clock=clock)
    with stats.time("perceive"):
        clock.now += 0.25
    assert samples(metrics)["understudy_stage_seconds_sum", (("stage", "perceive"),)] == pytest.approx(0.25)


def test_routes_are_counted_by_their_names() -> None:
    metrics = Metrics()
    stats = Metered(metrics)
    for route in (Route.FAST, Route.FAST, Route.XSEG):
        stats.routed(route, 0.01)
    found = samples(metrics)
    assert found["understudy_route_seconds_count", (("route", "fast"),)] == 2
    assert found["understudy_route_seconds_count", (("route", "xseg"),)] == 1
    assert stats.table().routes[Route.FAST].count == 2


def test_the_trace_has_the_sessions_row_and_the_frames_number(tmp_path: Path) -> None:
    clock = Clock()
    tracer = Tracer(tmp_path / "trace.json", clock)
    stats = Metered(Metrics(), tracer, lane=3, clock=clock)
    stats.frame = 17
    stats.add("paint", 0.5)
    tracer.close()
    (event,) = json.loads((tmp_path / "trace.json").read_text())
    assert (event["name"], event["tid"], event["args"]) == ("paint", 3, {"frame": 17})
    assert (event["ts"], event["dur"]) == (9_500_000, 500_000), "it began before it was told of"


def test_what_codecs_lose_is_a_drop() -> None:
    metrics = Metrics()
    codecs = Codecs(metrics)
    codecs.lost()
    codecs.coded("decode video", 1.0, 1.02, 9000)
    found = samples(metrics)
    assert found["understudy_drops_total", (("reason", "lost"),)] == 1
    assert found["understudy_stage_seconds_sum", (("stage", "decode video"),)] == pytest.approx(0.02)


def test_two_processes_figures_do_not_mix() -> None:
    """Each has a registry of its own: a test or a second house does not count into the first."""
    one, two = Metrics(), Metrics()
    one.sessions.set(4)
    assert samples(two)["understudy_sessions", ()] == 0
