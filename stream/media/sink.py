"""Sink: frames are encoded and muxed, the source's other streams copied beside them, and the file appears when whole.

Knows: muxing and time on the way out. Knows nothing of what was done to the pictures.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.container import OutputContainer

from engines.errors import OutputError
from stream.frame import Frame
from stream.media.address import local_address
from stream.media.atomicfile import AtomicFile
from stream.media.codecs import Encoding
from stream.media.copying import Copying, TimeWindow, copy_chapters
from stream.media.others.wanted import Streams
from stream.media.probe import SourceInfo
from stream.media.source import Source
from stream.media.video.animation import FORMATS, looping, plays
from stream.media.video.track import open_track
from stream.picture import Picture
from stream.pixels.planes import Planes

__all__ = ["Encoding", "Sink", "Streams", "open_sink"]

_TOLERANCE = Fraction(1, 1000)  # seconds that rounding to the container's clock may move a frame
_LATEST = 1 << 62  # ticks
_FAR = 10  # seconds; a start farther from 0 than this is a broadcast's clock, not an offset someone chose


class Sink:
    """One output. `write` each frame in order, then `close`; as a context manager: an error abandons the output, Ctrl-C
    finishes it early. notes: what a user should know about the output, one sentence each. finishing: may change the
    whole file before it takes its final name; where it raises, there is no file."""

    def __init__(
        self,
        path: str,
        source: Source,
        encoding: Encoding,
        alone: bool = False,
        finishing: Callable[[Path], object] = lambda _: None,
        streams: Streams = Streams.ALL,
    ) -> None:
        self.path, self._alone, self._finishing, self._streams = path, alone, finishing, streams
        self._source, info = source, source.info
        self._landing = None if path == "-" or "://" in path else AtomicFile(Path(path), _local(source.path))
        try:
            self._container = _open(path, self._landing, encoding, source.path)
        except BaseException:
            if self._landing is not None:
                self._landing.abandon()
            raise
        try:
            with self._errors():
                self._prepare(info, encoding)
        except BaseException:
            self.abandon()
            raise

    def _prepare(self, info: SourceInfo, encoding: Encoding) -> None:
        container = self._container
        self._track = open_track(container, info, encoding, self._source.video.metadata)
        self._base = self._track.base
        only = self._track.pictures_only and self._streams is not Streams.STRICT  # which then says what is lost
        self._copying = Copying(self._source, container, self.path, self._alone or only, self._streams)
        self.notes = (*self._copying.notes, *self._track.notes)
        if only and not self._alone and info.audio + info.subtitles:
            self.notes += (f"sound and subtitles are left out: {container.format.name} holds pictures only",)
        self._window: TimeWindow | None = None
        self._last: int | None = None
        self.frames = 0

    def write(self, frame: Frame, picture: Picture) -> None:
        """Encodes one frame. picture: a `Planes`, the frame's own or a pasted one. Raises OutputError."""
        if not isinstance(picture, Planes):
            raise TypeError(f"a sink encodes Planes, not {type(picture).__name__}")
        if self._window is None:
            self._begin(frame)
        assert self._window is not None
        exact = (frame.pts * frame.time_base - self._window.origin) / self._base
        pts = round(exact)
        if self._track.skips(pts):
            return
        off = abs(pts - exact) * self._base > self._track.tolerance
        if abs(pts) >= _LATEST:
            raise OutputError(
                f"the input says that a frame is shown after {float(exact * self._base):.3g} s, which no file can hold;"
                " its times are damaged, remux it first"
            )
        if off or (self._last is not None and pts <= self._last):
            raise OutputError(
                f"{self._container.format.name} holds only a constant frame rate and the input's varies;"
                " write a .mp4 or .mkv"
            )
        self._last = pts
        with self._errors():
            for packet in self._track.encode(picture, pts):
                self._container.mux_one(packet)
            self._copying.pass_on(self._window)
        self.frames += 1

    def close(self) -> None:
        """Finishes the file and gives it its name. Raises OutputError, and leaves no file, where that fails."""
        self._finish(self._window)

    def finish_early(self) -> None:
        """Ends the file after the frames written so far, playable; removes it where there are none."""
        if self._window is None or self._last is None:
            self.abandon()
            return
        step = 1 / (self._source.info.rate or Fraction(25))
        upper = self._last * self._base + self._window.origin + step
        self._finish(TimeWindow(self._window.origin, self._window.lower, upper))

    def abandon(self) -> None:
        """Removes the partial file. Nothing appears under the final name."""
        with suppress(av.error.FFmpegError, OSError, ValueError):
            self._container.close()
        if self._landing is not None:
            self._landing.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.close()
        elif isinstance(error, KeyboardInterrupt):
            self.finish_early()
        else:
            self.abandon()

    def _begin(self, frame: Frame) -> None:
        """Settles where the output's time begins, once the first frame is known, and writes the header."""
        source, first = self._source, frame.pts * frame.time_base
        start = Fraction(source.container.start_time or 0, av.time_base)
        if source.trimmed:
            origin, lower = first, first
        else:
            far = start > _FAR and self._container.format.name != "mpegts"
            origin, lower = (start if far else min(Fraction(0), first)), None
        if (
            self._base.numerator > 1 or self._base > _TOLERANCE
        ):  # a clock of whole frames: the first must fall on a tick
            origin = first - round((first - origin) / self._base) * self._base
        self._window = TimeWindow(origin, lower, source.end)
        with self._errors():
            copy_chapters(source, self._container, self._window)
            self._container.start_encoding()

    def _finish(self, window: TimeWindow | None) -> None:
        if window is None:
            self.abandon()
            raise OutputError(f"not one frame came to be written, so there is no {self.path}; look at the input")
        try:
            with self._errors():
                self._copying.pass_on(window)
                for packet in self._track.flush():
                    self._container.mux_one(packet)
                self._container.close()
                if self._landing is not None:
                    self._track.finish(self._landing.partial)
            if self._landing is not None:
                self._finishing(self._landing.partial)
        except BaseException:
            self.abandon()
            raise
        if self._landing is not None:
            self._landing.land()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OutputError:
            raise
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"cannot write {self.path}: {_why(error)}") from error


