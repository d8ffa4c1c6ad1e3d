"""Batches from shards: shuffled, mirrored, their plate sometimes taken away. Arrays only; knows no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.values import F32, U8
from tools.synth.shards import Shard

DROP = 0.28  # share of crops that lose their plate: the network must work before there is one


@dataclass(frozen=True, slots=True)
class Batch:
    """face: float32 (n, 7, h, w), 0 to 1. maps: float32 (n, 3, h, w). label: uint8 (n,)."""

    face: F32
    maps: F32
    label: U8


def prepared(face: U8, maps: U8, label: U8) -> Batch:
    """As the network takes them; the plate only under the mask."""
    x = np.multiply(face, np.float32(1 / 255), dtype=np.float32)
    x[:, 3:6] *= x[:, 6:7]
    return Batch(x, np.multiply(maps, np.float32(1 / 255), dtype=np.float32), np.asarray(label))


def varied(batch: Batch, rng: np.random.Generator, drop: float = DROP) -> Batch:
    """The same crops mirrored, in other colours, without their plate, each by chance."""
    face, maps, n = batch.face, batch.maps, len(batch.label)
    flip = rng.random(n) < 0.5
    face[flip], maps[flip] = face[flip, :, :, ::-1], maps[flip, :, :, ::-1]
    gain = rng.uniform(0.85, 1.15, (n, 1, 1, 1)) * rng.uniform(0.95, 1.05, (n, 3, 1, 1))
    face[:, :3] = np.clip(face[:, :3] * gain, 0, 1)
    face[:, 3:6] = np.clip(face[:, 3:6] * gain * rng.uniform(0.97, 1.03, (n, 3, 1, 1)), 0, 1)
    face[rng.random(n) < drop, 3:6] = 0
    return Batch(face, maps, batch.label)


def shuffled(shards: list[Any], size: int, names: tuple[str, ...], rng: np.random.Generator) -> Iterator[list[Any]]:
    """The named arrays of every shard once, `size` rows at a time, in random order of runs that lie together on disk;
    the last rows may be fewer."""
    runs = [(i, s) for i, shard in enumerate(shards) for s in range(0, len(shard), 8)]
    rng.shuffle(runs)
    per = max(1, size // 8)
    for at in range(0, len(runs), per):
        some = [(shards[i], slice(s, s + 8)) for i, s in runs[at : at + per]]
        yield [np.concatenate([getattr(d, name)[w] for d, w in some]) for name in names]


def epoch(shards: list[Shard], size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Every crop of every shard once, see `shuffled`."""
    return (varied(prepared(*rows), rng) for rows in shuffled(shards, size, ("face", "maps", "label"), rng))
