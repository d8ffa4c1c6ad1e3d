"""One picture: a photo as the target, or one frame of a clip as a preview. The same perceive and paint as for clips."""

import itertools
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from rich.console import Console
from stream.still import read_image, write_image

from engines.errors import InputError
from engines.values import U8, Rect
from stream.frame import Done, Frame, Plan, Scene
from stream.picture import Picture
from stream.planes import Planes
from stream.report import Report
from stream.route import route
from stream.source import open_source
from stream.stats import Stats
from tools import table
from tools.cast import Cast
from tools.job import Job

GAP = 8  # pixels of white between before and after


def swap_picture(job: Job, cast: Cast) -> int:
    """Swaps in a photo. Without a face to paint the photo is written as it is, and said so. Returns the exit code."""
    assert job.output is not None
    report = Report(job.report) if job.report else None
    console = Console(stderr=True, highlight=False, quiet=job.quiet)
    stats = Stats()
    try:
        frame = read_frame(job.target, stats)
        with stats.time("perceive"):
            scene = cast.perceive(frame)
        done, picture = painted(scene, cast, stats)
        with stats.time("encode"):
            write_image(Path(job.output), whole(picture))
        for note in cast.notes:
            console.print(f"note: {note}")
        if not done.patches:
            console.print(f"note: no face to paint was seen in {job.target}; it was written unchanged")
        if report:
            report.add(done.plan)
            size = {"path": job.target, "width": picture.width, "height": picture.height}
            made = {"path": job.output, "frames": 1, "bytes": Path(job.output).stat().st_size}
            report.finish(stats.table(), size, made, job.consent)
    finally:
        if report:
            report.abandon()
    if not job.quiet:
        out = Console(highlight=False)
        out.print(table.render(stats.table()))
        out.print(f"wrote {job.output}", soft_wrap=True)
    return 0


def preview(job: Job, cast: Cast, picture: bool) -> None:
    """Writes before and after of one frame side by side: the frame at --start, else the first with a face to paint."""
    assert job.preview is not None
    stats = Stats()
    if picture:
        done, after = painted(cast.perceive(read_frame(job.target, stats)), cast, stats)
    else:
        with open_source(job.target, start=job.start, end=job.end, threads=job.threads) as source:
            frames = itertools.islice(source.frames(), 1 if job.start is not None else None)
            scenes = (cast.perceive(frame) for frame in frames)
            scene = next((s for s in scenes if any(t.source is not None for t in s.tracks)), None)
            if scene is None:
                at = f"in the frame at --start {float(job.start):g} s" if job.start is not None else "in any frame"
                raise InputError(f"{job.target}: no face to paint was seen {at}; try another --start or --who")
            done, after = painted(scene, cast, stats)
    before = whole(done.plan.scene.frame.picture)
    gap = np.full((before.shape[0], GAP, 3), 255, np.uint8)
    write_image(job.preview, np.concatenate([before, gap, whole(after)], axis=1))
    if not job.quiet:
        Console(stderr=True, highlight=False).print(
            f"wrote {job.preview} (frame at {done.plan.scene.frame.seconds:.2f} s)", soft_wrap=True
        )


def read_frame(path: str, stats: Stats) -> Frame:
    """A photo as the first frame of a clip."""
    with stats.time("decode"):
        pixels = read_image(Path(path))
    picture = Planes.of(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24"))
    return Frame(0, 0, Fraction(1, 25), picture, time.monotonic())


def painted(scene: Scene, cast: Cast, stats: Stats) -> tuple[Done, Picture]:
    plan: Plan = route(scene)
    start = stats.clock()
    with stats.time("paint"):
        done = cast.paint(plan)
    stats.routed(plan.route, stats.clock() - start)
    with stats.time("paste"):
        picture = scene.frame.picture
        return done, picture.pasted(done.patches) if done.patches else picture


def whole(picture: Picture) -> U8:
    """The whole picture as uint8 (h, w, 3) RGB."""
    return picture.rgb(Rect(0, 0, picture.width, picture.height))
