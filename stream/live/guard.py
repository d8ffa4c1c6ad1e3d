"""Guard: no bare face in live output. Pure: what was seen and painted in, what is to be covered or held out.

Covers a face that should have been painted and was not (or only in part), and the place of one that was lost a moment
ago. Knows boxes and seconds only.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from engines.values import Box

LINGER = 1.5  # seconds that a lost face's place stays covered
HELD_FOR = 0.3  # seconds that the last picture may stand in for a lost face; then its place is blurred
MARGIN = 1.5  # of the covered box over the face's: a lost face has moved


class When(StrEnum):
    """What stands in for a face that was lost."""

    HOLD = "hold"  # the last picture, for a moment, then blur
    BLUR = "blur"


@dataclass(frozen=True, slots=True)
class Seen:
    """One face that is to be painted. opacity: 0 to 1, how much of it the paint hides (0: none was laid)."""

    id: int
    box: Box
    opacity: float


@dataclass(frozen=True, slots=True)
class GuardDecision:
    """hold: show the last picture again. covers: boxes to blur before the paint is laid."""

    hold: bool = False
    covers: tuple[Box, ...] = ()


@dataclass(slots=True)
class Guard:
    """One stream's memory of faces."""

    when: When = When.HOLD
    _last: dict[int, tuple[Box, float]] = field(default_factory=dict)

    def judge(self, seen: tuple[Seen, ...], now: float, cut: bool) -> GuardDecision:
        """seen: the faces to be painted in this frame. now: the frame's seconds. cut: a new shot, whose old faces are
        gone."""
        if cut:
            self._last = {}
        bare = [s.box.grown(1.25) for s in seen if s.opacity < 1]
        for s in seen:
            self._last[s.id] = (s.box, now)
        here = {s.id for s in seen}
        self._last = {i: (b, t) for i, (b, t) in self._last.items() if 0 <= now - t < LINGER}
        lost = [
            (box, now - at)
            for i, (box, at) in self._last.items()
            if i not in here and not any(box.iou(s.box) > 0.3 for s in seen)
        ]
        if self.when is When.HOLD and any(age < HELD_FOR for _, age in lost):
            return GuardDecision(hold=True)
        return GuardDecision(covers=(*bare, *(box.grown(MARGIN) for box, _ in lost)))
