"""One picture: a photo as the target, or one frame of a clip as a preview. The same pipeline as for clips."""

import itertools
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from engines.errors import InputError
from engines.values import U8, Rect
from stream.frame import Frame
from stream.jobs.job import SwapJob
from stream.jobs.marking import as_report, in_words, open_marks, refuse_misses, sign, what_happened
from stream.jobs.result import JobResult, output_facts
from stream.marks.output_marks import OutputMarks
from stream.media.source import open_source
from stream.media.still import read_image, write_image
from stream.picture import Picture
from stream.pipeline.misses import end_warnings
from stream.pipeline.pipeline import open_pipeline
from stream.pipeline.spec import SwapSpec
from stream.pipeline.stages import Opened, Opener, through
from stream.pixels.planes import Planes
from stream.telemetry.report import Report
from stream.telemetry.stats import Stats

GAP = 8  # pixels of white between before and after


def single(spec: SwapSpec) -> AbstractContextManager[Opened]:
    """A pipeline for one picture."""
    return open_pipeline(spec, lanes=1)


def swap_picture(job: SwapJob, opener: Opener = single) -> JobResult:
    """Swaps in a photo. Where no face was painted or covered it is written as it is, unmarked, and that is noted.
    opener: of the pipeline. Raises UnderstudyError."""
    assert job.output is not None, "a picture has an output"
    stats, marks = Stats(), open_marks(job, job.output)
    with ExitStack() as stack:
        frame = read_frame(job.target, stats)
        report = Report(job.report) if job.report else None
        if report:
            stack.callback(report.abandon)
        pipeline = stack.enter_context(opener(job.spec))
        done = through(pipeline.stages, frame, stats)
        picture = done.picture or frame.picture
        notes = list(pipeline.notes)
        misses = pipeline.misses
        refuse_misses(job, misses)
        changed = bool(done.patches or misses.covered)
        with stats.time("encode"):
            if changed:
                shown = imprinted(whole(picture), marks)
                notes += write_image(
                    job.output,
                    shown,
                    like=job.target,
                    finishing=lambda path: sign(path, marks, job, what_happened(job, pipeline, stats), stats),
                )
            else:
                notes += write_image(job.output, whole(picture), like=job.target)
                notes.append(f"{job.target} was written unchanged and unmarked")
        if report:
            report.add(done.plan)
            size = {"path": job.target, "width": picture.width, "height": picture.height}
            told = as_report(marks if changed else None, job, pipeline.files, misses)
            report.finish(stats.table(), size, output_facts(job.output, 1), **told)
    said = in_words(marks) if changed else None
    warnings = end_warnings(misses, 1, job.spec.on_miss, job.source_names)
    return JobResult(job.output, True, stats.table(), misses, tuple(notes), warnings, said)


def preview(job: SwapJob, output: Path, picture: bool, opener: Opener = single) -> float:
    """Writes before and after of one frame side by side: the frame at `start`, else the first with a face to paint.
    Returns its time, seconds. Raises InputError where no face to paint is seen, UnderstudyError."""
    stats, marks = Stats(), open_marks(job, str(output))
    with ExitStack() as stack:
        frames: Iterator[Frame]
        if picture:
            frames = iter([read_frame(job.target, stats)])
        else:
            source = open_source(job.target, start=job.start, end=job.end, threads=job.encoding.threads)
            frames = itertools.islice(stack.enter_context(source).frames(), 1 if job.start is not None else None)
        pipeline = stack.enter_context(opener(job.spec))
        stages = pipeline.stages
        scenes = (stages.perceive(frame) for frame in frames)
        scene = next((s for s in scenes if any(t.source is not None for t in s.tracks)), None)
        if scene is None:
            at = f"in the frame at --start {float(job.start):g} s" if job.start is not None else "anywhere"
            raise InputError(f"{job.target}: no face to paint was seen {at}; try another --start or --who")
        done = stages.paste(stages.refine(stages.paints[0](stages.route(scene))))
        assert done.picture is not None, "it was pasted"
        before, after = whole(scene.frame.picture), whole(done.picture)
    gap = np.full((before.shape[0], GAP, 3), 255, np.uint8)
    both = imprinted(np.concatenate([before, gap, after], axis=1), marks)
    write_image(
        str(output), both, finishing=lambda path: sign(path, marks, job, what_happened(job, pipeline, stats), stats)
    )
    return scene.frame.seconds


def imprinted(rgb: U8, marks: OutputMarks) -> U8:
    """uint8 (h, w, 3) RGB with the invisible mark, where it is on."""
    return rgb if marks.marker is None else marks.marker.mark_rgb(rgb)


def read_frame(path: str, stats: Stats) -> Frame:
    """A photo as the first frame of a clip."""
    with stats.time("decode"):
        pixels = read_image(path)
    picture = Planes.of(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24"))
    return Frame(0, 0, Fraction(1, 25), picture, time.monotonic())


def whole(picture: Picture) -> U8:
    """The whole picture as uint8 (h, w, 3) RGB."""
    return picture.rgb(Rect(0, 0, picture.width, picture.height))
