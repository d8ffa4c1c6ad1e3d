"""`understudy bench identity`: how fast identity sets are made of a video, beside decoding it and nothing else."""

import json
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from engines.errors import UnderstudyError


def register(app: typer.Typer) -> None:
    app.command()(identity)


def identity(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video of one or two people.")],
    fps: Annotated[float, typer.Option(help="Frames that are looked at, a second.")] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="The answer for programs.")] = False,
) -> None:
    """Measure how fast sets are made: times real time, and times plain decoding."""
    from tools.identity.build import BuildOptions, run

    seconds, plain = _decoded(video)
    with TemporaryDirectory(prefix="understudy-") as scratch:
        seen: list[float] = []
        peaks: list[int] = []

        def told(_: int, seconds: float) -> None:
            seen.append(seconds)
            peaks.append(_peak())

        began = time.monotonic()
        built, _ = run(BuildOptions((video,), Path(scratch) / "sets", fps=fps), told)
        taken = time.monotonic() - began
    looked = max(seen) if built.stopped.value != "end_of_video" else seconds
    answer = {
        "video": video.name,
        "seconds": round(seconds, 3),
        "seconds_looked_at": round(looked, 3),
        "decoding": round(plain, 3),
        "building": round(taken, 3),
        "times_real_time": round(looked / taken, 2),
        "times_decoding": round(taken / (plain * looked / seconds), 2),
        "frames_looked_at": built.looked,
        "stopped": built.stopped.value,
        "memory_mb": round(peaks[-1] / 1e6),
        "memory_grown_mb": round((peaks[-1] - peaks[len(peaks) // 2]) / 1e6, 1),
    }
    if as_json:
        typer.echo(json.dumps(answer, indent=1))
        return
    typer.echo(
        f"{video.name}: {looked:.1f} s in {taken:.1f} s, {answer['times_real_time']} times real time,"
        f" {answer['times_decoding']} times as long as plain decoding; {built.stopped.value}"
    )
    typer.echo(f"memory {answer['memory_mb']} MB, grown by {answer['memory_grown_mb']} MB in the second half")


def _decoded(video: Path) -> tuple[float, float]:
    """Seconds of the video, and those that decoding it takes."""
    from stream.media.source import open_source

    began, last = time.monotonic(), 0.0
    with open_source(str(video)) as source:
        for frame in source.frames():
            last = frame.seconds
    if last <= 0:
        raise UnderstudyError(f"{video} holds one frame; give a video of some seconds")
    return last, time.monotonic() - began


def _peak() -> int:
    """Bytes, the most that this process has held so far."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
