"""Candidates for the tests of identity sets: who, when, at which pose, with which look."""

import numpy as np

from calib.identity.buckets import Signs, bucket
from calib.identity.candidate import Candidate
from calib.identity.gates import FaceMeasures
from calib.identity.selection import Rated
from calib.identity.vectors import IdVector, VisVector
from engines.nets.embedder import Metric
from engines.values import F32

NET = "ab" * 32
CLEAR = Signs(mouth_open=0.0, smile=0.0, eye_open=1.0)
SMILING = Signs(mouth_open=0.0, smile=0.9, eye_open=1.0)
OPEN = Signs(mouth_open=0.8, smile=0.0, eye_open=1.0)
SHUT = Signs(mouth_open=0.0, smile=0.0, eye_open=0.0)


def who(degrees: float = 0.0, embedder: str = NET) -> IdVector:
    """An identity whose cosine with that of 0 degrees is the angle's."""
    return IdVector(direction(degrees), embedder, Metric.COSINE)


def look(degrees: float = 0.0, model: str = "looks") -> VisVector:
    return VisVector(direction(degrees), model)


def direction(degrees: float) -> F32:
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def candidate(
    number: int = 0,
    seconds: float | None = None,
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    signs: Signs = CLEAR,
    occlusion: float = 0.0,
    exposure: float = 120.0,
    blur: float = 300.0,
    area: float = 0.1,
    confidence: float = 0.95,
    person: float = 0.0,
    seen: float = 0.0,
    body: float | None = None,
) -> Candidate:
    """person, seen, body: degrees of the identity's vector, and of the looks'."""
    measures = FaceMeasures(confidence, blur, area, exposure, occlusion, yaw, pitch)
    return Candidate(
        number=number,
        frame=number,
        seconds=float(number) if seconds is None else seconds,
        measures=measures,
        bucket=bucket(yaw, pitch, signs, occlusion, exposure),
        id=who(person),
        face=look(seen),
        body=look(body) if body is not None else None,
    )


def rated(one: Candidate, stable: float = 0.9, novelty: float = 0.5) -> Rated:
    return Rated(one, stable, novelty)
