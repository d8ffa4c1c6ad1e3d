"""Checks over time: flicker, jumps of light, frozen mouths. Figures of one face in order in, flagged places out."""

from collections.abc import Sequence

import numpy as np

from calib.qa.bounds import QaBounds
from calib.qa.figures import FaceFigures, Motion
from calib.qa.still import Flags

USUAL = 1.2  # seconds to each side that tell a face's usual brightness
SIDE = 4  # frames to each side of a lasting jump
WINDOW = 0.5  # seconds in which a mouth's movement is compared
FEWEST = 6  # frames in them, at least


def flicker(seen: Sequence[FaceFigures], bounds: QaBounds) -> Flags:
    """Single frames that stand out: unlike both neighbours, while these are alike; more so than in the original."""
    out = {}
    for i in range(1, len(seen) - 1):
        here, after = seen[i], seen[i + 1]
        stands = spike(here.motion, after.motion)
        if stands is None:
            continue
        if here.beside is not None and after.beside is not None:
            stands -= max(0.0, spike(here.beside.motion, after.beside.motion) or 0.0)
        if stands > bounds.flicker:
            out[i] = stands
    return out


def spike(here: Motion | None, after: Motion | None) -> float | None:
    """By how many levels a frame stands out from both neighbours, which `after` saw; None where one is missing."""
    if here is None or after is None or after.skip is None:
        return None
    return min(here.step, after.step) - after.skip


def light(seen: Sequence[FaceFigures], bounds: QaBounds) -> Flags:
    """A face whose brightness leaves what it usually is for a while, or changes at once for good, compared with the
    original's face, or with what is about it where there is no original."""
    places = [i for i, one in enumerate(seen) if one.seen]
    if not places:
        return {}
    at = np.array([seen[i].seconds for i in places])
    levels = np.array([share(seen[i]) for i in places])
    bound = float(np.log1p(bounds.light))
    out = {}
    for k, i in enumerate(places):
        usual = float(np.median(levels[np.abs(at - at[k]) <= USUAL]))
        if abs(levels[k] - usual) > bound:
            out[i] = float(np.expm1(levels[k] - usual))
    for k in range(SIDE, len(places) - SIDE + 1):
        jump = float(np.median(levels[k : k + SIDE]) - np.median(levels[k - SIDE : k]))
        if abs(jump) > bound and abs(levels[k] - levels[k - 1]) > bound:
            out.setdefault(places[k], float(np.expm1(jump)))
    return out


def share(one: FaceFigures) -> float:
    """The face's brightness against what it is compared with, as a logarithm."""
    beside = one.beside.level if one.beside is not None else one.around
    return float(np.log((one.level + 1) / (beside + 1)))


def frozen_mouth(seen: Sequence[FaceFigures], bounds: QaBounds) -> Flags:
    """The original's mouth moves, and the swap's does not move with it."""
    both = [(i, one, one.beside) for i, one in enumerate(seen) if one.seen and one.beside is not None]
    at = np.array([one.seconds for _, one, _ in both])
    out: Flags = {}
    for i, one, _ in both:
        near = np.flatnonzero(np.abs(at - one.seconds) <= WINDOW / 2)  # about the frame: not for its neighbours
        if len(near) < FEWEST:
            continue
        slope = follows([both[k][1] for k in near], bounds)
        if slope is not None and slope < bounds.follows:
            out[i] = slope
    return out


def follows(seen: Sequence[FaceFigures], bounds: QaBounds) -> float | None:
    """How much of the movement of the original's mouth is in the swap's: the slope of the one over the other. None
    where the original's does not move, or is not at hand."""
    both = [(one.mouth, one.beside.mouth) for one in seen if one.beside is not None]
    if not both:
        return None
    now, was = np.array(both).T
    if was.std() < bounds.moves:
        return None
    return float(((was - was.mean()) * (now - now.mean())).mean() / was.var())
