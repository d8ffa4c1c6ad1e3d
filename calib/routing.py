"""Fits route thresholds to labelled sequences: as few wrongly routed frames and as few changes of mind as possible."""

from dataclasses import dataclass, replace

import numpy as np

from calib.temperature import I64
from calib.thresholds import Thresholds, routed
from engines.values import F32

UNSURE = 255  # a frame's label where either class will do
SWITCH = 0.5  # what a needless change of class costs, in wrongly routed frames
GRID: dict[str, tuple[float, ...]] = {
    "keep": (0.0, 0.25, 0.4, 0.55, 0.7),
    "enter": (0.5, 0.6, 0.7, 0.8),
    "leave": (0.2, 0.3, 0.4, 0.45),
    "enter_frames": (1, 2, 3),
    "leave_frames": (1, 2, 3, 4),
    "dwell": (1, 2, 3, 5),
    "sure": (0.4, 0.5, 0.6, 0.7, 0.8),
}


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no plain equality
class Sequence:
    """logits: float32 (n, 3). labels: (n,), class or UNSURE, in the order of time."""

    logits: F32
    labels: I64


@dataclass(frozen=True, slots=True)
class Quality:
    """accuracy: share of sure frames routed right. switches: changes of class per 100 frames. wanted: those that the
    labels themselves make. cost: what fitting lowers, per frame."""

    accuracy: float
    switches: float
    wanted: float
    cost: float


def switches(classes: I64) -> int:
    """Changes of class from frame to frame, unsure frames skipped."""
    known = classes[classes != UNSURE]
    return int((known[1:] != known[:-1]).sum())


def quality(sequences: list[Sequence], thresholds: Thresholds) -> Quality:
    """How well the thresholds do on sequences. ValueError where none has a sure frame."""
    wrong = sure = changes = wanted = frames = 0
    for s in sequences:
        got = np.array(routed(s.logits, thresholds))
        known = s.labels != UNSURE
        wrong += int((got[known] != s.labels[known]).sum())
        sure += int(known.sum())
        changes += switches(got)
        wanted += switches(s.labels)
        frames += len(got)
    if sure == 0:
        raise ValueError("the sequences hold no labelled frame")
    cost = (wrong + SWITCH * max(0, changes - wanted)) / frames
    return Quality(1 - wrong / sure, 100 * changes / frames, 100 * wanted / frames, cost)


def fit(sequences: list[Sequence], temperature: float, rounds: int = 2) -> Thresholds:
    """Thresholds by coordinate descent over GRID, from the defaults; ties stay with what was there before."""
    best = Thresholds(temperature=temperature)
    cost = quality(sequences, best).cost
    for _ in range(rounds):
        before = best
        for name, values in GRID.items():
            for value in values:
                number = int(value) if name.endswith("frames") or name == "dwell" else value
                if number == getattr(best, name) or (name == "enter" and value <= best.leave):
                    continue
                trial = replace(best, **{name: number})  # type: ignore[arg-type]
                found = quality(sequences, trial).cost
                if found < cost - 1e-9:
                    best, cost = trial, found
        if best == before:
            break
    return best
