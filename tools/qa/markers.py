"""Markers: flagged spans as editors read them: an EDL whose events are markers, or a CSV. Texts only."""

import csv
import io
from collections.abc import Sequence
from fractions import Fraction

from calib.qa.reasons import WORDS, QaReason
from calib.qa.spans import FlaggedSpan

COLOURS = {
    QaReason.MISSED: "Red",
    QaReason.IDENTITY: "Red",
    QaReason.MOUTH: "Yellow",
    QaReason.LIGHT: "Yellow",
    QaReason.FLICKER: "Yellow",
    QaReason.SEAM: "Blue",
    QaReason.CONFIDENCE: "Blue",
}
USUAL = Fraction(25)  # frames a second where a clip does not say


def timecode(seconds: float, rate: Fraction) -> str:
    """hh:mm:ss:ff without dropped numbers, of the frame that is shown at that time."""
    nominal = max(1, round(rate))
    frame = round(seconds * rate)
    whole, frames = divmod(frame, nominal)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}:{frames:02}"


def edl(spans: Sequence[FlaggedSpan], title: str, rate: Fraction) -> str:
    """CMX 3600 with a marker an event, as DaVinci Resolve writes and reads them ("Import > Timeline markers from EDL").
    Times count from 00:00:00:00."""
    lines = [f"TITLE: {' '.join(title.split())}", "FCM: NON-DROP FRAME", ""]
    for number, span in enumerate(spans, 1):
        begin = timecode(span.start, rate)
        after = timecode(span.start + float(1 / rate), rate)
        long = max(1, round((span.end - span.start) * rate) + 1)
        name = f"{span.reason.value}: {WORDS[span.reason]} (face {span.track})"
        lines += [
            f"{number:03}  001      V     C        {begin} {after} {begin} {after}  ",
            f" |C:ResolveColor{COLOURS[span.reason]} |M:{name} |D:{long}",
            "",
        ]
    return "\n".join(lines)


def table(spans: Sequence[FlaggedSpan], rate: Fraction) -> str:
    """CSV with a heading, a line a span."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["start_s", "end_s", "start", "end", "reason", "face", "frames", "worst", "comment"])
    for span in spans:
        writer.writerow(
            [
                f"{span.start:.3f}",
                f"{span.end:.3f}",
                timecode(span.start, rate),
                timecode(span.end, rate),
                span.reason.value,
                span.track,
                span.frames,
                "" if span.worst is None else f"{span.worst:.3f}",
                WORDS[span.reason],
            ]
        )
    return out.getvalue()
