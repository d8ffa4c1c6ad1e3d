"""Likeness: the embeddings of one person's photos, and whether they can be one person's. Knows vectors and bounds;
nothing of photos."""

from dataclasses import dataclass

import numpy as np

from calib.identity.bounds import LikenessBounds, load_bounds
from engines.nets.embedder import ARCFACE, Metric
from engines.values import F32

DIFFERENT = load_bounds()[ARCFACE].different
"""Cosine under which two ArcFace embeddings are of two people. Its makers' demonstration calls them so (insightface,
`web-demos/src_recognition/main.py`). Those of one person in very unlike photos reach down to about .3, those of
strangers seldom up to .2."""


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no plain equality
class PersonEmbedding:
    """The embeddings of one person's photos. each: float32 (photos, k), as the metric prepares them. embedder: sha256
    of the network; embeddings of two networks are never compared. bounds: of that network."""

    each: F32
    embedder: str
    metric: Metric = Metric.COSINE
    bounds: LikenessBounds = load_bounds()[ARCFACE]  # frozen

    @property
    def mean(self) -> F32:
        """float32 (k,): the mean of the photos, as the metric prepares it."""
        return self.metric.prepared(np.asarray(self.each.mean(axis=0), np.float32))

    def two_people(self) -> tuple[int, int] | None:
        """Two photos that cannot be of one person, None where all may be."""
        return two_people(self.each, self.bounds.different, self.metric)


def two_people(each: F32, bound: float = DIFFERENT, metric: Metric = Metric.COSINE) -> tuple[int, int] | None:
    """each: float32 (photos, k). Two photos that cannot be of one person, None where all may be.

    Photos that are alike hold together: a profile need not be like a front view where a half profile is like both."""
    if len(each) == 0:
        return None
    likeness = metric.likeness(each, each)
    alike = likeness >= bound
    reached = np.zeros(len(each), bool)
    reached[:1] = True
    for _ in each:
        reached |= alike[reached].any(axis=0)
    if reached.all():
        return None
    inside, outside = np.flatnonzero(reached), np.flatnonzero(~reached)
    between = likeness[np.ix_(inside, outside)]
    first, second = np.unravel_index(int(between.argmin()), between.shape)
    return int(inside[first]), int(outside[second])
