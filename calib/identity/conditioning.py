"""Conditioning: the shares of anchors, coverage and challenges in what a diffusion model is shown, and each picture's
weight. Values only.

Source: momentscan, Phase 3 (`identity_builder`), section 10.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from calib.identity.stopping import Coverage

DRIFTING = 0.25  # share of frames that are unstable or covered
DIM = 0.2  # share of frames that are dark


class Variant(StrEnum):
    """What was frequent in a video."""

    DEFAULT = "default"
    DRIFT = "drift"
    SAME = "lack_of_variety"
    DARK = "darkness"


SHARES: Mapping[Variant, tuple[int, int, int]] = {
    Variant.DEFAULT: (20, 70, 10),
    Variant.DRIFT: (30, 60, 10),
    Variant.SAME: (15, 75, 10),
    Variant.DARK: (20, 65, 15),
}
"""Anchors, coverage, challenges; per cent."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """path: of a picture, within the set's folder. weight: those of a set sum to 1."""

    path: str
    weight: float


def variant(drifting: float, dark: float, covered: Coverage) -> Variant:
    """drifting, dark: shares of the frames. The first that holds: drift, darkness, lack of variety."""
    if drifting > DRIFTING:
        return Variant.DRIFT
    if dark > DIM:
        return Variant.DARK
    return Variant.DEFAULT if covered.enough else Variant.SAME


def weighted(
    anchors: Sequence[str], coverage: Sequence[str], challenges: Sequence[str], chosen: Variant
) -> tuple[Weighted, ...]:
    """Every picture with its weight. An empty set's share goes to the others, in their proportion."""
    groups = [(share, paths) for share, paths in zip(SHARES[chosen], (anchors, coverage, challenges), strict=True)]
    whole = sum(share for share, paths in groups if paths)
    return tuple(Weighted(path, share / whole / len(paths)) for share, paths in groups for path in paths)
