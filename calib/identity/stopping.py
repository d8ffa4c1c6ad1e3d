"""Stopping: when a person's pictures are enough. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from calib.identity.buckets import YAW_NAMES, Bucket, Expression, Pitch
from calib.identity.novelty import PLATEAU

YAW, PITCH, EXPRESSION, ANCHORS = 6, 4, 3, 3


class StopReason(StrEnum):
    """Why no more of a video was looked at."""

    COVERED = "coverage_satisfied"
    ENDED = "end_of_video"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many bins of each kind are filled."""

    yaw: int = 0
    pitch: int = 0
    expression: int = 0

    @property
    def words(self) -> dict[str, str]:
        """As the person's meta has it."""
        return {
            "yaw": f"{self.yaw}/{len(YAW_NAMES)}",
            "pitch": f"{self.pitch}/{len(Pitch)}",
            "expression": f"{self.expression}/{len(Expression)}",
        }

    @property
    def enough(self) -> bool:
        return self.yaw >= YAW and self.pitch >= PITCH and self.expression >= EXPRESSION


def coverage(buckets: Iterable[Bucket]) -> Coverage:
    """Of the buckets that are filled."""
    filled = list(buckets)
    return Coverage(
        len({b.yaw for b in filled if b.inside}),
        len({b.pitch for b in filled}),
        len({b.expression for b in filled}),
    )


def satisfied(covered: Coverage, anchors: int, recent: float | None) -> bool:
    """recent: mean novelty of the latest candidate frames, None while they are too few."""
    return covered.enough and anchors >= ANCHORS and recent is not None and recent < PLATEAU
