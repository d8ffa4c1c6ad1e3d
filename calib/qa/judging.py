"""Judging: all figures of a clip to its flagged spans, in the order of time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from calib.qa import moving, still
from calib.qa.bounds import QaBounds
from calib.qa.figures import FaceFigures
from calib.qa.reasons import QaReason
from calib.qa.spans import FlaggedSpan, spans


def judge(figures: Iterable[FaceFigures], bounds: QaBounds) -> list[FlaggedSpan]:
    """A face that was not painted at all is flagged for that alone: nothing else can be said of its paint."""
    tracks: defaultdict[int, list[FaceFigures]] = defaultdict(list)
    for one in figures:
        tracks[one.track].append(one)
    found = [span for track in sorted(tracks) for span in _track(tracks[track], bounds)]
    return sorted(found, key=lambda span: (span.first, span.track, span.reason))


def _track(seen: Sequence[FaceFigures], bounds: QaBounds) -> list[FlaggedSpan]:
    missed = still.missed(seen, bounds)
    painted = [one for i, one in enumerate(seen) if i not in missed]
    # what was missed is no neighbour of what is judged: its motion would be taken for a flicker
    gaps = {seen[i].frame for i in missed}
    calm = [replace(one, motion=None) if gaps & {one.frame - 1, one.frame - 2} else one for one in painted]
    found = spans(seen, missed, QaReason.MISSED)
    for reason, flags in (
        (QaReason.CONFIDENCE, still.unsure(painted, bounds)),
        (QaReason.IDENTITY, still.strangers(painted, bounds)),
        (QaReason.SEAM, still.seams(painted, bounds)),
        (QaReason.FLICKER, moving.flicker(calm, bounds)),
        (QaReason.LIGHT, moving.light(painted, bounds)),
        (QaReason.MOUTH, moving.frozen_mouth(painted, bounds)),
    ):
        found += spans(painted, flags, reason)
    return found


def flagged_frames(found: Iterable[FlaggedSpan]) -> set[int]:
    """Frames that lie within a span."""
    return {frame for span in found for frame in range(span.first, span.last + 1)}
