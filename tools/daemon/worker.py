"""Work: one job's process. Reads its request from the job's folder, leaves finished pieces there, says how far it is.

The daemon starts it, and it never outlives the daemon: the end of its standard input is its own. What it says goes to
standard output, a JSON object a line: `frames` and `total`, or at the end `error`.
"""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from filelock import FileLock

from engines.errors import OutputError, UnderstudyError
from engines.watermark.payload import Payload
from stream.consent.package import default_identities
from stream.consent.people import find_people
from stream.consent.people import settle as settle_consent
from stream.frame import Done
from stream.jobs.job import SwapJob
from stream.jobs.marking import open_marks
from stream.jobs.picture import swap_picture
from stream.journey import run
from stream.lanes.runtime import settle
from stream.marks.happened import WhatHappened
from stream.marks.maker import used_models, version
from stream.marks.output_marks import OutputMarks
from stream.media.bitrate import parse_bitrate
from stream.media.codecs import Encoding, choose_codec
from stream.media.marking import Marker
from stream.media.source import Source, open_source
from stream.media.still import is_image
from stream.pipeline.pipeline import open_pipeline
from stream.pipeline.spec import read_spec
from stream.pipeline.stages import Opened
from stream.telemetry.stats import Stats
from tools.cli.process import limit_math_threads, quiet_opencv
from tools.cli.timecode import parse_time
from tools.daemon.join import container_of, join
from tools.daemon.request import Request, parse
from tools.daemon.segments import Segments, finished

SUSPENDED, WRONG = 75, 2  # exit codes: to be taken up again; to be mended by the user
WARM = Fraction(2)  # seconds before the first new frame that the stages see, so that they remember who is there
EVERY = 0.25  # seconds between two words on how far it is


def say(**words: object) -> None:
    print(json.dumps(words), flush=True)


def job_of(request: Request) -> SwapJob:
    """The job, with its people's consent settled. Raises UnderstudyError."""
    people = find_people(request.source, default_identities())
    bitrate = parse_bitrate(request.bitrate) if request.bitrate else None
    job = SwapJob(
        read_spec(request.options, tuple(person.photos for person in people)),
        request.target,
        request.output,
        Encoding(request.codec, request.crf, request.preset, bitrate),
        parse_time(request.start, "start") if request.start else None,
        parse_time(request.end, "end") if request.end else None,
        consent=settle_consent(people, request.consent, lambda _: False, datetime.now(UTC)),
    )
    job.check()
    return job


class ResumeState:
    """What must be the same after a new start: `state.json` in the job's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state.json"
        self.facts: dict[str, Any] = {"session": None, "total": None, "routes": {}}
        with suppress(OSError, ValueError):
            self.facts |= json.loads(self._path.read_text())

    def keep(self) -> None:
        partial = self._path.with_suffix(".part")
        partial.write_text(json.dumps(self.facts))
        partial.replace(self._path)


def swap(job: SwapJob, folder: Path, length: Fraction, stop: threading.Event) -> bool:
    """A clip, in pieces of `length` seconds. True: it is done; False: `stop` was set, and what was finished is kept."""
    assert job.output is not None
    settle()
    memory = ResumeState(folder)
    stamp = open_marks(job, job.output)
    _keep_mark(stamp, memory)
    with ExitStack() as stack:
        source = stack.enter_context(
            open_source(job.target, start=job.start, end=job.end, threads=job.encoding.threads)
        )
        container_of(job.output, source.info.rotation, source.info.mirrored)
        memory.facts["total"] = source.info.frames
        done = finished(folder)
        stats, known = Stats(), dict(memory.facts["routes"])

        def landed(_: object) -> None:
            now = {route.value: timing.count for route, timing in stats.table().routes.items()}
            memory.facts["routes"] = {k: known.get(k, 0) + now.get(k, 0) for k in {*known, *now}}
            memory.keep()

        reading = stack.enter_context(_from(source, job, done[-1].last if done else None))
        marker = stamp.marker
        segments = Segments(folder, reading, _encoding(job, source), marker, landed, length)
        stack.callback(segments.abandon)
        pipeline = stack.enter_context(open_pipeline(job.spec))
        memory.keep()
        tell = _teller(segments, memory.facts["total"])
        whole = asyncio.run(run(reading.frames(), segments, pipeline.stages, stats=stats, witness=tell, stop=stop))
        say(frames=segments.frames, total=memory.facts["total"])
        if whole:
            join(segments.done, source, job.output, lambda path: _sign(stamp, job, pipeline, memory, path))
        return whole


def _keep_mark(stamp: OutputMarks, memory: ResumeState) -> None:
    """One output has one mark, however often its work was begun."""
    if stamp.marker is not None:
        producer = stamp.marker.payload.producer
        if memory.facts["session"] is None:
            memory.facts["session"] = stamp.marker.payload.session
        stamp.marker = Marker(Payload(producer, memory.facts["session"]))


def _from(source: Source, job: SwapJob, last: int | None) -> Source:
    """The source, opened where work goes on. Pieces begin at nought, so it always has a start."""
    start = job.start or Fraction(0)
    if last is not None:
        origin = Fraction(source.container.start_time or 0, 1_000_000)
        start = max(start, last * source.info.time_base - origin - WARM)
    return open_source(job.target, start=start, end=job.end, threads=job.encoding.threads, like=source.info)


def _encoding(job: SwapJob, source: Source) -> Encoding:
    """As the output's container wants it, though the pieces are MP4 files."""
    import av

    assert job.output is not None
    with av.open(os.devnull, "w", format=container_of(job.output)) as trial:
        codec = choose_codec(trial, job.encoding.codec, source.info.pix_fmt, hdr=source.info.hdr)
    with av.open(os.devnull, "w", format="mp4") as trial:
        try:
            choose_codec(trial, codec, source.info.pix_fmt)
        except OutputError as error:
            raise OutputError(f"the daemon works in MP4 pieces, whatever the output: {error}") from error
    return replace(job.encoding, codec=codec)


def _teller(segments: Segments, total: int | None) -> Any:
    last = 0.0

    def tell(_: Done) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY:
            last = now
            say(frames=segments.frames, total=total)

    return tell


def _sign(stamp: OutputMarks, job: SwapJob, pipeline: Opened, memory: ResumeState, path: Path) -> None:
    from engines.store.store import default_store

    used = used_models(pipeline.files, default_store())
    happened = WhatHappened.by_routes(memory.facts["routes"], used, datetime.now(UTC))
    stamp.sign(path, version(), happened, job.ingredient)


def main(folder: Path, length: Fraction) -> int:
    """Returns the exit code."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the daemon's terminal sends it to all; the daemon decides
    threading.Thread(target=_follow, daemon=True).start()
    try:
        with FileLock(folder / "lock", timeout=30):  # the process of a daemon that was killed may still be ending
            job = job_of(parse(json.loads((folder / "request.json").read_text())))
            if is_image(job.target):
                swap_picture(job)
                return 0
            return 0 if swap(job, folder, length, stop) else SUSPENDED
    except UnderstudyError as error:
        say(error=" ".join(str(error).split()))
        return WRONG


def _follow() -> None:
    """Ends this process with the daemon's."""
    with suppress(OSError, ValueError):
        while os.read(0, 1024):
            pass
    os._exit(1)


if __name__ == "__main__":
    limit_math_threads()
    quiet_opencv()
    sys.exit(main(Path(sys.argv[1]), Fraction(sys.argv[2])))
