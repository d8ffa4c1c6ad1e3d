"""Checking: a finished swap from its file to flagged spans: opens clips and networks, watches, judges."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from calib.identity.bounds import bounds_of
from calib.qa.bounds import QaBounds, identity_bound
from calib.qa.judging import judge
from calib.qa.reasons import QaReason, left_out
from calib.qa.spans import FlaggedSpan
from engines.extras import install
from engines.store.store import Store, default_store
from engines.values import F32
from stream.consent.embedder import FaceEmbedder, open_embedder, open_finder
from stream.consent.photos import read_photos
from stream.media.source import Source, open_source
from stream.perception.perceiver import Perceiver
from stream.pipeline.models import Models
from stream.pipeline.spec import SwapSpec
from stream.qa.measuring import FaceMeasuring
from stream.qa.watching import Watched, watch

LEVELLED = "arcface_128"  # the template on which faces are levelled, whatever the embedder


@dataclass(frozen=True, slots=True)
class CheckJob:
    """clip: a finished swap. people: the photos of each source. original: what was swapped, None where it is not at
    hand; start, end: seconds of it that the swap kept. who, map: as the swap got them. identity: as `identity_bound`
    reads it. report: the swap's report is at hand."""

    clip: str
    people: tuple[tuple[Path, ...], ...]
    original: str | None = None
    start: Fraction | None = None
    end: Fraction | None = None
    who: str | None = None
    map: tuple[str, ...] = ()
    identity: str = "different"
    report: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """rate: frames a second of the clip, None where nobody knows. embedder: its name and sha256, empty without one.
    left_out: checks that were not made, with the reason."""

    watched: Watched
    spans: tuple[FlaggedSpan, ...]
    bounds: QaBounds
    rate: Fraction | None
    embedder: tuple[str, ...]
    left_out: dict[QaReason, str]
    notes: tuple[str, ...] = field(default=())


Follow = Callable[[int | None], Callable[[], object]]
"""Called with the number of frames, if it is known; returns what is called for each."""


def check_clip(job: CheckJob, follow: Follow = lambda _: lambda: None, store: Store | None = None) -> Checked:
    """Raises UnderstudyError, InputError, SourceError, ModelError, DeviceError."""
    store = store or default_store()
    spec = SwapSpec(source=job.people, who=job.who, map=job.map)
    spec.check()
    with ExitStack() as stack:
        clip = stack.enter_context(open_source(job.clip))
        original = None
        if job.original is not None:
            original = stack.enter_context(open_source(job.original, start=job.start, end=job.end))
        embedder = open_embedder(store)
        people = people_of(job.people, embedder, store)
        bounds = _bounds(job.identity, embedder)
        models = stack.enter_context(closing(Models(spec, store=store, lanes=1)))
        matcher = models.matcher(models.references(spec.rules))
        perceiver = stack.enter_context(closing(Perceiver(models.perception, spec.rules, likeness=matcher)))
        template = store.catalog.template(LEVELLED)
        measure = stack.enter_context(closing(FaceMeasuring(models.perception, template, embedder, people)))
        frames = original.frames() if original is not None else None
        watched = watch(clip.frames(), frames, perceiver, measure, follow(clip.info.frames))
        notes = (*clip.notes, *_notes(watched, original))
    return Checked(
        watched=watched,
        spans=tuple(judge(watched.figures, bounds)),
        bounds=bounds,
        rate=clip.info.rate,
        embedder=(embedder.model.name, embedder.digest) if embedder is not None else (),
        left_out=left_out("" if embedder is not None else f"`{install('identity')}`", original is not None, job.report),
        notes=notes,
    )


def people_of(people: Sequence[tuple[Path, ...]], embedder: FaceEmbedder | None, store: Store) -> list[F32]:
    """Each source's embedding; none without an embedder, and their photos are looked at all the same."""
    if embedder is not None:
        return [embedder.embed(read_photos(photos)).mean for photos in people]
    finder = open_finder(store)
    for photos in people:
        if finder is not None:
            finder.find(read_photos(photos))
    return []


def _bounds(text: str, embedder: FaceEmbedder | None) -> QaBounds:
    if embedder is None:
        return QaBounds()
    own = bounds_of(embedder.model.name)
    return QaBounds(identity=identity_bound(text, own), own=own.same)


def _notes(watched: Watched, original: Source | None) -> list[str]:
    notes = []
    if not watched.figures:
        notes.append("no face that was to be replaced was seen; look at --who, or give the clip that was swapped")
    if watched.unseen:
        notes.append(f"in {watched.unseen} frames a face of the original was out of sight: nothing is said of it there")
    if watched.unpaired:
        notes.append(f"{watched.unpaired} frames have none beside them: the swap and --original differ in length")
    if original is not None:
        notes += original.notes
    return notes
