"""Crops whose labels are known by their number, for tests of batches and of figures."""

import numpy as np

from tools.synth.shards import Shard


def shard(count: int = 12) -> Shard:
    """Crops whose opaque thing is the left half, every third; a veil every third; glass every third."""
    rng = np.random.default_rng(1)
    face = rng.integers(0, 255, (count, 7, 128, 128), np.uint8)
    face[:, 6] = 255
    maps = np.zeros((count, 3, 128, 128), np.uint8)
    maps[0::3, 0, :, :64] = 255
    maps[1::3, 1] = 102
    maps[2::3, 2, :32] = 255
    label = np.where(np.arange(count) % 3, 2, 1).astype(np.uint8)
    return Shard(face, maps, label, np.full(count, -1))
