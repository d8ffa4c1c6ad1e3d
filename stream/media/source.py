"""Source: a video's frames in display order, each once, and the packets of its other streams on the side.

Knows: demuxing, decoding, seeking, cutting to a span. Knows nothing of faces or of where the frames go.
A damaged stream ends in InputError, and so does a file that holds less than it says (MP4, Matroska). A container that
does not say and simply ends, as a transport stream does, is taken as complete. What a decoder conceals is let pass.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
from av.container import InputContainer
from av.stream import Stream

from engines.errors import InputError
from stream.frame import Frame
from stream.media.address import is_pipe
from stream.media.demux import clock_of, demuxed, from_key_picture, jumps
from stream.media.probe import SourceInfo, alike, best_video, declared_end, describe, open_input
from stream.media.timeline import Timeline
from stream.media.video.alpha import decoder_of
from stream.media.video.pictures import Pictures

_TAIL = Fraction(2)  # seconds read past `end` for packets of other streams that are interleaved late


class Source:
    """An opened video. `frames` may be iterated once, by one thread; `take` may be called by another.

    info: what is known of it. start: seconds (container time) of the first frame that is wanted, None for all of them.
    demuxer: the one that was forced on it, empty where FFmpeg chose.
    """

    def __init__(
        self,
        path: str,
        container: InputContainer,
        stream: av.VideoStream,
        start: Fraction | None,
        end: Fraction | None,
        clock: Callable[[], float],
        like: SourceInfo | None = None,
        demuxer: str = "",
    ) -> None:
        self.path, self.container, self.video, self.demuxer = path, container, stream, demuxer
        origin = Fraction(container.start_time or 0, av.time_base)
        self._start = None if start is None else start + origin
        self._end = None if end is None else end + origin
        self._clock = clock
        self._copied: deque[av.Packet[Any]] = deque()
        self._wanted: frozenset[int] | None = None  # None: not yet asked, all are kept
        self._first: av.VideoFrame | None = None
        self._begun = False  # whether a frame was decoded
        self._size = _size(path)
        self._alpha = decoder_of(stream, stream.codec_context.thread_count)
        late = self._start if self._start is not None and self._start > origin else None
        by_time = not jumps(container) or "://" in path
        self._rewind(None if by_time else late)
        if late is not None and by_time:
            self._seek(late, origin)
        if self._first is None:
            raise InputError(f"{path} has a video stream but not one frame in it{self._span_words()}")
        span = None
        if start is not None or end is not None:
            whole = describe(path, container, stream, self._first, None).duration
            upper = end if end is not None else whole
            span = None if upper is None else max(Fraction(0), upper - (start or 0))
        self.info: SourceInfo = alike(describe(path, container, stream, self._first, span), like)
        self._pictures: Pictures = Pictures(stream, self.info)

    @property
    def trimmed(self) -> bool:
        """True where a start was asked for: the output then begins at 0."""
        return self._start is not None

    @property
    def notes(self) -> tuple[str, ...]:
        """What came up while frames were read, one sentence each, for the user. Complete once the last was read."""
        seams = self._time.seams
        if not seams:
            return self._pictures.notes
        often = "once" if seams == 1 else f"{seams} times"
        return (*self._pictures.notes, f"the clock of {self.path} begins anew {often}; it was carried on")

    @property
    def end(self) -> Fraction | None:
        """Container time in seconds where reading ends; None for all of it."""
        return self._end

    def frames(self) -> Iterator[Frame]:
        """Every frame once, in display order, with a rising integer pts. Raises InputError where the stream breaks."""
        if self._wanted is None:
            self.copy(frozenset())  # nobody has asked for them
        base, stream = self.info.time_base, self.video
        timeline = Timeline(base, self.info.rate, stream.start_time or 0)
        index, reached = 0, Fraction(0)
        while (decoded := self._first or next(self._decoded, None)) is not None:
            self._first = None
            pts = timeline.settle(decoded.pts)
            reached = (pts + decoded.duration) * base
            if self._start is not None and pts * base < self._start:
                continue
            if self._end is not None and pts * base >= self._end:
                self._drain(self._end)
                return
            yield Frame(index, pts, base, self._pictures(decoded, pts * base), self._clock())
            index += 1
        if reached + max(Fraction(1), reached / 50) < (declared := declared_end(self.container, stream)):
            raise InputError(
                f"{self.path} is damaged or was cut short: its video ends at {float(reached):.1f} s"
                f" of {float(declared):.1f} s; copy it again, or give --end to take what is there"
            )
        if 0 < _size(self.path) < self._size:
            raise InputError(f"{self.path} shrank while it was read; copy it again, and let nothing write to it")
        if not index:
            raise InputError(f"{self.path} has no frame{self._span_words()}")

    def copy(self, streams: frozenset[int]) -> None:
        """Keeps the packets of these streams (by index) for `take`, from now on; an empty set keeps none."""
        self._wanted = streams
        self._copied = deque(p for p in self._copied if p.stream.index in streams)

    def read_so_far(self, stream: int) -> list["av.Packet[Any]"]:
        """The packets of a stream, by index, that are kept and not yet taken."""
        return [packet for packet in self._copied if packet.stream.index == stream]

    def take(self) -> list["av.Packet[Any]"]:
        """The packets of copied streams read since the last call, in the file's order."""
        taken = []
        while self._copied:
            taken.append(self._copied.popleft())
        return taken

    def others(self) -> list[Stream]:
        """Every stream but the video that is decoded."""
        return [s for s in self.container.streams if s.index != self.video.index]

    def close(self) -> None:
        self.container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _decode(self) -> Iterator[av.VideoFrame]:
        try:
            for packet in self._demuxed:
                if packet.stream.index == self.video.index:
                    yield from (self._alpha or self.video).decode(packet)
                elif packet.size:
                    self._keep(packet)
        except (av.error.FFmpegError, OSError) as error:
            raise InputError(self._broken(error)) from error

    def _keep(self, packet: "av.Packet[Any]") -> None:
        if self._wanted is None or packet.stream.index in self._wanted:
            self._copied.append(packet)

    def _drain(self, end: Fraction) -> None:
        """Reads on a little without decoding: audio of the last frames may lie behind them in the file."""
        try:
            for packet in self._demuxed:
                at = packet.dts if packet.dts is not None else packet.pts
                if at is not None and at * packet.time_base > end + _TAIL:
                    return
                if packet.size and packet.stream.index != self.video.index:
                    self._keep(packet)
        except (av.error.FFmpegError, OSError) as error:
            raise InputError(self._broken(error)) from error

    def _rewind(self, skip: Fraction | None = None) -> None:
        """Reads anew from where the container stands, up to the first frame; or, with nothing decoded before, from the
        key picture before `skip`."""
        self._copied.clear()
        if self._alpha is not None:
            self._alpha.flush_buffers()
        self._time = clock_of(self.container, self.video)
        self._demuxed = demuxed(self.container, self._time)
        if skip is not None:
            self._demuxed = from_key_picture(self._demuxed, self.video.index, skip)
        self._decoded = self._decode()
        self._first = next(self._decoded, None)
        self._begun = self._begun or self._first is not None

    def _seek(self, start: Fraction, origin: Fraction) -> None:
        """To a key frame before `start`. Some formats land behind it: then from farther back. Where nothing can be
        sought (a pipe), all before is decoded and dropped."""
        base = self.video.time_base or Fraction(1, av.time_base)
        for back in (Fraction(0), Fraction(5), start - origin):
            try:
                self.container.seek(int(max(origin, start - back) / base), stream=self.video)
            except (av.error.FFmpegError, OSError):
                return
            self._rewind()
            if self._first is not None and (self._first.pts is None or self._first.pts * base <= start):
                return

    def _broken(self, error: Exception) -> str:
        if not self._begun and "mov" in self.container.format.name and is_pipe(self.path):
            return (
                f"{self.path} is a pipe, and the MP4 in it has its index at its end, behind the pictures: give the file"
                " itself, or put the index first (ffmpeg -i FILE -c copy -movflags +faststart NEW.mp4)"
            )
        reason = getattr(error, "strerror", None) or str(error)
        return (
            f"{self.path} is damaged or was cut short: {reason}. Copy it again, or repair it first"
            f" (for one, ffmpeg -err_detect ignore_err -i {self.path} -c copy repaired.mkv)"
        )

    def _span_words(self) -> str:
        if self._start is None and self._end is None:
            return ""
        return " between --start and --end; give a span that lies inside it"


def _size(path: str) -> int:
    """Bytes of a plain file; 0 where it is none, or has lost its name (it can be read on all the same)."""
    file = Path(path)
    return file.stat().st_size if file.is_file() else 0


def open_source(
    path: str,
    *,
    start: Fraction | None = None,
    end: Fraction | None = None,
    threads: int = 0,
    clock: Callable[[], float] = time.monotonic,
    like: SourceInfo | None = None,
    demuxer: str = "",
) -> Source:
    """Opens a video for reading; `-` is standard input. start, end: seconds from its beginning, kept from start up to
    but without end. threads: of the decoder, 0 for as many as there are cores. like: whose pictures' size, format and
    colours all are fitted into, where this is a later part of the same video. demuxer: as of `open_input`. Raises
    InputError."""
    if start is not None and start < 0:
        raise InputError("--start lies before the beginning; give 0 or more seconds")
    if end is not None and end <= (start or 0):
        raise InputError("--end must lie after --start")
    container = open_input(path, demuxer)
    try:
        stream = best_video(container, path)
        stream.codec_context.thread_count = threads
        stream.thread_type = "AUTO"
        return Source(path, container, stream, start, end, clock, like, demuxer)
    except BaseException:
        container.close()
        raise
