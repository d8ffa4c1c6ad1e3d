"""RepairJob: a checked clip becomes a repaired one beside it: searched, replaced, marked and signed. The clip itself
stays as it is."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from calib.qa.reasons import QaReason
from calib.qa.scoring import Attempt
from calib.qa.spans import FlaggedSpan
from calib.search.eacps import SearchResult
from engines.errors import UnderstudyError
from engines.store.store import Store, default_store
from engines.watermark.payload import Payload
from stream.consent.consent import Consent
from stream.consent.embedder import open_embedder
from stream.marks.happened import WhatHappened
from stream.marks.layers import Marking, Signer
from stream.marks.maker import used_models, version
from stream.marks.output_marks import OutputMarks, identity_of
from stream.marks.verify import verify
from stream.media.marking import Marker
from stream.media.replacing import PictureGroup, groups, replace_groups, touched
from stream.media.source import open_source
from stream.picture import Picture
from stream.pipeline.models import Models
from stream.pipeline.spec import SwapSpec
from stream.pixels.planes import Planes
from stream.qa.checking import LEVELLED, Checked, people_of
from stream.qa.measuring import FaceMeasuring
from stream.qa.reading import frames_from
from stream.qa.repairing import Repairer, RepairStretch, stretches


@dataclass(frozen=True, slots=True)
class RepairJob:
    """clip: a finished swap by this program. original: its target. spec: as it is to be painted. tries: ways to paint
    a stretch anew, at most. seed: of the search. consent: as it was settled. start: seconds of the original at which
    the clip begins."""

    clip: str
    original: str
    output: str
    spec: SwapSpec
    consent: Consent
    tries: int = 6
    seed: int = 0
    start: Fraction | None = None
    signer: Signer = field(default_factory=Signer)


@dataclass(frozen=True, slots=True)
class Repaired:
    """stretch: of frames. found: what the search tried; its best is the clip's own where nothing was better."""

    stretch: RepairStretch
    found: SearchResult[Attempt]

    @property
    def better(self) -> bool:
        return self.found.best.number != 0


def repair(
    job: RepairJob,
    checked: Checked,
    spans: Sequence[FlaggedSpan],
    told: Callable[[], object] = lambda: None,
    store: Store | None = None,
) -> list[Repaired]:
    """spans: what is to be repaired. Writes no output where nothing became better. told: called for each try. Raises
    UnderstudyError where the clip's pictures carry no readable mark of this program, and what else goes wrong."""
    store = store or default_store()
    payload = _payload(job.clip)
    own = groups(job.clip)  # what cannot be repaired in part is told before the work
    embedder = open_embedder(store)
    people = people_of(job.spec.source, embedder, store)
    with closing(Models(job.spec, store=store, lanes=1)) as models:
        template = store.catalog.template(LEVELLED)
        with closing(FaceMeasuring(models.perception, template, embedder, people)) as measure:
            repairer = Repairer(models, job.spec, job.original, checked.watched, measure, checked.bounds)
            done = [
                Repaired(stretch, repairer.search(stretch, job.tries, job.seed + place, told))
                for place, stretch in enumerate(stretches(spans, checked.watched.times))
            ]
            better = [one for one in done if one.better]
            if better:
                _write(job, repairer, better, own, payload, models, checked)
    return done


def _payload(clip: str) -> Payload:
    found = verify(clip, thorough=False).mark
    if found is None or not found.found or found.payload is None:
        raise UnderstudyError(
            f"{clip} carries no invisible mark that can be read, so its repaired pictures could not be marked as the"
            " others are; repair an output of `understudy swap` itself"
        )
    return found.payload


def _write(
    job: RepairJob,
    repairer: Repairer,
    better: Sequence[Repaired],
    own: list[PictureGroup],
    payload: Payload,
    models: Models,
    checked: Checked,
) -> None:
    now = datetime.now(UTC)
    marks = OutputMarks(job.output, Marking(), job.consent, now, identity_of(job.signer), payload=payload)
    assert marks.marker is not None
    kept = {f.frame for f in checked.watched.figures if f.seen and not _unpainted(f.frame, checked)}
    happened = WhatHappened(
        made=now,
        frames=len(checked.watched.times),
        painted=len(kept | {f.frame for one in better for f in one.found.best.candidate.figures}),
        models=used_models(models.files, models.store),
        start=job.start,
    )
    frames = {frame for one in better for frame in range(one.stretch.first, one.stretch.last + 1)}
    pictures = _Pictures(job.clip, checked.watched.times, repairer, better, marks.marker)
    with open_source(job.clip) as source:
        replace_groups(
            source,
            job.output,
            touched(own, frames),
            pictures,
            lambda path: marks.sign(path, version(), happened, Path(job.clip)),
        )


def _unpainted(frame: int, checked: Checked) -> bool:
    return any(span.reason is QaReason.MISSED and span.first <= frame <= span.last for span in checked.spans)


class _Pictures:
    """Of a group: the repaired ones marked, the others as the clip has them."""

    def __init__(
        self, clip: str, times: Sequence[float], repairer: Repairer, better: Sequence[Repaired], marker: Marker
    ) -> None:
        self._clip, self._times = clip, times
        self._repairer, self._better, self._marker = repairer, better, marker

    def __call__(self, group: PictureGroup) -> Iterator[tuple[int, Picture]]:
        fresh = self._fresh(group)
        following = next(fresh, None)
        for index, frame in frames_from(self._clip, self._times, group.first, group.last):
            if following is not None and following[0] == index:
                yield frame.pts, self._marker.mark(following[1], index, last=True)
                following = next(fresh, None)
            else:
                yield frame.pts, frame.picture

    def _fresh(self, group: PictureGroup) -> Iterator[tuple[int, Planes]]:
        for one in self._better:
            if one.stretch.last < group.first or one.stretch.first > group.last:
                continue
            for index, done in self._repairer.painted(one.stretch, one.found.best.candidate.words):
                if group.first <= index <= group.last:
                    assert isinstance(done.picture, Planes)
                    yield index, done.picture