def open_sink(
    path: str,
    source: Source,
    encoding: Encoding | None = None,
    alone: bool = False,
    finishing: Callable[[Path], object] = lambda _: None,
    streams: Streams = Streams.ALL,
) -> Sink:
    """Opens an output for the source's frames; `-` is standard output (Matroska unless `encoding.format` says
    otherwise). alone: nothing is copied beside the pictures. finishing: as `Sink` has it. streams: whether it is an
    error that another stream cannot be kept. Raises OutputError."""
    return Sink(path, source, encoding or Encoding(), alone, finishing, streams)


def _open(path: str, landing: AtomicFile | None, encoding: Encoding, source: str) -> OutputContainer:
    name = "pipe:1" if path == "-" else local_address(landing.partial) if landing is not None else path
    kind = encoding.format or ("matroska" if path == "-" else "flv" if path.startswith("rtmp") else None)
    kind = kind or FORMATS.get(Path(path).suffix.lower())
    # Matroska can store the few milliseconds before 0 that AAC begins with, and AVI stores no times at all; a shift of
    # theirs would move the pictures too.
    options = (
        {"avoid_negative_ts": "disabled"} if kind == "matroska" or path.endswith((".mkv", ".webm", ".avi")) else {}
    )
    if kind is not None and kind in FORMATS.values():
        options = looping(kind, plays(Path(source)))
    if path == "-" and kind in ("mp4", "mov"):
        options["movflags"] = "frag_keyframe+delay_moov"  # a pipe cannot go back to fill in the index
    try:
        return av.open(name, "w", format=kind, container_options=options)
    except ValueError as error:
        ending = Path(path).suffix or "without an ending"
        raise OutputError(
            f"cannot tell what kind of file {path} is to be ({ending}); use .mp4, .mkv, .mov, .webm or .ts"
        ) from error
    except (av.error.FFmpegError, OSError) as error:
        raise OutputError(f"cannot write {path}: {_why(error)}") from error


def _local(path: str) -> Path | None:
    return None if path == "-" or "://" in path else Path(path)


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == 28:
        return "the disk is full; make room or write elsewhere"
    if isinstance(error, BrokenPipeError):
        return "the program that was to read it has ended"
    return str(getattr(error, "strerror", None) or error)
