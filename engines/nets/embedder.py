"""IdentityNet: a face as a vector that tells people apart, by ArcFace or by dlib's network; and how two are compared.

Vectors of two networks are never compared: whoever keeps some keeps the network's digest beside them.
Sources: Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", 2019; King, "High Quality Face
Recognition with Deep Metric Learning", 2017 (dlib), whose vectors are compared by distance and are not normalised.
"""

from enum import StrEnum

import numpy as np

from engines.nets.net import Net
from engines.values import F32, U8

ARCFACE, DLIB = "arcface_w600k_r50", "dlib_resnet_v1"
"""The embedders, by their names in the catalogue."""

# insightface's usual bound for w600k_r50: the same person above it
SAME = 0.4


class Metric(StrEnum):
    """How two vectors of one embedder are compared. The likeness of two is their cosine, or 1 less their distance:
    1 for the same vector, and larger is more alike."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"

    def prepared(self, vectors: F32) -> F32:
        """As vectors (..., k) are kept: of length 1 where only their direction counts, else as they are."""
        return normed(vectors) if self is Metric.COSINE else np.asarray(vectors, np.float32)

    def likeness(self, a: F32, b: F32) -> F32:
        """float32 (n, m): of every row of `a` (n, k) with every row of `b` (m, k)."""
        if self is Metric.COSINE:
            return cosine(a, b)
        one, other = np.atleast_2d(a).astype(np.float64), np.atleast_2d(b).astype(np.float64)
        return np.asarray(1 - np.linalg.norm(one[:, None] - other[None], axis=2), np.float32)


class IdentityNet:
    """Embeddings of crops that were aligned to the model's template."""

    def __init__(self, net: Net) -> None:
        self.net = net

    @property
    def metric(self) -> Metric:
        return Metric(self.net.model.metric)

    def embed(self, crops: U8) -> F32:
        """float32 (n, k), as the network gives it, of any length, for uint8 (n, px, px, 3) RGB crops."""
        [raw] = self.net.run(self.net.tensor(crops))
        return raw


def normed(embedding: F32) -> F32:
    """The same direction with length 1, along the last axis. Zero stays zero."""
    length = np.linalg.norm(embedding, axis=-1, keepdims=True)
    return np.asarray(embedding / np.where(length > 0, length, 1), np.float32)


def cosine(a: F32, b: F32) -> F32:
    """float32 (n, m): similarity of every row of `a` (n, k) with every row of `b` (m, k), -1 to 1."""
    return np.asarray(normed(np.atleast_2d(a)) @ normed(np.atleast_2d(b)).T, np.float32)
