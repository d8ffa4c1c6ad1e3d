"""A swapping network's own mask (hyperswap, DFM, a dual head) against the occlusion network's: which of the two says
where the new face is shown. Pure; knows no tracks.
"""

from dataclasses import dataclass

import numpy as np

from engines.values import F32

COVERED, BARE = 0.8, 0.2  # opacity from which a pixel surely is covered, and up to which it surely is not
FEW = 20.0  # pixels, summed, below which a share says nothing


@dataclass(frozen=True, slots=True)
class Trust:
    """When a network's own mask is taken: from a confidence of `enter` on, and until it falls below `leave`; as long as
    it paints no more than `spilled` of what surely is covered, and leaves out no more than `lost` of what surely is
    not. Both may be half as much again before a mask that was taken is given up."""

    enter: float = 0.8
    leave: float = 0.7
    spilled: float = 0.2
    lost: float = 0.4


@dataclass(frozen=True, slots=True)
class Claim:
    """What a mask says, in shares 0 to 1. confidence: how decided it is over the face: 1 where each pixel is either
    painted or not, 0 where all are half painted. spilled: of what surely is covered, how much it would paint. lost: of
    what surely is bare, how much it would leave."""

    confidence: float
    spilled: float
    lost: float


def claim(own: F32, face: F32, opaque: F32) -> Claim:
    """own: float32 (h, w), 1 where the network wants its face shown. face: (h, w), 1 well inside the face. opaque:
    (h, w), opacity of what lies before it, as the occlusion network sees it."""
    covered, bare = face * (opaque > COVERED), face * (opaque < BARE)
    return Claim(_share(np.abs(2 * own - 1), face), _share(own, covered), _share(1 - own, bare))


def holds(what: Claim, before: bool, trust: Trust = Trust()) -> bool:  # frozen
    """Whether the network's own mask is taken. before: it was in the last frame."""
    slack = 1.5 if before else 1.0
    sure = what.confidence >= (trust.leave if before else trust.enter)
    return sure and what.spilled <= slack * trust.spilled and what.lost <= slack * trust.lost


def _share(values: F32, weight: F32) -> float:
    total = float(weight.sum())
    return float((values * weight).sum()) / total if total >= FEW else 0.0
