"""What can be found wrong with a job before a file of it is opened: choices, numbers, times, names.

Each rule is the one that `understudy swap` has for its option; this file knows only where the rules are.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from engines.errors import UnderstudyError
from engines.store.store import default_store
from stream.media.bitrate import parse_bitrate
from stream.media.codecs import Encoding
from stream.media.others.wanted import read_streams
from stream.media.still import is_image
from stream.stills.endings import WRITTEN, written_as
from tools.cli.timecode import parse_time
from tools.daemon.errors import RequestError
from tools.daemon.process.encoding import encoding_of

if TYPE_CHECKING:
    from tools.daemon.request import Request


def check(request: "Request") -> None:
    """request: with full paths. Raises RequestError."""
    if Path(request.output) in request.files:
        raise RequestError(f"output: {request.output} is also read by this job; write to another name")
    try:
        spec = request.spec
        for name in (spec.model, spec.detector, spec.enhance.name if spec.enhance else None, *spec.mask):
            if name is not None:
                default_store().model(name)
        read_streams(request.streams)
        _check_times(request)
        _check_output(request)
    except RequestError:
        raise
    except UnderstudyError as error:
        raise RequestError(str(error)) from error


def _check_times(request: "Request") -> None:
    start = parse_time(request.start, "start") if request.start else None
    end = parse_time(request.end, "end") if request.end else None
    if end is not None and end <= (start or 0):
        raise RequestError("end must lie after start")


def _check_output(request: "Request") -> None:
    """Raises UnderstudyError."""
    if is_image(request.target):
        if written_as(Path(request.output)) is None:
            raise RequestError(f"output: a picture is written as {', '.join(WRITTEN)}; name such a file")
        return
    rate = parse_bitrate(request.bitrate) if request.bitrate else None
    encoding_of(Encoding(request.codec, request.crf, request.preset, rate), request.output, "yuv420p")
