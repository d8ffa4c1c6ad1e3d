"""Pairs: the frames in which two people of a video are both shown well. Values only."""

from collections.abc import Sequence
from dataclasses import dataclass

from calib.identity.candidate import Candidate
from engines.values import Box

MOST, APART = 3, 2.0  # pictures, and seconds between them
KEPT = 12  # frames that are kept while a video runs


@dataclass(frozen=True, slots=True, eq=False)  # candidates hold arrays
class PairSeen:
    """Two people in one frame. people: their numbers, rising; candidates and boxes in that order. overlap: what their
    boxes cover of one another, 0 to 1."""

    people: tuple[int, int]
    candidates: tuple[Candidate, Candidate]
    boxes: tuple[Box, Box]

    @property
    def overlap(self) -> float:
        a, b = self.boxes
        both = Box(max(a.x0, b.x0), max(a.y0, b.y0), min(a.x1, b.x1), min(a.y1, b.y1))
        shared = both.area if both.width > 0 and both.height > 0 else 0.0
        return shared / max(1e-6, min(a.area, b.area))

    @property
    def score(self) -> float:
        """The worse face counts, less what hides of either."""
        hidden = max(one.measures.occlusion for one in self.candidates)
        return min(one.quality for one in self.candidates) - self.overlap - hidden

    @property
    def fit(self) -> bool:
        """Whether both pass the strict gate."""
        return all(one.strict for one in self.candidates)

    def relation(self) -> dict[str, float]:
        """Where the second face is seen from the first, in widths of the first, and how large it is beside it."""
        a, b = self.boxes
        (ax, ay), (bx, by) = a.centre, b.centre
        return {
            "dx": round((bx - ax) / a.width, 4),
            "dy": round((by - ay) / a.width, 4),
            "scale": round((b.area / a.area) ** 0.5, 4),
        }


def best_pairs(seen: Sequence[PairSeen], most: int = MOST) -> tuple[PairSeen, ...]:
    """The highest scores, apart in time; in the order of time."""
    chosen: list[PairSeen] = []
    for one in sorted(seen, key=lambda p: (-p.score, p.candidates[0].number)):
        if len(chosen) < most and all(abs(_seconds(one) - _seconds(other)) >= APART for other in chosen):
            chosen.append(one)
    return tuple(sorted(chosen, key=lambda p: p.candidates[0].number))


def _seconds(pair: PairSeen) -> float:
    return pair.candidates[0].seconds
