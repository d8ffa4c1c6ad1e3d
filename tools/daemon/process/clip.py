"""ClipWork: a clip as a job: its frames in finished pieces, the pieces joined and signed. It goes on where a process
before it ended, if what it works with is the same.
"""

import asyncio
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from engines.store.store import default_store
from engines.watermark.payload import Payload
from stream.frame import Done
from stream.jobs.job import SwapJob
from stream.jobs.marking import open_marks, refuse_misses
from stream.journey import run
from stream.lanes.runtime import settle
from stream.marks.happened import WhatHappened
from stream.marks.keys import local_identity
from stream.marks.maker import used_models, version
from stream.marks.output_marks import OutputMarks
from stream.media.marking import Marker
from stream.media.source import Source, open_source
from stream.pipeline.misses import end_warnings
from stream.pipeline.pipeline import open_pipeline
from stream.telemetry.stats import Stats
from tools.daemon.files.fingerprint import Fingerprint
from tools.daemon.process.encoding import encoding_of, lost_in
from tools.daemon.process.join import check_streams, container_of, join
from tools.daemon.process.reporter import Reporter
from tools.daemon.process.resume import FrameCounter, KeptState, ResumeState
from tools.daemon.process.segments import Segments, drop, finished
from tools.daemon.steps import Step

WARM = Fraction(2)  # seconds before the first new frame that the stages see, so that they remember who is there


class ClipWork:
    """job: whose output is where the whole file is to be written. demuxer: of its target. folder: the job's. length:
    seconds of a piece. stop: set to pause. To be closed."""

    def __init__(
        self,
        job: SwapJob,
        demuxer: str,
        folder: Path,
        length: Fraction,
        state: KeptState,
        reporter: Reporter,
        stop: threading.Event,
    ) -> None:
        """Opens all it needs. Raises UnderstudyError."""
        self._job, self._folder, self._length = job, folder, length
        self._state, self._reporter, self._stop = state, reporter, stop
        self._marks: OutputMarks | None = None
        settle()
        assert job.output is not None, "a clip has an output"
        with ExitStack() as stack:
            threads = job.encoding.threads
            self._source = stack.enter_context(
                open_source(job.target, start=job.start, end=job.end, threads=threads, demuxer=demuxer)
            )
            reporter.passed(Step.SOURCE_OPENED)
            info = self._source.info
            container_of(job.output, info.rotation, info.mirrored)
            self._encoding = encoding_of(job.encoding, job.output, info.pix_fmt, info.transparent, info.hdr)
            codec = self._encoding.codec or ""
            self._lost = lost_in(job.output, info, codec)
            check_streams(self._source, job.output, codec, job.streams)
            self._pipeline = stack.enter_context(open_pipeline(job.spec))
            reporter.passed(Step.NETWORKS_OPENED)
            self._closing = stack.pop_all()

    def close(self) -> None:
        self._closing.close()

    def cut(self, inputs: Mapping[str, Fingerprint]) -> bool:
        """All frames, as pieces. inputs: what they are made of. False: `stop` was set, and what was finished is kept.
        Raises UnderstudyError, OSError."""
        marker = self._begin(inputs)
        done = finished(self._folder)
        self._reporter.passed(Step.PIECES_LISTED)
        last, total = done[-1].last if done else None, self._state.value.total
        counter = FrameCounter(self._state.value.account, self._pipeline.misses, last)

        def landed(_: object) -> None:
            self._state.keep(replace(self._state.value, account=counter.account))

        def witness(one: Done) -> None:
            counter.add(one.frame, one.plan.route)
            self._reporter.progress(segments.frames, total)

        with ExitStack() as stack:
            reading = stack.enter_context(resumed_source(self._source, self._job, last))
            self._reporter.passed(Step.READER_OPENED)
            passed = self._reporter.passed
            segments = Segments(self._folder, reading, self._encoding, marker, landed, self._length, passed)
            stack.callback(segments.abandon)
            stages, stop = self._pipeline.stages, self._stop
            whole = asyncio.run(run(reading.frames(), segments, stages, stats=Stats(), witness=witness, stop=stop))
            for note in reading.notes:
                self._reporter.note(note)
        self._reporter.passed(Step.FRAMES_ENDED)
        self._reporter.progress(segments.frames, total, at_once=True)
        return whole

    def join(self) -> None:
        """The pieces as one file, signed, at the job's output. Raises UnderstudyError, OSError."""
        assert self._job.output is not None
        misses, pieces = self._state.value.account.misses, finished(self._folder)
        frames = sum(piece.frames for piece in pieces)
        refuse_misses(self._job, misses)
        notes = join(
            pieces,
            self._source,
            self._job.output,
            lambda path: self._sign(path, frames),
            self._reporter.passed,
            self._job.streams,
        )
        for words in notes:
            self._reporter.note(words)
        for words in end_warnings(misses, frames, self._job.spec.on_miss, self._job.source_names):
            self._reporter.note(words)

    def _begin(self, inputs: Mapping[str, Fingerprint]) -> Marker | None:
        """Drops pieces that were made of other inputs, or by others, and keeps what these are. Returns what marks the
        frames: one output has one mark, however often its work was begun. Raises SigningError, OSError."""
        networks = {f"network {one.name}": one.sha256 for one in used_models(self._pipeline.files, default_store())}
        makers = {name: Fingerprint(0, 0, digest) for name, digest in (networks | {"version": version()}).items()}
        inputs = {**inputs, **makers}
        state = self._state.value
        if not state.is_of(inputs):
            if drop(self._folder) and state.inputs:
                self._reporter.note("an input, or the program, has changed since the last try; the job begins anew")
            state = ResumeState()
            for note in (*self._source.info.notes, *self._lost, *self._pipeline.notes):
                self._reporter.note(note)
        assert self._job.output is not None
        before = None if state.session is None else Payload(local_identity().producer, state.session)
        self._marks = open_marks(self._job, self._job.output, before)
        marker = self._marks.marker
        state = replace(
            state,
            inputs=inputs,
            placing=(),
            session=marker.payload.session if marker is not None else None,
            total=self._source.info.frames,
            resumed=state.resumed + bool(state.inputs),
        )
        self._state.keep(state)
        self._reporter.passed(Step.INPUTS_KEPT)
        return marker

    def _sign(self, path: Path, frames: int) -> None:
        """Raises SigningError."""
        account, job = self._state.value.account, self._job
        happened = WhatHappened(
            datetime.now(UTC),
            frames,
            account.painted,
            account.covered,
            account.routes,
            used_models(self._pipeline.files, default_store()),
            job.start,
            job.end,
            resumed=self._state.value.resumed,
        )
        assert self._marks is not None
        self._marks.sign(path, version(), happened, job.ingredient)
        self._reporter.passed(Step.SIGNED)


def resumed_source(source: Source, job: SwapJob, last: int | None) -> Source:
    """The source, opened where work goes on. last: pts of the last finished frame, None where there is none. Pieces
    begin at 0, so it always has a start."""
    start = job.start or Fraction(0)
    if last is not None:
        origin = Fraction(source.container.start_time or 0, 1_000_000)
        start = max(start, last * source.info.time_base - origin - WARM)
    threads = job.encoding.threads
    return open_source(job.target, start=start, end=job.end, threads=threads, like=source.info, demuxer=source.demuxer)
