"""The process that looks for the invisible mark: FFmpeg decodes what may have been made to break it, within limits.
`verify` starts it.
"""

from dataclasses import asdict

from engines.errors import InputError
from engines.watermark.detect import MarkDetection, detect
from stream.marks.windows import NoPicturesError, windows
from stream.untrusted.child import answer, asked
from stream.untrusted.json_values import Json, count
from stream.untrusted.limits import limit


def main() -> None:
    """target: a path or an address. thorough: look for crops and mirrored pictures too. memory, seconds: the limits.
    Answers `mark`, the best reading, None where there are no pictures; and `error`, where not all could be looked at.
    """
    request = asked()
    limit(count(request["memory"]) or 0, count(request["seconds"]) or 0)
    best: MarkDetection | None = None
    error = ""
    try:
        best = _look(str(request["target"]), request["thorough"] is True)
    except NoPicturesError:
        pass
    except _Broken as broken:
        best, error = broken.best, str(broken)
    mark: Json = None if best is None else {**asdict(best), "confidence": min(best.confidence, 1.0)}
    answer({"mark": mark, "error": error})


class _Broken(Exception):
    """The pictures end in an error. best: what was read before."""

    def __init__(self, error: Exception, best: MarkDetection | None) -> None:
        super().__init__(str(error))
        self.best = best


def _look(target: str, thorough: bool) -> MarkDetection | None:
    """The best reading of up to three windows; the first that holds a payload ends the search."""
    best: MarkDetection | None = None
    try:
        for pictures in windows(target):
            # The crop search takes seconds and a crop is the same all through: once is enough.
            found = detect(pictures, thorough=thorough and best is None)
            if best is None or found.strength > best.strength:
                best = found
            if found.payload is not None:
                break
    except NoPicturesError:
        raise
    except (InputError, MemoryError) as error:
        raise _Broken(error, best) from error
    return best
