"""Reading: a clip's frames from one of them on, with the numbers that they have in the whole clip."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import av

from stream.frame import Frame
from stream.media.source import open_source


def frames_from(clip: str, times: Sequence[float], first: int, last: int) -> Iterator[tuple[int, Frame]]:
    """times: seconds of all its frames. Frames `first` to `last`, both included, with their index in `times`."""
    gaps = [b - a for a, b in zip(times[max(0, first - 1) : last + 1], times[max(1, first) : last + 2], strict=False)]
    with open_source(clip) as whole:
        origin = Fraction(whole.container.start_time or 0, av.time_base)
    begin = Fraction(times[first] - min(gaps, default=0.02) / 2).limit_denominator(10**6) - origin
    with open_source(clip, start=max(Fraction(0), begin)) as source:
        yield from zip(range(first, last + 1), source.frames(), strict=False)
