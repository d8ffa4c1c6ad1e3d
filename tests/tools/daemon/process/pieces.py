"""A clip cut into finished pieces, the pieces joined again, and what is read of either."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from stream.frame import Frame
from stream.media.codecs import Encoding
from stream.media.marking import Marker
from stream.media.source import open_source
from tools.daemon.process.join import join
from tools.daemon.process.segments import Segment, Segments, finished

FAST = Encoding("libx264", preset="ultrafast", threads=1)


@contextmanager
def cutting(
    folder: Path,
    clip: Path,
    length: float,
    start: Fraction = Fraction(0),
    end: Fraction | None = None,
    encoding: Encoding = FAST,
    marker: Marker | None = None,
) -> Iterator[tuple[Segments, Iterator[Frame]]]:
    """The pieces of a clip, and its frames from `start`."""
    folder.mkdir(exist_ok=True)
    with open_source(str(clip), start=start, end=end, threads=1) as source:
        made = Segments(folder, source, encoding, marker, lambda _: None, Fraction(length))
        yield made, source.frames()


def cut(folder: Path, clip: Path, length: float, stop: int | None = None, **more: Any) -> list[Segment]:
    """Works through a clip; breaks off, as a crash does, after so many frames."""
    with cutting(folder, clip, length, **more) as (made, frames):
        for count, frame in enumerate(frames):
            if count == stop:
                return made.done
            made.write(frame, frame.picture)
        made.close()
        return made.done


def joined(folder: Path, clip: Path, output: Path, **span: Any) -> Path:
    with open_source(str(clip), threads=1, **span) as source:
        join(finished(folder), source, str(output), lambda _: None)
    return output


def sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as clip:
        return [bytes(p) for p in clip.demux(audio=0) if p.size]


def rising(path: Path) -> bool:
    """Decoding times rise and no picture is shown before it is decoded."""
    with av.open(str(path)) as clip:
        packets = [(p.dts, p.pts) for p in clip.demux(video=0) if p.dts is not None and p.pts is not None]
    return all(a[0] < b[0] for a, b in pairwise(packets)) and all(d <= p for d, p in packets)
