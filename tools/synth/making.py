"""Which shards a training run wants, and writing those that are not there yet. Deterministic: a shard's seed is its
own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.synth import sequences, shards
from tools.synth.crops import CropPeople, Sample, sample
from tools.synth.sequences import FRAMES

SHARD = 4000  # crops a folder


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """crops, held: training and validation crops. sequences: validation sequences, half to fit thresholds to (`fit`)
    and half to check them on (`seq`). seed: same seed, same crops."""

    crops: int
    held: int
    sequences: int
    seed: int
    frames: int = FRAMES


def crops(cast: CropPeople, seed: tuple[int, ...], count: int) -> Iterator[tuple[Sample, int]]:
    """`count` crops that belong to no sequence."""
    rng = np.random.default_rng(seed)
    return ((sample(cast, rng), -1) for _ in range(count))


def write(folder: Path, casts: tuple[CropPeople, CropPeople], wanted: ShardPlan) -> Iterator[str]:
    """Writes what is missing and names each shard as it is done. casts: training, validation."""
    train, held = casts
    if not (folder / "val0").exists():
        shards.write(folder / "val0", crops(held, (wanted.seed, 0), wanted.held), wanted.held)
        yield "val0"
    half = wanted.sequences // 2
    for i, (name, count) in enumerate((("fit0", wanted.sequences - half), ("seq0", half))):
        if count and not (folder / name).exists():
            made = sequences.many(held, wanted.seed * 1000 + i, count, wanted.frames)
            shards.write(folder / name, made, count * wanted.frames)
            yield name
    for n, start in enumerate(range(0, wanted.crops, SHARD)):
        name, count = f"train{n}", min(SHARD, wanted.crops - start)
        if not (folder / name).exists():
            shards.write(folder / name, crops(train, (wanted.seed, 1, n), count), count)
            yield name
