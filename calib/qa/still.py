"""Checks of single frames: confidence, identity, missed faces, seams. Figures of one face in, flagged places out."""

from collections.abc import Sequence

import numpy as np

from calib.qa.bounds import QaBounds
from calib.qa.figures import FaceFigures

Flags = dict[int, float]
"""Places in the sequence of figures, each with the figure for which it is flagged."""
NEAR = 2  # places to each side over which likeness is taken: one frame's is noisy


def unsure(seen: Sequence[FaceFigures], bounds: QaBounds) -> Flags:
    return {i: one.confidence for i, one in enumerate(seen) if one.confidence < bounds.confidence}


def missed(seen: Sequence[FaceFigures], bounds: QaBounds) -> Flags:
    """Faces of the original that show unpainted: they differ from it by no more than coding does."""
    out = {}
    for i, one in enumerate(seen):
        if one.seen and one.beside is not None:
            over = one.beside.changed - one.beside.coding
            if over < bounds.changed:
                out[i] = over
    return out


def seams(seen: Sequence[FaceFigures], bounds: QaBounds) -> Flags:
    found = ((i, one.beside.seam) for i, one in enumerate(seen) if one.beside is not None)
    return {i: seam for i, seam in found if seam is not None and seam > bounds.seam}


def strangers(seen: Sequence[FaceFigures], bounds: QaBounds) -> Flags:
    """Faces that are not the source's: less like it than two people are, or more like the original's own face, and
    surely that. Taken over neighbouring frames."""
    if bounds.identity is None:
        return {}
    out = {}
    for i, one in enumerate(seen):
        if one.likeness is None:
            continue
        near = [f for f in seen[max(0, i - NEAR) : i + NEAR + 1] if f.likeness is not None]
        likeness = float(np.median([f.likeness for f in near if f.likeness is not None]))
        owns = [f.beside.own for f in near if f.beside is not None and f.beside.own is not None]
        own = float(np.median(owns)) if owns else None
        through = own is not None and bounds.own is not None and own > max(bounds.own, likeness)
        if likeness < bounds.identity or through:
            out[i] = likeness
    return out
