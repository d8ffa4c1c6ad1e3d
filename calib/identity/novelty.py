"""Novelty: how different a picture is from those that are saved. Knows vectors of appearance, never of identity."""

from collections import deque
from collections.abc import Sequence

from calib.identity.candidate import Candidate
from calib.identity.vectors import VisVector, similarity

LATEST = 20  # candidate frames over which novelty is averaged
PLATEAU = 0.08  # of that mean, under which nothing new comes


def novelty(one: VisVector, saved: Sequence[VisVector]) -> float:
    """0 to 2: the least of 1 less the cosine, 1 where nothing is saved."""
    near = similarity(one, saved)
    return float(1 - near.max()) if len(near) else 1.0


def dual_novelty(one: Candidate, saved: Sequence[Candidate]) -> float:
    """The larger of the face's and the upper body's, where both are known."""
    face = novelty(one.face, [other.face for other in saved])
    if one.body is None:
        return face
    bodies = [other.body for other in saved if other.body is not None]
    return max(face, novelty(one.body, bodies)) if bodies else face


class Recent:
    """The mean novelty of the latest candidate frames."""

    def __init__(self, latest: int = LATEST) -> None:
        self._values: deque[float] = deque(maxlen=latest)

    def add(self, value: float) -> None:
        self._values.append(value)

    @property
    def mean(self) -> float | None:
        """None until there are enough frames."""
        full = len(self._values) == self._values.maxlen
        return sum(self._values) / len(self._values) if full else None
