"""Answer: what a check found, as JSON and as lines for people."""

import dataclasses
from collections.abc import Sequence

from calib.qa.judging import flagged_frames
from calib.qa.reasons import WORDS
from calib.qa.spans import FlaggedSpan
from stream.pipeline.misses import clock
from stream.qa.checking import Checked, CheckJob


def as_json(job: CheckJob, checked: Checked, spans: Sequence[FlaggedSpan]) -> dict[str, object]:
    """spans: with those of a report."""
    name, digest = checked.embedder or (None, None)
    return {
        "clip": job.clip,
        "original": job.original,
        "sources": [[str(path) for path in photos] for photos in job.people],
        "frames": len(checked.watched.times),
        "faces": len({one.track for one in checked.watched.figures}),
        "measured": len(checked.watched.figures),
        "flagged_frames": len(flagged_frames(spans)),
        "unseen": checked.watched.unseen,
        "unpaired": checked.watched.unpaired,
        "embedder": {"name": name, "sha256": digest} if name else None,
        "bounds": dataclasses.asdict(checked.bounds),
        "left_out": {reason.value: why for reason, why in checked.left_out.items()},
        "spans": [_span(span) for span in spans],
        "notes": list(checked.notes),
    }


def _span(span: FlaggedSpan) -> dict[str, object]:
    box = span.box
    return {
        "reason": span.reason.value,
        "words": WORDS[span.reason],
        "face": span.track,
        "first_frame": span.first,
        "last_frame": span.last,
        "start_s": round(span.start, 3),
        "end_s": round(span.end, 3),
        "frames": span.frames,
        "worst": None if span.worst is None else round(span.worst, 4),
        "worst_frame": span.at,
        "box": [round(v, 1) for v in (box.x0, box.y0, box.x1, box.y1)],
    }


def lines(checked: Checked, spans: Sequence[FlaggedSpan]) -> list[str]:
    """One line a span, then the sum, then what was not looked at."""
    told = []
    for span in spans:
        worst = "" if span.worst is None else f", at worst {span.worst:.2f}"
        told.append(
            f"{clock(span.start)} to {clock(span.end)}  {span.reason.value}: {WORDS[span.reason]}"
            f" (face {span.track}, {span.frames} frames{worst})"
        )
    flagged, frames = len(flagged_frames(spans)), len(checked.watched.times)
    told.append(f"{flagged} of {frames} frames are flagged" if spans else f"nothing is flagged in {frames} frames")
    told += [f"not looked at: {reason.value} ({why})" for reason, why in checked.left_out.items()]
    return [*told, *(f"note: {note}" for note in checked.notes)]
