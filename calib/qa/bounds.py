"""Bounds: from which figures on a frame is flagged. Values; the identity's come from the embedder's own bounds.

Their source: `docs/qa.md` has the figures of good and of faulty swaps that they lie between.
"""

from dataclasses import dataclass
from enum import StrEnum

from calib.identity.bounds import LikenessBounds
from engines.errors import UnderstudyError

SEED = 0.6


class IdentityBound(StrEnum):
    """Named bounds of the likeness to the source. DIFFERENT: under it two faces are of two people, by the embedder's
    makers. SAME: from it on they are surely one person's, which a mesh swap seldom reaches. SEED: 0.6, whatever the
    embedder."""

    DIFFERENT = "different"
    SAME = "same"
    SEED = "seed"


@dataclass(frozen=True, slots=True)
class QaBounds:
    """confidence: least, 0 to 1. identity: least likeness to the source, None where it is not judged. own: likeness to
    the original's own face from which that face shows through. flicker: levels by which one frame stands out from both
    neighbours. seam: most ratio of gradients. changed: least levels by which a painted face differs from the
    original, over what coding makes of it. light: most change of brightness against what is compared, as a share.
    moves: standard deviation of a mouth's opening from which it moves. follows: least share of the original's movement
    that the swap's mouth shows."""

    confidence: float = 0.7
    identity: float | None = None
    own: float | None = None
    flicker: float = 4.0
    seam: float = 2.0
    changed: float = 2.0
    light: float = 0.12
    moves: float = 0.03
    follows: float = 0.35


def identity_bound(text: str, embedder: LikenessBounds) -> float:
    """text: a name of `IdentityBound`, or a number. Raises UnderstudyError."""
    if text in list(IdentityBound):
        named = IdentityBound(text)
        return {
            IdentityBound.DIFFERENT: embedder.different,
            IdentityBound.SAME: embedder.same,
            IdentityBound.SEED: SEED,
        }[named]
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -1 <= value <= 1:
        raise UnderstudyError(f"--identity {text!r}: write {', '.join(IdentityBound)} or a likeness from -1 to 1")
    return value
