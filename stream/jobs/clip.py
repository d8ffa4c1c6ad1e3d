"""A clip from file to file: opens both ends, runs the journey, marks, reports. Says what came of it; prints nothing."""

import asyncio
import threading
from contextlib import ExitStack
from pathlib import Path

from stream.frame import Done
from stream.jobs.job import SwapJob
from stream.jobs.marking import as_report, in_words, marked, open_marks, refuse_misses, sign, what_happened
from stream.jobs.result import Follow, JobResult, output_facts, unseen
from stream.journey import FrameSink, run
from stream.lanes.runtime import settle
from stream.marks.happened import WhatHappened
from stream.media.probe import SourceInfo
from stream.media.sink import open_sink
from stream.media.source import open_source
from stream.pipeline.misses import end_warnings
from stream.pipeline.pipeline import open_pipeline
from stream.pipeline.stages import Opened, Opener
from stream.telemetry.report import Report
from stream.telemetry.stats import Stats


def swap_clip(
    job: SwapJob, follow: Follow = unseen, stop: threading.Event | None = None, opener: Opener = open_pipeline
) -> JobResult:
    """follow: opens what shows the progress. stop: set it, and the file is finished with the frames in flight. opener:
    of the pipeline. Raises UnderstudyError; nothing is then left under the final names."""
    assert job.output is not None, "a clip has an output"
    settle()
    marks, stats = open_marks(job, job.output), Stats()
    with ExitStack() as stack:
        source = stack.enter_context(
            open_source(job.target, start=job.start, end=job.end, threads=job.encoding.threads)
        )
        happened: list[WhatHappened] = []
        opened: list[Opened] = []  # what can fail without the networks is tried before them

        def finishing(path: Path) -> None:
            refuse_misses(job, opened[0].misses)
            happened.append(what_happened(job, opened[0], stats, ends.partial))
            sign(path, marks, job, happened[0], stats)

        sink = open_sink(job.output, source, job.encoding, finishing=finishing, streams=job.streams)
        ends = _Ends(marked(sink, marks))
        stack.callback(sink.abandon)  # after it was closed: nothing
        report = Report(job.report) if job.report else None
        if report:
            stack.callback(report.abandon)
        pipeline = stack.enter_context(opener(job.spec))
        opened.append(pipeline)
        notes = (*source.info.notes, *sink.notes, *pipeline.notes)
        with follow(source.info.frames) as progress:
            for note in notes:
                progress.say(f"note: {note}")

            def witness(done: Done) -> None:
                progress.tick()
                if report:
                    report.add(done.plan)

            journey = run(source.frames(), ends, pipeline.stages, stats=stats, witness=witness, stop=stop)
            whole = asyncio.run(journey)
            for note in source.notes:  # what came up on the way
                progress.say(f"note: {note}")
        table = stats.table()
        if report and table.frames:
            facts = output_facts(job.output, table.frames)
            report.finish(
                table, input_facts(source.info), facts, **as_report(marks, job, pipeline.files, pipeline.misses)
            )
        misses = pipeline.misses
    warnings = end_warnings(misses, table.frames, job.spec.on_miss, job.source_names)
    said = in_words(marks) if table.frames else None
    return JobResult(job.output, whole, table, misses, notes, warnings, said, next(iter(happened), None))


class _Ends:
    """A sink that knows how it ended. partial: it was finished early."""

    def __init__(self, sink: FrameSink) -> None:
        self._sink, self.partial = sink, False
        self.write, self.close, self.abandon = sink.write, sink.close, sink.abandon

    def finish_early(self) -> None:
        self.partial = True
        self._sink.finish_early()


def input_facts(info: SourceInfo) -> dict[str, object]:
    """The report's `input`."""
    return {
        "path": info.path,
        "container": info.container,
        "codec": info.codec,
        "pix_fmt": info.pix_fmt,
        "width": info.width,
        "height": info.height,
        "rotation": info.rotation,
        "mirrored": info.mirrored,
        "aspect": None if info.aspect is None else str(info.aspect),
        "fps": None if info.rate is None else round(float(info.rate), 4),
        "time_base": str(info.time_base),
        "frames": info.frames,
        "duration_s": None if info.duration is None else round(float(info.duration), 4),
        "audio": info.audio,
        "subtitles": info.subtitles,
    }
