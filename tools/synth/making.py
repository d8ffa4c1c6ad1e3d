"""Which shards a training run wants, and writing those that are not there yet. Deterministic: a shard's seed is its
own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.synth import sequences, shards
from tools.synth.crops import CropPeople, Sample, sample
from tools.synth.purposes import HELD, Purpose
from tools.synth.sequences import FRAMES

SHARD = 4000  # crops a folder


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """crops: for training. held: for each of selection, calibration and validation. sequences: half of them for
    calibration, half for validation. seed: same seed, same crops."""

    crops: int
    held: int
    sequences: int
    seed: int
    frames: int = FRAMES


def crops(people: CropPeople, seed: tuple[int, ...], count: int) -> Iterator[tuple[Sample, int]]:
    """`count` crops that belong to no sequence."""
    rng = np.random.default_rng(seed)
    return ((sample(people, rng), -1) for _ in range(count))


def write(folder: Path, casts: Mapping[Purpose, CropPeople], wanted: ShardPlan) -> Iterator[str]:
    """Writes what is missing and names each shard as it is done."""
    for n, purpose in enumerate(HELD):
        if not (path := folder / f"{purpose}0").exists():
            shards.write(path, crops(casts[purpose], (wanted.seed, 2, n), wanted.held), wanted.held)
            yield path.name
    half = wanted.sequences // 2
    for n, (purpose, count) in enumerate(((Purpose.CALIBRATION, wanted.sequences - half), (Purpose.VALIDATION, half))):
        if count and not (path := folder / f"{shards.sequences(purpose)}0").exists():
            made = sequences.many(casts[purpose], wanted.seed * 1000 + n, count, wanted.frames)
            shards.write(path, made, count * wanted.frames)
            yield path.name
    for n, start in enumerate(range(0, wanted.crops, SHARD)):
        path, count = folder / f"{Purpose.TRAINING}{n}", min(SHARD, wanted.crops - start)
        if not path.exists():
            shards.write(path, crops(casts[Purpose.TRAINING], (wanted.seed, 1, n), count), count)
            yield path.name
