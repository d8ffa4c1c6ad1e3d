"""The benchmark's figures, by value; and its `loop` transport for real."""

import json

import numpy as np
import pytest

from engines.errors import UnderstudyError
from tools.bench.live.command import parse_size, render
from tools.bench.live.figures import PIECES, Process, Sight, as_json, drops, quantiles, slope, stops, unwrap


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
    assert drops(one) == 2 and stops(one) == []
    gap = sights(missing=frozenset(range(50, 54)))
    assert drops(gap) == 4
    assert stops(gap) == [{"at_s": round(49 / 30, 3), "ms": 166.7, "skipped": 4, "delay_ms": 30.0}]
    assert drops([]) == 0 and stops([]) == []


def test_a_growing_delay_shows() -> None:
    assert slope(sights(900, rise=0.001)) == pytest.approx((60.0, 0.0), abs=0.1)
    assert slope(sights(900)) == (0.0, 0.0)


def test_a_slope_is_known_as_well_as_the_delays_allow() -> None:
    """Delays that come and go by 8 ms over seconds: no slope is found, and the noise says so; a real one stands out."""
    rng = np.random.default_rng(1)
    wander = np.repeat(rng.normal(0, 0.004, 200), 90)
    seen = [Sight(i, i / 30, 0.03 + float(wander[i])) for i in range(18_000)]
    rise, noise = slope(seen)
    assert abs(rise) <= noise < 1.0
    grown = [Sight(s.number, s.at, s.delay + 0.003 * s.at / 60) for s in seen]
    found, same = slope(grown)
    assert found == pytest.approx(rise + 3.0, abs=0.05) and found > 2 * same
    assert slope(seen[: 3 * PIECES - 1]) == slope(seen[:590]) == (0.0, float("inf"))


def test_the_report_has_the_fields_that_were_asked_for() -> None:
    others = {"viewer": Process(0.1, 80)}
    found = as_json(
        [sights(900, delay=0.030)], sights(delay=0.012), 0.004, Process(0.8, 300, 280, 287, 3), others, [0.001, 0.002]
    )
    assert found["glass_to_glass"]["p50_ms"] == 30.0 and found["swap_added"] == {"p50_ms": 18.0, "p95_ms": 18.0}
    assert (found["drops"], found["freezes"], found["av_skew_ms"], found["cpu"]) == (0, 0, 4.0, 0.8)
    assert found["peak_mb"] == 300 and found["memory_growth"] == pytest.approx(0.025)
    assert found["faults"] == {"server": 3, "viewer": 0} and found["machine_late_ms"]["max_ms"] == 2.0
    json.dumps(found, allow_nan=False)
    for words in ("p50 30.0", "swap added      p50 18.0", "memory grew by 2.5 %", "0.00 ms a minute (known to 0.00)"):
        assert words in render(found)
    late = as_json([sights()], sights(missing=frozenset(range(9, 14))), None, Process(0.8, 300), {})
    assert (late["freezes"], late["freezes_bare"]) == (0, 1) and "freezes 0 (without the swap 1)" in render(late)
    short = as_json([sights(30)], [], None, Process(0.8, 300, 280, 287), {})
    json.dumps(short, allow_nan=False)
    assert short["delay_slope_noise_ms_per_min"] is None and "the run is too short" in render(short)


def test_sizes_are_checked() -> None:
    assert parse_size("1280x720") == (1280, 720)
    for text in ("1280", "1281x720", "axb", "320x240"):
        with pytest.raises(UnderstudyError):
            parse_size(text)
