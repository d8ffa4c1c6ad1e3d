"""A job's marking, put together from what the job asked for, what ran, and what became of it."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from engines.errors import UnderstudyError
from engines.store.store import default_store
from engines.watermark.payload import Payload
from stream.jobs.job import SwapJob
from stream.journey import FrameSink
from stream.marks.happened import WhatHappened
from stream.marks.maker import used_models, version
from stream.marks.output_marks import OutputMarks, identity_of
from stream.media.marking import MarkingSink
from stream.pipeline.misses import MissLog, clock
from stream.pipeline.stages import Opened
from stream.telemetry.stats import Stats


def open_marks(job: SwapJob, output: str, payload: Payload | None = None) -> OutputMarks:
    """The marking of one of a job's outputs. payload: what its invisible mark says, where that was settled before.
    Raises SigningError, MarkingError: before any work is done."""
    on = job.marking.manifest or job.marking.watermark
    if job.marking.manifest:
        threading.Thread(target=_warm, name="warm signer").start()
    identity = identity_of(job.signer) if on else None
    return OutputMarks(output, job.marking, job.consent, datetime.now(UTC), identity, payload=payload)


def _warm() -> None:
    """Loads the signing library while networks are loaded and frames flow, not when the user waits for the end."""
    import stream.marks.sign  # noqa: F401

    version()


def marked(sink: FrameSink, marks: OutputMarks) -> FrameSink:
    """The sink, or one that marks what goes into it."""
    return sink if marks.marker is None else MarkingSink(sink, marks.marker)


def refuse_misses(job: SwapJob, misses: MissLog) -> None:
    """Raises UnderstudyError where the job asks for that and a face was missed, or none painted at all."""
    if not job.spec.strict_faces or (misses.painted and not misses.frames):
        return
    when = f"in {misses.frames} frames, first at {clock(misses.spans[0].start)}" if misses.frames else "in every frame"
    raise UnderstudyError(
        f"--strict-faces: a face to paint was missed {when}; nothing was kept. Take --on-miss blur, or another"
        " --detector"
    )


def routes_of(stats: Stats) -> dict[str, int]:
    """Frames by route, so far."""
    return {route.value: timing.count for route, timing in stats.table().routes.items()}


def what_happened(job: SwapJob, pipeline: Opened, stats: Stats, partial: bool = False) -> WhatHappened:
    """As the job counted it. partial: it was stopped, and what came before that is in the file."""
    routes, misses = routes_of(stats), pipeline.misses
    return WhatHappened(
        datetime.now(UTC),
        sum(routes.values()),
        misses.painted,
        misses.covered,
        routes,
        used_models(pipeline.files, default_store()),
        job.start,
        job.end,
        partial,
    )


def sign(path: Path, marks: OutputMarks, job: SwapJob, happened: WhatHappened, stats: Stats) -> None:
    """Signs a finished file, before it takes its final name. Raises SigningError."""
    with stats.time("sign"):
        marks.sign(path, version(), happened, job.ingredient)


def as_report(marks: OutputMarks | None, job: SwapJob, files: Mapping[str, Path], misses: MissLog) -> dict[str, object]:
    """What the report says of it. The wording of consent records is there, and not in the file that travels.
    marks: None where nothing was replaced, so that there was nothing to mark."""
    return {
        "consent": job.consent.as_json(records=True) if job.consent is not None else None,
        "models": [{"name": one.name, "sha256": one.sha256} for one in used_models(files, default_store())],
        "marking": marks.as_json() if marks is not None else None,
        "sources": [
            {"source": number, "photos": [str(path) for path in photos], "frames": misses.sources[number - 1]}
            for number, photos in enumerate(job.spec.source, 1)
        ],
        "missed_faces": {"frames": misses.frames, "spans": [span.as_json() for span in misses.spans]},
    }


def in_words(marks: OutputMarks) -> str:
    """One sentence for the person who ran the job."""
    said = marks.as_json()
    parts = [f"invisible mark {said['watermark']}"] if said["watermark"] else []
    parts += [f"signed record {said['manifest']}, by {said['signer']}"] if said["manifest"] else []
    if not parts:
        return "not marked" + (f": {said['because']}" if said["because"] else "")
    return "marked: " + "; ".join(parts)
