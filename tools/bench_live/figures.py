"""Figures: what a receiver saw, as the benchmark's JSON. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

FREEZE = 0.1  # seconds between two shown frames that a viewer sees as a stop


@dataclass(frozen=True, slots=True)
class Sight:
    """One frame as shown. number: the sender's. at: the viewer's clock. delay: seconds since the camera."""

    number: int
    at: float
    delay: float


@dataclass(frozen=True, slots=True)
class Process:
    """What a process used over the run. cores: mean. start_mb: resident memory after warming up, end_mb: at the end."""

    cores: float
    peak_mb: float
    start_mb: float = 0.0
    end_mb: float = 0.0


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


def freezes(sights: Sequence[Sight]) -> int:
    at = [s.at for s in sights]
    return int((np.diff(at) > FREEZE).sum()) if len(at) > 1 else 0


def slope(sights: Sequence[Sight]) -> float:
    """Milliseconds by which the delay grows per minute (robust: medians of the two halves)."""
    if len(sights) < 20:
        return 0.0
    half = len(sights) // 2
    first, last = sights[:half], sights[half:]
    apart = np.mean([s.at for s in last]) - np.mean([s.at for s in first])
    risen = np.median([s.delay for s in last]) - np.median([s.delay for s in first])
    return round(float(risen / apart * 60_000), 3)


def as_json(
    streams: Sequence[Sequence[Sight]],
    bare: Sequence[Sight],
    skew: float | None,
    server: Process,
    others: dict[str, Process],
) -> dict[str, Any]:
    """The report. streams: what each viewer saw. bare: the same path without the swap, empty where that was not run."""
    whole = quantiles([s.delay for sights in streams for s in sights])
    without = quantiles([s.delay for s in bare])
    added = {k: round(whole[k] - without[k], 2) for k in ("p50_ms", "p95_ms")} if bare else None
    lost, shown = sum(drops(s) for s in streams), sum(len(s) for s in streams)
    return {
        "glass_to_glass": whole,
        "swap_added": added,
        "bare": without if bare else None,
        "drops": lost,
        "drop_share": round(lost / max(lost + shown, 1), 5),
        "frames": shown,
        "freezes": sum(freezes(s) for s in streams),
        "av_skew_ms": None if skew is None else round(1000 * skew, 2),
        "delay_slope_ms_per_min": slope(streams[0]) if streams else 0.0,
        "cpu": round(server.cores, 3),
        "cpu_others": {name: round(p.cores, 3) for name, p in others.items()},
        "peak_mb": round(server.peak_mb, 1),
        "memory_growth": round(server.end_mb / server.start_mb - 1, 4) if server.start_mb else 0.0,
    }
