"""Seal: a job's marking, put together from what the job asked for, what ran, and what became of it."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from engines.store.store import default_store
from stream.journey import FrameSink
from stream.marks.happened import WhatHappened
from stream.marks.maker import used_models, version
from stream.marks.output_marks import OutputMarks, identity_of
from stream.media.marking import MarkingSink
from stream.telemetry.stats import Stats
from tools.swap.cast import Cast
from tools.swap.job import SwapJob


def open_stamp(job: SwapJob, output: str) -> OutputMarks:
    """The marking of one of a job's outputs. Raises SigningError, MarkingError: before any work is done."""
    on = job.marking.manifest or job.marking.watermark
    if job.marking.manifest:
        threading.Thread(target=_warm, name="warm signer").start()
    return OutputMarks(output, job.marking, job.consent, datetime.now(UTC), identity_of(job.signer) if on else None)


def _warm() -> None:
    """Loads the signing library while networks are loaded and frames flow, not when the user waits for the end."""
    import stream.marks.sign  # noqa: F401

    version()


def marked(sink: FrameSink, stamp: OutputMarks) -> FrameSink:
    """The sink, or one that marks what goes into it."""
    return sink if stamp.marker is None else MarkingSink(sink, stamp.marker)


def signing(stamp: OutputMarks, job: SwapJob, cast: Cast, stats: Stats) -> Callable[[Path], None]:
    """What signs a finished file, once it is called with it: by then the routes are known."""

    def sign(path: Path) -> None:
        routes = {route.value: timing.count for route, timing in stats.table().routes.items()}
        with stats.time("sign"):
            models = used_models(cast.models, default_store())
            stamp.sign(path, version(), WhatHappened.by_routes(routes, models, datetime.now(UTC)), job.ingredient)

    return sign


def told(stamp: OutputMarks | None, job: SwapJob, cast: Cast) -> dict[str, object]:
    """What the report says of it. The wording of consent records is there, and not in the file that travels.
    stamp: None where nothing was replaced, so that there was nothing to mark."""
    return {
        "consent": job.consent.as_json(records=True) if job.consent is not None else None,
        "models": [{"name": one.name, "sha256": one.sha256} for one in used_models(cast.models, default_store())],
        "marking": stamp.as_json() if stamp is not None else None,
    }


def in_words(stamp: OutputMarks) -> str:
    """One sentence for the person who ran the job."""
    said = stamp.as_json()
    parts = [f"invisible mark {said['watermark']}"] if said["watermark"] else []
    parts += [f"signed record {said['manifest']}, by {said['signer']}"] if said["manifest"] else []
    if not parts:
        return "not marked" + (f": {said['because']}" if said["because"] else "")
    return "marked: " + "; ".join(parts)
