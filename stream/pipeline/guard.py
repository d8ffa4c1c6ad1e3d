"""Guard: which faces that are to be painted were not, and what the frame shows in their place. Pure.

Covers a face that was painted only in part or not at all, and the place of one that was lost a moment ago. Knows boxes
and seconds only.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from engines.values import Box
from stream.pipeline.choices import OnMiss

LINGER = 1.5  # seconds that a lost face's place stays covered
HELD_FOR = 0.3  # seconds that the last picture may stand in for a lost face; then its place is blurred
MARGIN = 1.5  # of the covered box over the face's: a lost face has moved
BARE = 1.25  # of the covered box over that of a face that is seen


@dataclass(frozen=True, slots=True)
class GuardedFace:
    """One face that is to be painted. opacity: 0 to 1, how much of it the paint hides (0: none was laid)."""

    id: int
    box: Box
    opacity: float


class Reason(StrEnum):
    """UNPAINTED: it is seen, and painted in part or not at all, as where it is turned too far away. LOST: it was
    painted a moment ago and is not found."""

    UNPAINTED = "unpainted"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Missed:
    """A face that was to be painted and was not. box: where it is, or was seen last."""

    track: int
    reason: Reason
    box: Box


@dataclass(frozen=True, slots=True)
class GuardDecision:
    """hold: show the last picture again. covers: boxes to blur before the paint is laid. missed: whatever is shown."""

    hold: bool = False
    covers: tuple[Box, ...] = ()
    missed: tuple[Missed, ...] = ()


@dataclass(slots=True)
class Guard:
    """One stream's memory of faces. on_miss: what is shown in the place of a missed face."""

    on_miss: OnMiss = OnMiss.HOLD
    _last: dict[int, tuple[Box, float]] = field(default_factory=dict)

    def judge(self, seen: tuple[GuardedFace, ...], now: float, cut: bool) -> GuardDecision:
        """seen: the faces to be painted in this frame. now: the frame's seconds. cut: a new shot, whose old faces are
        gone."""
        if cut:
            self._last = {}
        for s in seen:
            self._last[s.id] = (s.box, now)
        here = {s.id for s in seen}
        self._last = {i: (b, t) for i, (b, t) in self._last.items() if 0 <= now - t < LINGER}
        lost = {
            i: (box, now - at)
            for i, (box, at) in self._last.items()
            if i not in here and not any(box.iou(s.box) > 0.3 for s in seen)
        }
        missed = (
            *(Missed(s.id, Reason.UNPAINTED, s.box) for s in seen if s.opacity < 1),
            *(Missed(i, Reason.LOST, box) for i, (box, _) in lost.items()),
        )
        if self.on_miss is OnMiss.SHOW:
            return GuardDecision(missed=missed)
        if self.on_miss is OnMiss.HOLD and any(age < HELD_FOR for _, age in lost.values()):
            return GuardDecision(hold=True, missed=missed)
        covers = tuple(m.box.grown(BARE if m.reason is Reason.UNPAINTED else MARGIN) for m in missed)
        return GuardDecision(covers=covers, missed=missed)
