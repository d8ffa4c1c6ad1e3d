"""ArcFace: a face as a direction in 512 dimensions.

Source: Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", 2019.
"""

import numpy as np

from engines.nets.net import Net
from engines.values import F32, U8

# insightface's usual bound for w600k_r50: the same person above it
SAME = 0.4


class Arcface:
    """Embeddings of crops that were aligned to the model's template."""

    def __init__(self, net: Net) -> None:
        self.net = net

    def embed(self, crops: U8) -> F32:
        """float32 (n, 512), as the network gives it, of any length, for uint8 (n, 112, 112, 3) RGB crops."""
        [raw] = self.net.run(self.net.tensor(crops))
        return raw


def normed(embedding: F32) -> F32:
    """The same direction with length 1, along the last axis. Zero stays zero."""
    length = np.linalg.norm(embedding, axis=-1, keepdims=True)
    return np.asarray(embedding / np.where(length > 0, length, 1), np.float32)


def cosine(a: F32, b: F32) -> F32:
    """float32 (n, m): similarity of every row of `a` (n, 512) with every row of `b` (m, 512), -1 to 1."""
    return np.asarray(normed(np.atleast_2d(a)) @ normed(np.atleast_2d(b)).T, np.float32)
