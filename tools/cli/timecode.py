"""Times as people write them on a command line: `90`, `1.5`, `1:30`, `00:01:30.250`."""

import re
from fractions import Fraction

from engines.errors import UnderstudyError

SHAPE = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)", re.ASCII)


def parse_time(text: str, option: str) -> Fraction:
    """Exact seconds. Raises UnderstudyError naming the option."""
    match = SHAPE.fullmatch(text.strip())
    hours, minutes, seconds = match.groups() if match else (None, None, None)
    if seconds is None or (minutes is not None and (Fraction(seconds) >= 60 or (hours and int(minutes) >= 60))):
        raise UnderstudyError(f"{option} {text!r} is no time; write seconds (12.5) or [hh:]mm:ss (1:02:03.5)")
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + Fraction(seconds)
