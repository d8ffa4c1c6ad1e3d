"""One picture: a photo as the target, or one frame of a clip as a preview. The same perceive and paint as for clips."""

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from rich.console import Console

from engines.errors import InputError
from engines.values import U8, Rect
from stream.frame import Done, Frame, Plan, Scene
from stream.marks.output_marks import OutputMarks
from stream.media.source import open_source
from stream.media.still import read_image, write_image
from stream.picture import Picture
from stream.pixels.planes import Planes
from stream.telemetry.report import Report
from stream.telemetry.stats import Stats
from tools.swap.cast import Cast, open_cast
from tools.swap.job import SwapJob
from tools.swap.signing import in_words, open_stamp, signing, told

GAP = 8  # pixels of white between before and after


def swap_picture(job: SwapJob, output: str) -> int:
    """Swaps in a photo. Without a face to paint the photo is written as it is, unmarked, and said so. Returns the exit
    code."""
    stats = Stats()
    stamp = open_stamp(job, output)
    with ExitStack() as stack:
        frame = read_frame(job.target, stats)
        report = Report(job.report) if job.report else None
        if report:
            stack.callback(report.abandon)
        cast = stack.enter_context(open_cast(job, single=True))
        with stats.time("perceive"):
            scene = cast.perceive(frame)
        done, picture = painted(scene, cast, stats)
        with stats.time("encode"):
            if done.patches:
                shown = imprinted(whole(picture), stamp)
                write_image(output, shown, like=job.target, finishing=signing(stamp, job, cast, stats))
            else:
                write_image(output, whole(picture), like=job.target)
        console = Console(stderr=True, highlight=False, quiet=job.quiet)
        for note in cast.notes:
            console.print(f"note: {note}")
        if not done.patches:
            console.print(f"note: no face to paint was seen in {job.target}; it was written unchanged and unmarked")
        if report:
            report.add(done.plan)
            size = {"path": job.target, "width": picture.width, "height": picture.height}
            made = {"path": output, "frames": 1, "bytes": Path(output).stat().st_size}
            report.finish(stats.table(), size, made, **told(stamp if done.patches else None, job, cast))
    if not job.quiet:
        console = Console(highlight=False)
        console.print(f"wrote {output}", soft_wrap=True)
        if done.patches:
            console.print(in_words(stamp), soft_wrap=True)
    return 0


def preview(job: SwapJob, output: Path, picture: bool) -> None:
    """Writes before and after of one frame side by side: the frame at --start, else the first with a face to paint."""
    stats = Stats()
    stamp = open_stamp(job, str(output))
    with ExitStack() as stack:
        frames: Iterator[Frame]
        if picture:
            frames = iter([read_frame(job.target, stats)])
        else:
            source = open_source(job.target, start=job.start, end=job.end, threads=job.threads)
            frames = itertools.islice(stack.enter_context(source).frames(), 1 if job.start is not None else None)
        cast = stack.enter_context(open_cast(job, single=True))
        scenes = (cast.perceive(frame) for frame in frames)
        scene = next((s for s in scenes if any(t.source is not None for t in s.tracks)), None)
        if scene is None:
            at = f"in the frame at --start {float(job.start):g} s" if job.start is not None else "anywhere"
            raise InputError(f"{job.target}: no face to paint was seen {at}; try another --start or --who")
        _, after = painted(scene, cast, stats)
        before = whole(scene.frame.picture)
    gap = np.full((before.shape[0], GAP, 3), 255, np.uint8)
    both = imprinted(np.concatenate([before, gap, whole(after)], axis=1), stamp)
    write_image(str(output), both, finishing=signing(stamp, job, cast, stats))
    if not job.quiet:
        at = "" if picture else f" (the frame at {scene.frame.seconds:.2f} s)"
        Console(stderr=True, highlight=False).print(f"wrote {output}{at}", soft_wrap=True)


def imprinted(rgb: U8, stamp: OutputMarks) -> U8:
    """uint8 (h, w, 3) RGB with the invisible mark, where it is on."""
    return rgb if stamp.marker is None else stamp.marker.mark_rgb(rgb)


def read_frame(path: str, stats: Stats) -> Frame:
    """A photo as the first frame of a clip."""
    with stats.time("decode"):
        pixels = read_image(path)
    picture = Planes.of(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24"))
    return Frame(0, 0, Fraction(1, 25), picture, time.monotonic())


def painted(scene: Scene, cast: Cast, stats: Stats) -> tuple[Done, Picture]:
    plan: Plan = cast.route(scene)
    start = stats.clock()
    with stats.time("paint"):
        done = cast.refine(cast.paint(plan))
    stats.routed(plan.route, stats.clock() - start)
    with stats.time("paste"):
        picture = scene.frame.picture
        return done, picture.pasted(done.patches) if done.patches else picture


def whole(picture: Picture) -> U8:
    """The whole picture as uint8 (h, w, 3) RGB."""
    return picture.rgb(Rect(0, 0, picture.width, picture.height))
