"""Flagged spans and answers of checks, made up."""

from fractions import Fraction
from pathlib import Path

from calib.qa.bounds import QaBounds
from calib.qa.reasons import QaReason
from calib.qa.spans import FlaggedSpan
from engines.values import Box
from stream.qa.checking import Checked, CheckJob
from stream.qa.watching import Watched


def span(reason: QaReason, first: int, last: int, worst: float | None = 0.5, track: int = 0) -> FlaggedSpan:
    return FlaggedSpan(
        track, reason, first, last, first / 25, last / 25, last - first + 1, worst, first, Box(100, 60, 180, 160)
    )


def job() -> CheckJob:
    return CheckJob("out.mp4", ((Path("face.jpg"),),), "in.mp4")


def checked(*spans: FlaggedSpan, left_out: dict[QaReason, str] | None = None) -> Checked:
    watched = Watched(times=[i / 25 for i in range(100)])
    return Checked(watched, spans, QaBounds(), Fraction(25), (), left_out or {}, ("the clock begins anew",))
