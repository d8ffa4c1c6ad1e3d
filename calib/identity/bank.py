"""Memory bank: the looks of one person that a video has shown, at most ten, as identity vectors. Grows frame by frame.

Source: momentscan's `identity_memory`. A face near enough to a look is blended into it, one that is still the same
person becomes a look of its own, any other is refused. Looks may not lead away from the person: what goes into any of
them must be a little like the first one, the prototype, too.
"""

from dataclasses import dataclass, field

import numpy as np

from calib.identity.bounds import LikenessBounds
from calib.identity.vectors import IdVector, likeness

MOST = 10  # k_max
ALPHA = 0.1
ANCHOR = 0.15  # least weight of the first look, the prototype's


@dataclass(frozen=True, slots=True, eq=False)
class KnownLook:
    """vector: a running mean. hits: frames that went into it. last: seconds of the latest."""

    vector: IdVector
    hits: int
    last: float


@dataclass(slots=True)
class MemoryBank:
    """bounds: the embedder's. anchor: the person's prototype, the first look, which is never dropped."""

    bounds: LikenessBounds
    looks: list[KnownLook] = field(default_factory=list)

    def begin(self, anchor: IdVector, seconds: float) -> None:
        """Sets or renews the first look."""
        self.looks[:1] = [KnownLook(anchor, self.looks[0].hits if self.looks else 1, seconds)]

    def stable(self, vector: IdVector) -> float:
        """Likeness to the nearest look; -1 where there is none."""
        near = likeness(vector, [look.vector for look in self.looks])
        return float(near.max()) if len(near) else -1.0

    def update(self, vector: IdVector, seconds: float) -> None:
        """Takes a frame in, or refuses it. The first look is counted, and not moved: it is the prototype's."""
        if not self.looks:
            return
        near = likeness(vector, [look.vector for look in self.looks])
        best = int(near.argmax())
        if near[0] < self.bounds.different:
            return
        if near[best] >= self.bounds.merge:
            look = self.looks[best]
            moved = look.vector if best == 0 else _blended(look.vector, vector)
            self.looks[best] = KnownLook(moved, look.hits + 1, seconds)
        elif near[best] >= self.bounds.fresh:
            if len(self.looks) >= MOST:
                weakest = min(range(1, len(self.looks)), key=lambda i: (self.looks[i].hits, self.looks[i].last))
                del self.looks[weakest]
            self.looks.append(KnownLook(vector, 1, seconds))

    def weights(self) -> tuple[float, ...]:
        """Shares of the looks, that sum to 1: by hits, the first no less than ANCHOR."""
        if not self.looks:
            return ()
        total = sum(look.hits for look in self.looks)
        shares = [look.hits / total for look in self.looks]
        rest = sum(shares[1:])
        if shares[0] >= ANCHOR or rest == 0:
            return tuple(shares)
        return (ANCHOR, *((1 - ANCHOR) * share / rest for share in shares[1:]))


def _blended(old: IdVector, new: IdVector) -> IdVector:
    mixed = np.asarray((1 - ALPHA) * old.values + ALPHA * new.values, np.float32)
    return IdVector(old.metric.prepared(mixed), old.embedder, old.metric)
