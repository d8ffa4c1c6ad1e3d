"""Candidate: one picture of one person that may be saved. A value."""

from dataclasses import dataclass

from calib.identity.buckets import Bucket
from calib.identity.gates import STRICT, FaceMeasures, quality
from calib.identity.vectors import IdVector, VisVector

FRONTAL = 15.0  # degrees of yaw within which a face counts as frontal


@dataclass(frozen=True, slots=True, eq=False)  # vectors hold arrays
class Candidate:
    """number: its place among all observations, which is its name on the disk. frame, seconds: of its video. body:
    appearance of the upper body, where that is in the picture."""

    number: int
    frame: int
    seconds: float
    measures: FaceMeasures
    bucket: Bucket
    id: IdVector
    face: VisVector
    body: VisVector | None = None

    @property
    def quality(self) -> float:
        return quality(self.measures)

    @property
    def strict(self) -> bool:
        return STRICT.passes(self.measures)

    @property
    def frontal(self) -> bool:
        return abs(self.measures.yaw) <= FRONTAL
