"""A clip from file to file: opens both ends, runs the journey, shows progress, tells what was measured."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console

from stream.frame import Done
from stream.journey import run
from stream.marks.output_marks import OutputMarks
from stream.media.probe import SourceInfo
from stream.media.sink import Encoding, Sink, open_sink
from stream.media.source import Source, open_source
from stream.telemetry.report import Report
from stream.telemetry.stats import Stats, Table
from tools.cli import table
from tools.cli.process import settle
from tools.cli.progress import Progress, open_progress
from tools.swap.cast import Cast, open_cast
from tools.swap.job import SwapJob
from tools.swap.signing import in_words, marked, open_stamp, signing, told

INTERRUPTED = 130  # what a shell gives a process that ended by Ctrl-C


def swap_clip(job: SwapJob, output: str) -> int:
    """Returns the exit code. Raises UnderstudyError; nothing is then left under the final names."""
    settle()
    stamp = open_stamp(job, output)
    with ExitStack() as stack:
        source = stack.enter_context(open_source(job.target, start=job.start, end=job.end, threads=job.threads))
        encoding = Encoding(job.codec, job.crf, job.preset, job.bitrate, job.threads)
        sink = open_sink(output, source, encoding)
        stack.callback(sink.abandon)  # after it was closed: nothing
        report = Report(job.report) if job.report else None
        if report:
            stack.callback(report.abandon)
        cast = stack.enter_context(open_cast(job))  # last: what can fail without the networks has been tried
        whole, measured = _journey(job, source, sink, cast, stamp, report)
        if report and measured.frames:
            made = output_facts(output, measured.frames)
            report.finish(measured, input_facts(source.info), made, **told(stamp, job, cast))
    if not job.quiet:
        console = Console(stderr=output == "-", highlight=False)
        console.print(table.render(measured))
        if whole:
            console.print(f"wrote {output}", soft_wrap=True)
        else:
            console.print(f"stopped early: {_kept(measured.frames, output)}", soft_wrap=True)
        if measured.frames:
            console.print(in_words(stamp), soft_wrap=True)
    return 0 if whole else INTERRUPTED


def _journey(
    job: SwapJob, source: Source, sink: Sink, cast: Cast, stamp: OutputMarks, report: Report | None
) -> tuple[bool, Table]:
    stop = threading.Event()
    with open_progress(source.info.frames, quiet=job.quiet) as progress, interruptible(stop, progress):
        for note in (*source.info.notes, *sink.notes, *cast.notes):
            progress.say(f"note: {note}")

        def witness(done: Done) -> None:
            progress.tick()
            if report:
                report.add(done.plan)

        stats = Stats()
        sink.finishing = signing(stamp, job, cast, stats)
        frames = source.frames()
        whole = asyncio.run(run(frames, marked(sink, stamp), *cast.stages, stats=stats, witness=witness, stop=stop))
        for note in source.notes:  # what came up on the way
            progress.say(f"note: {note}")
        return whole, stats.table()


def _kept(frames: int, output: str) -> str:
    return f"the first {frames} frames are in {output}" if frames else f"before the first frame; there is no {output}"


@contextmanager
def interruptible(stop: threading.Event, progress: Progress) -> Iterator[None]:
    """The first Ctrl-C sets `stop`, the second ends everything at once."""

    def on_signal(number: int, at: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        progress.say("stopping: finishing the file with the frames in flight (Ctrl-C again to drop it)")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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
        "fps": None if info.rate is None else round(float(info.rate), 4),
        "time_base": str(info.time_base),
        "frames": info.frames,
        "duration_s": None if info.duration is None else round(float(info.duration), 4),
        "audio": info.audio,
        "subtitles": info.subtitles,
    }


def output_facts(output: str, frames: int) -> dict[str, object]:
    """The report's `output`. bytes: None where it is no file."""
    path = Path(output)
    return {"path": output, "frames": frames, "bytes": path.stat().st_size if path.is_file() else None}
