"""Spans: flagged places of one face joined to stretches of time, one reason each."""

from collections.abc import Sequence
from dataclasses import dataclass

from calib.qa.figures import FaceFigures
from calib.qa.reasons import QaReason
from calib.qa.still import Flags
from engines.values import Box

JOIN = 0.25  # seconds between two flagged frames of one span, at most


@dataclass(frozen=True, slots=True)
class FlaggedSpan:
    """first, last: frames. start, end: their seconds. frames: how many are flagged. worst: the figure that is farthest
    beyond its bound; None where others told of it. at: that figure's frame; box: the face in it, pixels."""

    track: int
    reason: QaReason
    first: int
    last: int
    start: float
    end: float
    frames: int
    worst: float | None
    at: int
    box: Box


def spans(seen: Sequence[FaceFigures], flags: Flags, reason: QaReason) -> list[FlaggedSpan]:
    """seen: the figures of one face, in order."""
    groups: list[list[int]] = []
    for place in sorted(flags):
        if groups and seen[place].seconds - seen[groups[-1][-1]].seconds <= JOIN:
            groups[-1].append(place)
        else:
            groups.append([place])
    return [_span(seen, group, flags, reason) for group in groups]


def _span(seen: Sequence[FaceFigures], group: list[int], flags: Flags, reason: QaReason) -> FlaggedSpan:
    first, last = seen[group[0]], seen[group[-1]]
    # a signed departure is worst where it is largest; what is too small is worst where it is smallest
    largest = reason in (QaReason.FLICKER, QaReason.SEAM, QaReason.LIGHT)
    worst = max(group, key=lambda i: abs(flags[i]) if largest else -flags[i])
    return FlaggedSpan(
        track=first.track,
        reason=reason,
        first=first.frame,
        last=last.frame,
        start=first.seconds,
        end=last.seconds,
        frames=len(group),
        worst=flags[worst],
        at=seen[worst].frame,
        box=seen[worst].box,
    )
