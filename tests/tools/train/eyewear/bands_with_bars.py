"""Labelled bands of grey noise: every other one has a dark bar, which is worn."""

import numpy as np

from engines.occlusion.eyewear import HEIGHT, WIDTH
from tools.synth.eyewear.shards import BandShard


def shard(count: int = 16, seed: int = 0) -> BandShard:
    """Grey noise; every other band has a dark bar, which is worn."""
    rng = np.random.default_rng(seed)
    band = rng.integers(110, 150, (count, 3, HEIGHT, WIDTH), np.uint8)
    found, worn = np.zeros((count, HEIGHT, WIDTH), np.uint8), (np.arange(count) % 2).astype(np.uint8)
    for i in np.nonzero(worn)[0]:
        y, x = int(rng.integers(8, 60)), int(rng.integers(8, 60))
        band[i, :, y : y + 12, x : x + 90] = 5
        found[i, y : y + 12, x : x + 90] = 255
    return BandShard(band, found, worn)
