"""Activation ranges for int8, out of arrays that were collected: whole, by percentile, or by least lost information.

Knows histograms; how arrays are made and what is done with the ranges is others' matter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engines.graph.quantise import Range
from engines.protocol import Session
from engines.values import Array

BINS = 2048
LEVELS = 256
METHODS = ("minmax", "percentile", "entropy")


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no plain equality
class Spread:
    """How often an activation's values fall where. counts: int64 (BINS,), from `low` to `high` in equal steps."""

    low: float
    high: float
    counts: npt.NDArray[np.int64]

    def counted(self, values: Array) -> "Spread":
        """With further values; those beyond the ends count at the ends."""
        step = (self.high - self.low) / BINS or 1.0
        place = ((values.ravel() - np.float32(self.low)) / np.float32(step)).astype(np.int64)  # type: ignore[operator]
        more = np.bincount(np.clip(place, 0, BINS - 1), minlength=BINS)
        return Spread(self.low, self.high, self.counts + more)

    @property
    def step(self) -> float:
        return (self.high - self.low) / BINS


def empty(low: float, high: float) -> Spread:
    return Spread(low, high, np.zeros(BINS, np.int64))


def minmax(spread: Spread) -> Range:
    """All that was seen."""
    return Range(spread.low, spread.high)


def percentile(spread: Spread, share: float = 0.9999) -> Range:
    """All but the rarest: `share` of the values lie within, what is left out is split between the ends."""
    total = np.cumsum(spread.counts) / max(1, spread.counts.sum())
    tail = (1 - share) / 2
    first = int(np.searchsorted(total, tail, side="right"))
    last = int(np.searchsorted(total, 1 - tail, side="left"))
    return Range(spread.low + first * spread.step, spread.low + (min(last, BINS - 1) + 1) * spread.step)


def entropy(spread: Spread, candidates: int = 96) -> Range:
    """The range after whose quantisation the values still say most; each end is cut by itself, the upper one first.

    Source: S. Migacz, "8-bit inference with TensorRT", 2017 (Kullback-Leibler divergence), for ranges of any sign.
    """
    edges = spread.low + spread.step * (np.arange(BINS, dtype=np.float64) + 0.5)
    low, high = min(spread.low, 0.0), max(spread.high, 0.0)
    shares = [float(share) for share in np.linspace(1, 0.03, candidates)]
    if high > 0:
        high = min((high * share for share in shares), key=lambda end: _divergence(spread.counts, edges, low, end))
    if low < 0:
        low = min((low * share for share in shares), key=lambda end: _divergence(spread.counts, edges, end, high))
    return Range(low, high)


def _divergence(counts: npt.NDArray[np.int64], edges: npt.NDArray[np.float64], low: float, high: float) -> float:
    """Kullback-Leibler divergence of the clipped histogram from what 256 levels leave of it."""
    inside = (edges >= low) & (edges <= high)
    if inside.sum() < LEVELS // 8:
        return float("inf")
    real = counts[inside].astype(np.float64)
    # what is clipped is heard at the ends, so that clipping much costs much
    clipped = real.copy()
    clipped[0] += counts[edges < low].sum()
    clipped[-1] += counts[edges > high].sum()
    level = np.minimum(((edges[inside] - low) / ((high - low) / LEVELS)).astype(int), LEVELS - 1)
    used = real > 0
    sums = np.bincount(level, real, LEVELS)
    width = np.bincount(level, used, LEVELS)
    left = np.where(used, (sums / np.maximum(width, 1))[level], 0)
    p, q = clipped / max(clipped.sum(), 1), left / max(left.sum(), 1)
    there = p > 0
    return float((p[there] * np.log(p[there] / np.maximum(q[there], 1e-12))).sum())


CHOOSE: Mapping[str, Callable[[Spread], Range]] = {"minmax": minmax, "percentile": percentile, "entropy": entropy}


def ranges(
    session: Session, names: Sequence[str], feeds: Callable[[], Iterable[Mapping[str, Array]]], method: str
) -> dict[str, Range]:
    """A range for each of `names`: outputs or inputs of the session's network.

    feeds: gives the same batches each time it is called. They are run once for the ends and, unless the method is
    `minmax`, once more for what lies between: nothing but one batch's activations is kept in memory.
    """
    ends: dict[str, tuple[float, float]] = {}
    for batch in feeds():
        for name, values in _seen(session, names, batch):
            low, high = ends.get(name, (float("inf"), -float("inf")))
            ends[name] = min(low, float(values.min())), max(high, float(values.max()))
    spreads = {name: empty(low, high) for name, (low, high) in ends.items()}
    if method != "minmax":
        for batch in feeds():
            for name, values in _seen(session, names, batch):
                spreads[name] = spreads[name].counted(values)
    return {name: CHOOSE[method](spread) for name, spread in spreads.items()}


def _seen(
    session: Session, names: Sequence[str], batch: Mapping[str, Array]
) -> Iterable[tuple[str, npt.NDArray[np.float32]]]:
    out = session.run(batch)
    for name in names:
        yield name, np.asarray(out[name] if name in out else batch[name], np.float32)
