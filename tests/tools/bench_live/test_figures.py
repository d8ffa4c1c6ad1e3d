"""The benchmark's figures, by value; and its `loop` transport for real."""

import json
from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from tools.bench_live.command import parse_size, told
from tools.bench_live.figures import Process, Sight, as_json, drops, freezes, quantiles, slope, unwrap


def sights(
    count: int = 300, delay: float = 0.030, rise: float = 0.0, missing: frozenset[int] = frozenset()
) -> list[Sight]:
    return [Sight(i, i / 30, delay + rise * i / 30) for i in range(count) if i not in missing]


def test_quantiles_are_milliseconds() -> None:
    found = quantiles([i / 1000 for i in range(101)])
    assert found == {"p50_ms": 50.0, "p95_ms": 95.0, "p99_ms": 99.0, "max_ms": 100.0}
    assert quantiles([])["max_ms"] == 0.0


def test_numbers_are_unwrapped() -> None:
    assert unwrap([65_534, 65_535, 1, 0, 2]) == [65_534, 65_535, 65_537, 65_536, 65_538]
    assert unwrap([]) == []


def test_drops_and_freezes_are_told_apart() -> None:
    one = sights(missing=frozenset({50, 90}))
    assert drops(one) == 2 and freezes(one) == 0
    gap = sights(missing=frozenset(range(50, 54)))
    assert drops(gap) == 4 and freezes(gap) == 1
    assert drops([]) == freezes([]) == 0


def test_a_growing_delay_shows() -> None:
    assert slope(sights(rise=0.001)) == pytest.approx(60.0, rel=0.01)
    assert abs(slope(sights())) < 1e-9


def test_the_report_has_the_fields_that_were_asked_for() -> None:
    found = as_json([sights(delay=0.030)], sights(delay=0.012), 0.004, Process(0.8, 300, 280, 287), {})
    assert found["glass_to_glass"]["p50_ms"] == 30.0 and found["swap_added"] == {"p50_ms": 18.0, "p95_ms": 18.0}
    assert (found["drops"], found["freezes"], found["av_skew_ms"], found["cpu"]) == (0, 0, 4.0, 0.8)
    assert found["peak_mb"] == 300 and found["memory_growth"] == pytest.approx(0.025)
    json.dumps(found)
    assert "p50 30.0" in told(found) and "swap added      p50 18.0" in told(found)


def test_sizes_are_checked() -> None:
    assert parse_size("1280x720") == (1280, 720)
    for text in ("1280", "1281x720", "axb", "320x240"):
        with pytest.raises(UnderstudyError):
            parse_size(text)


def test_the_loop_transport_runs_for_real(tmp_path: Path) -> None:
    from tests.stream.clips import make  # a clip made here
    from tools.bench_live.loop import measure
    from tools.bench_live.measure import Run

    clip = tmp_path / "c.mp4"
    make(clip, size=(640, 480))
    result = measure(Run(clip, clip, (640, 480), 30, 1.0, settle=0.5), bare=True)
    (seen,) = result.sights
    assert len(seen) > 15 and result.unread == 0 and drops(seen) + len(seen) <= 40
    assert 0 <= seen[-1].delay < 0.5
