"""Segments: a job's pictures as finished pieces in a folder, so that what is done stays done whatever happens next.

A piece gets its name when it is whole, and the name says which frames are in it: the folder is the only record.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from stream.frame import Frame
from stream.media.marking import Marker
from stream.media.sink import Encoding, Sink, open_sink
from stream.media.source import Source
from stream.picture import Picture
from stream.pixels.planes import Planes
from tools.daemon.steps import Passed, Step, unheard

ENDINGS = {"mp4": ".mp4", "mov": ".mov", "matroska": ".mkv"}  # of pieces, by container
NAME = re.compile(r"(\d{6})_(-?\d+)_(-?\d+)_(\d+)\.(?:mp4|mov|mkv)")
OPEN = "open"  # the piece that is being written, with its ending


@dataclass(frozen=True, slots=True)
class Segment:
    """first, last: pts of its frames, in the source's time base. frames: how many."""

    path: Path
    number: int
    first: int
    last: int
    frames: int


def finished(folder: Path) -> list[Segment]:
    """The pieces that are whole, in order. Removes what an end in mid-work has left."""
    for rest in (*folder.glob(f"{OPEN}.*"), *folder.glob(f".{OPEN}.*.lock")):
        rest.unlink(missing_ok=True)
    matches = ((path, NAME.fullmatch(path.name)) for path in sorted(folder.iterdir()))
    return [Segment(path, *map(int, match.groups())) for path, match in matches if match]


def drop(folder: Path) -> int:
    """Removes all pieces: they were made of other inputs. Returns how many were whole."""
    pieces = finished(folder)
    for piece in pieces:
        piece.path.unlink()
    return len(pieces)


class Segments:
    """A sink (see `stream.journey`) that cuts. Frames up to the last finished piece's are seen and not written again:
    they are there for the stages, which remember. encoding: its `format` is the pieces' container, MP4 where it has
    none. landed: called with every piece that is whole. length: seconds of a piece."""

    def __init__(
        self,
        folder: Path,
        source: Source,
        encoding: Encoding,
        marker: Marker | None,
        landed: Callable[[Segment], object],
        length: Fraction,
        passed: Passed = unheard,
    ) -> None:
        self.done = finished(folder)
        self.frames = sum(s.frames for s in self.done)
        self._folder, self._source, self._encoding = folder, source, encoding
        self._ending = ENDINGS[encoding.format or "mp4"]
        self._open = folder / f"{OPEN}{self._ending}"
        self._marker, self._landed, self._length, self._passed = marker, landed, length, passed
        self._sink: Sink | None = None
        self._first = self._last = self._count = 0

    def write(self, frame: Frame, picture: Picture) -> None:
        if self.done and frame.pts <= self.done[-1].last:
            return
        if self._sink is not None and (frame.pts - self._first) * frame.time_base >= self._length:
            self._land()
        if self._sink is None:
            self._sink = open_sink(str(self._open), self._source, self._encoding, alone=True)
            self._first, self._count = frame.pts, 0
            self._passed(Step.PIECE_OPENED)
        if self._marker is not None and isinstance(picture, Planes):
            picture = self._marker.mark(picture, self.frames)
        self._sink.write(frame, picture)
        self._last = frame.pts
        self._count += 1
        self.frames += 1
        self._passed(Step.FRAME_WRITTEN)

    def close(self) -> None:
        if self._sink is not None:
            self._land()

    finish_early = close  # what there is makes a whole piece

    def abandon(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            with suppress(OSError):
                sink.abandon()

    def _land(self) -> None:
        sink, self._sink = self._sink, None
        assert sink is not None
        sink.close()
        self._passed(Step.PIECE_CLOSED)
        number = len(self.done)
        name = f"{number:06d}_{self._first}_{self._last}_{self._count}{self._ending}"
        path = self._open.rename(self._folder / name)
        self.done.append(Segment(path, number, self._first, self._last, self._count))
        self._passed(Step.PIECE_NAMED)
        self._landed(self.done[-1])
        self._passed(Step.PIECE_NOTED)
