"""Scoring: how good the faces of a stretch of frames are, for a search among several ways to paint them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from calib.qa.bounds import QaBounds
from calib.qa.figures import FaceFigures
from calib.qa.moving import follows, share, spike
from calib.qa.reasons import WORDS, QaReason
from calib.qa.still import missed
from calib.search.scoring import Aspect, CandidateScore, Scorer


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one way to paint a stretch. words: which way; empty: as the clip is. figures: of its faces.
    expected: how many there are to be."""

    words: dict[str, float | str]
    figures: tuple[FaceFigures, ...]
    expected: int


def usual_light(figures: Sequence[FaceFigures]) -> float:
    """The usual brightness of a clip's faces against what they are compared with; 0 where none is seen."""
    seen = [share(one) for one in figures if one.seen]
    return float(np.median(seen)) if seen else 0.0


def scorers(bounds: QaBounds, usual: float) -> list[Scorer[Attempt]]:
    """usual: of the whole clip, by `usual_light`. The identity's fails where no likeness was measured, and is then
    left out by the search."""
    return [
        Scorer("light and mouth", Aspect.CONSISTENCY, lambda one: _consistency(one, bounds, usual)),
        Scorer("edges and flicker", Aspect.REALISM, lambda one: _realism(one, bounds)),
        Scorer("likeness", Aspect.IDENTITY, _identity),
    ]


def _identity(attempt: Attempt) -> CandidateScore:
    known = [one.likeness for one in attempt.figures if one.likeness is not None]
    if attempt.figures and not known:
        raise ValueError("no likeness was measured")
    return CandidateScore(min(1.0, max(0.0, float(np.median(known)))) if known else 0.0)


def _realism(attempt: Attempt, bounds: QaBounds) -> CandidateScore:
    seen = attempt.figures
    fatal = []
    if missed(seen, bounds):
        fatal.append(WORDS[QaReason.MISSED])
    if len(seen) < attempt.expected or any(one.confidence < bounds.confidence for one in seen):
        fatal.append(WORDS[QaReason.CONFIDENCE])
    if not seen:
        return CandidateScore(0.0, tuple(fatal))
    bad = []
    for here, after in zip(seen, [*seen[1:], seen[-1]], strict=True):
        seam = here.beside.seam if here.beside is not None and here.beside.seam is not None else 1.0
        stands = spike(here.motion, after.motion) or 0.0
        edge = (seam - 1) / (2 * (bounds.seam - 1))
        bad.append(min(1.0, max(0.0, edge, stands / (2 * bounds.flicker))))
    return CandidateScore(1 - float(np.mean(bad)), tuple(fatal))


def _consistency(attempt: Attempt, bounds: QaBounds, usual: float) -> CandidateScore:
    seen = [one for one in attempt.figures if one.seen]
    if not seen:
        return CandidateScore(0.0)
    away = [abs(share(one) - usual) / (2 * float(np.log1p(bounds.light))) for one in seen]
    light = 1 - float(np.mean(np.minimum(1.0, away)))
    slope = follows(seen, bounds)
    mouth = 1.0 if slope is None else min(1.0, max(0.0, slope))
    return CandidateScore((light + mouth) / 2)
