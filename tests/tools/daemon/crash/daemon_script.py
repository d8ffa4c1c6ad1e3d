"""The daemon of a case: the real one, but for who stands at its steps, its calendar, and the process of its jobs."""

import logging
import sys
import time
from pathlib import Path

from tests.tools.daemon.crash.faults import Case, Saboteur
from tools.cli.event_loop import on_loop
from tools.daemon.command import Options
from tools.daemon.config import Config
from tools.daemon.queue.scheduler import SchedulerLimits
from tools.daemon.service import serve

RESERVE = 256 << 10  # bytes, on a small disk
SILENCE = 60.0  # seconds without a word after which a job's process is ended
WAITS = (0.2, 0.5)  # seconds between tries


def main() -> None:
    case, disk = Case.from_environment(), Path(sys.argv[1])
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)

    def clock() -> float:
        try:
            return time.time() + float(case.offset.read_text() or 0)
        except OSError:
            return time.time()

    script = str(Path(__file__).with_name("worker_script.py"))
    limits = SchedulerLimits(1, 3, 0.3, (sys.executable, "-P", script), silence=SILENCE * case.slowness, waits=WAITS)
    options = Options(
        state=disk / "state",
        files=(disk / "files",),
        host="127.0.0.1",
        port=0,
        rtmp=None,
        tokens=None,
        config=None,
        jobs=1,
        attempts=3,
        streams=1,
        drain=0,
        segment=0.3,
    )
    on_loop(serve(options, Config(), clock=clock, limits=limits, reserve=RESERVE, passed=Saboteur(case)))


if __name__ == "__main__":
    main()
