"""Figures: what a receiver saw, as the benchmark's JSON. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

FREEZE = 0.1  # seconds between two shown frames that a viewer sees as a stop
PIECES, LEAST = 20, 20.0  # pieces of a run, and seconds of it at least, for the slope of its delay


@dataclass(frozen=True, slots=True)
class Sight:
    """One frame as shown. number: the sender's. at: the viewer's clock. delay: seconds since the camera."""

    number: int
    at: float
    delay: float


@dataclass(frozen=True, slots=True)
class Process:
    """What a process used over the run. cores: mean. start_mb: resident memory after warming up, end_mb: at the end.
    faults: pages that had to be read from disk, for each of which it stood still."""

    cores: float
    peak_mb: float
    start_mb: float = 0.0
    end_mb: float = 0.0
    faults: int = 0


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    values = 1000 * np.asarray(seconds or [0.0])
    p50, p95, p99 = np.percentile(values, [50, 95, 99])
    pairs = {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "max_ms": values.max()}
    return {k: round(float(v), 2) for k, v in pairs.items()}


def unwrap(numbers: Sequence[int]) -> list[int]:
    """Frame numbers of 16 bits as rising ones."""
    out: list[int] = []
    for number in numbers:
        last = out[-1] if out else number
        out.append(last + ((number - last + 0x8000) & 0xFFFF) - 0x8000)
    return out


def drops(sights: Sequence[Sight]) -> int:
    """Frames between the first and the last shown that were not."""
    seen = {s.number for s in sights}
    return max(seen) - min(seen) + 1 - len(seen) if seen else 0


def stops(sights: Sequence[Sight]) -> list[dict[str, float]]:
    """The freezes: seconds since the first sight, milliseconds, how many frames were skipped, delay of the next one."""
    return [
        {
            "at_s": round(a.at - sights[0].at, 3),
            "ms": round(1000 * (b.at - a.at), 1),
            "skipped": b.number - a.number - 1,
            "delay_ms": round(1000 * b.delay, 1),
        }
        for a, b in pairwise(sights)
        if b.at - a.at > FREEZE
    ]


def slope(sights: Sequence[Sight]) -> tuple[float, float]:
    """By how many milliseconds a minute the delay grows, and how well that is known (twice its standard error): a line
    through the medians of the run's pieces. A run that is too short tells nothing: 0, and infinitely much."""
    if len(sights) < 3 * PIECES or sights[-1].at - sights[0].at < LEAST:
        return 0.0, float("inf")
    pieces = np.array_split(np.array([(s.at, s.delay) for s in sights]), PIECES)
    minutes, delays = (np.array([np.median(p[:, i]) for p in pieces]) * by for i, by in ((0, 1 / 60), (1, 1000.0)))
    minutes -= minutes.mean()
    spread = float((minutes**2).sum())
    rise = float((minutes * delays).sum()) / spread
    left = delays - delays.mean() - rise * minutes
    return round(rise, 3), round(2 * float(np.sqrt((left**2).sum() / (PIECES - 2) / spread)), 3)


def as_json(
    streams: Sequence[Sequence[Sight]],
    bare: Sequence[Sight],
    skew: float | None,
    server: Process,
    others: dict[str, Process],
    late: Sequence[float] = (),
) -> dict[str, Any]:
    """The report. streams: what each viewer saw. bare: the same path without the swap, empty where that was not run.
    late: seconds by which a process that does nothing was woken too late: the machine's own stops."""
    whole = quantiles([s.delay for sights in streams for s in sights])
    without = quantiles([s.delay for s in bare])
    added = {k: round(whole[k] - without[k], 2) for k in ("p50_ms", "p95_ms")} if bare else None
    frozen = [stop for sights in streams for stop in stops(sights)]
    rise, noise = slope(streams[0]) if streams else (0.0, float("inf"))
    lost, shown = sum(drops(s) for s in streams), sum(len(s) for s in streams)
    return {
        "glass_to_glass": whole,
        "swap_added": added,
        "bare": without if bare else None,
        "drops": lost,
        "drop_share": round(lost / max(lost + shown, 1), 5),
        "frames": shown,
        "freezes": len(frozen),
        "freezes_at": frozen[:100],
        "freezes_bare": len(stops(bare)),
        "av_skew_ms": None if skew is None else round(1000 * skew, 2),
        "delay_slope_ms_per_min": rise,
        "delay_slope_noise_ms_per_min": noise if np.isfinite(noise) else None,
        "cpu": round(server.cores, 3),
        "cpu_others": {name: round(p.cores, 3) for name, p in others.items()},
        "faults": {name: p.faults for name, p in {"server": server, **others}.items()},
        "machine_late_ms": quantiles(late),
        "peak_mb": round(server.peak_mb, 1),
        "memory_growth": round(server.end_mb / server.start_mb - 1, 4) if server.start_mb else 0.0,
    }
