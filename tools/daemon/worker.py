"""Worker: one job's process. Reads its request from the job's folder, leaves finished pieces there, reports how far it
is.

The daemon starts it, and it never outlives the daemon: when its standard input ends, it ends. What it says is
`reporter`'s; how it ends is an `ExitCode`.
"""

import json
import os
import signal
import sys
import threading
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from filelock import FileLock

from engines.errors import UnderstudyError
from stream.consent.consent import Given
from stream.consent.package import default_identities
from stream.consent.people import find_people
from stream.consent.people import settle as settle_consent
from stream.jobs.done import Standing
from stream.jobs.job import SwapJob
from stream.jobs.picture import swap_picture
from stream.media.bitrate import parse_bitrate
from stream.media.codecs import Encoding
from stream.media.others.wanted import read_streams
from stream.media.still import is_image
from stream.pipeline.spec import read_spec
from tools.cli.process import limit_math_threads, quiet_opencv
from tools.cli.timecode import parse_time
from tools.daemon.files.leftovers import Leftovers
from tools.daemon.files.output_folder import LINK, OutputFolder, check_place, is_placed
from tools.daemon.files.pinned import PinnedInputs
from tools.daemon.process.clip import ClipWork
from tools.daemon.process.faults import exit_code
from tools.daemon.process.inputs import JobInputs
from tools.daemon.process.reporter import Reporter
from tools.daemon.process.resume import KeptState
from tools.daemon.process.there import standing_in
from tools.daemon.queue.job_folders import LOCK
from tools.daemon.queue.retries import ExitCode
from tools.daemon.request import Request, read
from tools.daemon.steps import Passed, Step, unheard


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
        consent=settle_consent(people, request.consent, lambda _: False, datetime.now(UTC), Given.REQUEST),
        streams=read_streams(request.streams),
    )
    job.check()
    return job


class Worker:
    """One job. folder: the job's, which is also the working folder. length: seconds of a piece. stop: set to pause."""

    def __init__(self, folder: Path, length: Fraction, stop: threading.Event, reporter: Reporter) -> None:
        self._folder, self._length, self._stop = folder, length, stop
        self._reporter, self._passed = reporter, reporter.passed
        self._state = KeptState(folder)

    def work(self, asked: Request) -> ExitCode:
        """Raises UnderstudyError, OSError."""
        output = Path(asked.output)
        placed = is_placed(output, self._state.value.placing)
        self._passed(Step.PLACING_CHECKED)
        Leftovers(self._folder).clear()
        self._passed(Step.LEFTOVERS_CLEARED)
        if placed:
            return ExitCode.DONE
        there = standing_in(output, self._folder) if asked.skip_done else Standing.NOTHING
        if there is Standing.DONE:
            self._reporter.note(f"{output} is there and whole; it was left as it is")
            return ExitCode.DONE
        overwrite = asked.overwrite or there is Standing.EARLY  # that one is made again
        asked = replace(asked, overwrite=overwrite)
        check_place(output, overwrite)
        with PinnedInputs(self._folder) as pins:

            def as_asked(text: str) -> str:
                return pins.as_asked(text).replace(f"{self._folder / LINK}/", f"{output.parent}/")

            self._reporter.change(as_asked)
            try:
                return self._work(asked, pins)
            except UnderstudyError as error:
                raise type(error)(as_asked(str(error))) from error

    def _work(self, asked: Request, pins: PinnedInputs) -> ExitCode:
        """Raises UnderstudyError, OSError."""
        inputs = JobInputs(asked, str(self._folder / LINK / Path(asked.output).name), pins)
        self._passed(Step.INPUTS_PINNED)
        prints = inputs.read(self._reporter.alive)
        self._passed(Step.INPUTS_READ)
        job = job_of(inputs.request)
        self._passed(Step.JOB_CHECKED)
        if is_image(job.target):
            with OutputFolder(Path(asked.output), self._folder, self._passed) as place:
                result = swap_picture(job)
                for note in (*result.notes, *result.warnings):
                    self._reporter.note(note)
                self._place(place, inputs, asked.overwrite)
            return ExitCode.DONE
        with closing(
            ClipWork(job, inputs.demuxer, self._folder, self._length, self._state, self._reporter, self._stop)
        ) as work:
            if not work.cut(prints):
                return ExitCode.SUSPENDED
            with OutputFolder(Path(asked.output), self._folder, self._passed) as place:
                work.join()
                self._place(place, inputs, asked.overwrite)
        return ExitCode.DONE

    def _place(self, place: OutputFolder, inputs: JobInputs, overwrite: bool) -> None:
        """The whole output gets its name, if it is of what the inputs are now."""
        self._passed(Step.OUTPUT_WHOLE)
        inputs.check_unchanged()
        self._passed(Step.INPUTS_COMPARED)
        place.place(overwrite, lambda files: self._state.keep(replace(self._state.value, placing=tuple(files))))


def main(folder: Path, length: Fraction, passed: Passed = unheard) -> int:
    """folder: the job's. length: seconds of a piece. Returns the exit code."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the daemon's terminal sends it to all; the daemon decides
    threading.Thread(target=_end_with_daemon, daemon=True).start()
    reporter = Reporter(passed)
    os.chdir(folder)  # short names, and none with a comma in it
    here = Path()
    try:
        with FileLock(here / LOCK, timeout=30):  # the process of a daemon that was killed may still be ending
            reporter.passed(Step.LOCKED)
            asked = read(json.loads((here / "request.json").read_text()))
            reporter.passed(Step.REQUEST_READ)
            return Worker(here, length, stop, reporter).work(asked)
    except UnderstudyError as error:
        reporter.error(str(error))
        return exit_code(error)
    except OSError as error:
        if exit_code(error) is not ExitCode.AGAIN:
            raise  # a crash, whose last words the daemon reads
        reporter.error(str(error))
        return ExitCode.AGAIN


def _end_with_daemon() -> None:
    """Ends this process with the daemon's."""
    with suppress(OSError, ValueError):
        while os.read(0, 1024):
            pass
    os._exit(1)


if __name__ == "__main__":
    limit_math_threads()
    quiet_opencv()
    sys.exit(main(Path(sys.argv[1]), Fraction(sys.argv[2])))
