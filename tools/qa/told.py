"""Told: faces that a swap's own report says it missed, as flagged spans of the finished clip."""

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from calib.qa.reasons import QaReason
from calib.qa.spans import FlaggedSpan
from engines.errors import InputError
from engines.values import Box

MOST = 1 << 30  # bytes of a report


def missed_spans(report: Path, times: Sequence[float]) -> list[FlaggedSpan]:
    """times: seconds of the clip's frames. The report's own times are those of the clip that was swapped. Raises
    InputError for a file that is no report, or of another clip."""
    try:
        if report.stat().st_size > MOST:
            raise InputError(f"--report {report} is larger than any report; give the JSON that `swap --report` wrote")
        told: dict[str, Any] = json.loads(report.read_text("utf-8"))
        base = Fraction(told["input"]["time_base"])
        rows = [float(row["pts"] * base) for row in told["frames"]]
        missed = [_read(one) for one in told["missed_faces"]["spans"]]
    except OSError as error:
        raise InputError(f"--report {report} cannot be read: {error.strerror}; check the path") from error
    except (ValueError, TypeError, KeyError, ArithmeticError) as error:
        raise InputError(
            f"--report {report} is no report of a swap; give the JSON that `swap --report` wrote"
        ) from error
    if len(rows) < len(times):
        raise InputError(f"--report {report} tells of {len(rows)} frames and the clip has {len(times)}; give its own")
    spans = []
    for track, start, end, frames, box in missed:
        inside = [i for i, at in enumerate(rows[: len(times)]) if start - 1e-3 <= at <= end + 1e-3]
        if inside:
            first, last = inside[0], inside[-1]
            spans.append(
                FlaggedSpan(track, QaReason.MISSED, first, last, times[first], times[last], frames, None, first, box)
            )
    return spans


def joined(found: Sequence[FlaggedSpan], told: Sequence[FlaggedSpan]) -> list[FlaggedSpan]:
    """Both, in the order of time; what was told and found too is there once, as it was found."""
    seen = [span for span in found if span.reason is QaReason.MISSED]
    new = [one for one in told if not any(s.first <= one.first and one.last <= s.last for s in seen)]
    return sorted([*found, *new], key=lambda span: (span.first, span.track, span.reason))


def _read(one: dict[str, Any]) -> tuple[int, float, float, int, Box]:
    box = Box(*(float(v) for v in one["box"]))
    return int(one["track"]), float(one["start_s"]), float(one["end_s"]), int(one["frames"]), box
