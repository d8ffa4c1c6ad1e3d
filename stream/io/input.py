"""Input: one input, read on a thread of its own, opened again when it breaks. Knows FFmpeg's demuxers and decoders.

Pictures leave as decoded frames on a 90 kHz clock, sound as packets; both are handed to callbacks on this thread. Any
error of a demuxer or decoder is the end of one connection; what the callbacks raise is not.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from engines.errors import InputError
from stream.io.address import OPEN_WITHIN, READ_WITHIN, InputAddress, hidden
from stream.io.backoff import Backoff
from stream.io.datagrams import DatagramFile, open_datagrams
from stream.io.pace import FilePace
from stream.io.publisher_stream import PublisherStream
from stream.io.rebase import TimestampRebase
from stream.media.video.display import Display
from stream.media.video.upright import Upright
from stream.rtmp.slot import Slot
from stream.untrusted.rtsp_forwarder import forwarded

log = logging.getLogger("understudy.io")
CLOCK = Fraction(1, 90_000)
DAMAGED = 100  # undecodable packets in a row after which the connection is given up
NO_PICTURE = 10.0  # seconds without a picture after which a source that is read is opened again


@dataclass(frozen=True, slots=True)
class Sound:
    """A packet of sound. seconds: on the common time line."""

    data: bytes
    seconds: float
    duration: float


@dataclass(slots=True)
class Count:
    opened: int = 0
    frames: int = 0
    packets: int = 0
    damaged: int = 0


class Input:
    """picture, sound: take what comes. opened: called with the sound's stream (or None) at each opening, before
    anything else. slot: where publishers come from, for an address that listens. linger: seconds that it waits for one,
    None for ever. no_picture: seconds after which a source that is read is opened again. `run` blocks until the input
    is over or `stop` is called."""

    def __init__(
        self,
        address: InputAddress,
        picture: Callable[[av.VideoFrame], object],
        sound: Callable[[Sound], object],
        opened: Callable[[Any], object] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        slot: Slot | None = None,
        linger: float | None = None,
        no_picture: float = NO_PICTURE,
    ) -> None:
        self.address, self.count, self._slot, self._linger = address, Count(), slot, linger
        self._picture, self._sound, self._opened, self._clock = picture, sound, opened, clock
        self._line, self._backoff = TimestampRebase(), Backoff()
        self._stop = threading.Event()
        self._upright = Upright()
        self._display: Display | None = None
        self._no_picture = no_picture
        self._seen: float | None = None  # when the last picture came, or the connection was made; None while it is made

    def stop(self) -> None:
        """Ends `run` with the packet in hand, or when the read's patience is over."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def run(self) -> None:
        """Reads to the end. Raises InputError where an input that is opened but once cannot be read."""
        name = hidden(self.address.url)
        while not self._stop.is_set():
            try:
                with contextlib.ExitStack() as stack:
                    source = self._source(stack)
                    if source is None:
                        return
                    self._line.restart()
                    with self._open(source) as container:
                        self._connection(container, source)
                    while isinstance(source, PublisherStream) and source.next_part():
                        log.info("%s: sound has begun; all is opened again with it", name)
                        with self._open(source) as container:
                            self._connection(container, source)
                if not self.address.again:
                    return
                why = "it ended"
            except (av.error.FFmpegError, OSError, InputError) as error:
                why = str(getattr(error, "strerror", None) or error)
                if not self.address.again:
                    raise InputError(f"{name} cannot be read: {why}") from error
            if self._stop.is_set():
                return
            wait = self._backoff.down(self._clock()) if self._slot is None else 0.0
            log.warning("%s: %s; %s", name, why, f"opened again in {wait:.1f} s" if wait else "waiting for a publisher")
            self._stop.wait(wait)

    def _source(self, stack: contextlib.ExitStack) -> Any:
        """What the demuxer reads, to be closed by `stack`: an address, or a file; None where there is no more to wait
        for. Raises OSError, InputError and what FFmpeg raises."""
        a, self._seen = self.address, None
        if self._slot is not None:
            end = self._publisher(self._slot)
            if end is None:
                return None
            return PublisherStream(stack.enter_context(stack.enter_context(end).makefile("rb", buffering=0)))
        if a.datagrams:
            return DatagramFile(stack.enter_context(open_datagrams(a.url, (OPEN_WITHIN, READ_WITHIN))), self._check)
        return stack.enter_context(forwarded(a.url, OPEN_WITHIN)) if a.format == "rtsp" else a.url

    def _open(self, source: Any) -> Any:
        """The input's container. Raises InputError and what FFmpeg raises."""
        a = self.address
        timeout = (OPEN_WITHIN, READ_WITHIN) if a.again and isinstance(source, str) else None
        with _demuxing():
            return av.open(source, format=a.format, options=dict(a.options), timeout=timeout, metadata_errors="replace")

    def _publisher(self, slot: Slot) -> Any:
        """The next publisher's socket; None where there is no more to wait for."""
        since = self._clock()
        while (end := slot.take(0.2)) is None:
            if self._stop.is_set() or (self._linger is not None and self._clock() - since > self._linger):
                return None
        return end

    def _check(self) -> None:
        """Raises InputError where no picture has come for too long, or nobody wants one any more."""
        if self._stop.is_set():
            raise InputError("it was stopped")
        if self._seen is not None and self._clock() - self._seen > self._no_picture:
            raise InputError(f"no picture came for {self._no_picture:.0f} s")

    def _connection(self, container: Any, source: Any) -> None:
        """From a container's first packet to its last. source: what it reads. Raises InputError and what FFmpeg
        raises."""
        video = next(iter(container.streams.video), None)
        if video is None:
            raise InputError(f"{hidden(self.address.url)} has no video in it")
        audio = next(iter(container.streams.audio), None)
        if audio is None and isinstance(source, PublisherStream):
            source.without_sound()
        video.codec_context.thread_count = 1
        self._display = Display(video)
        self._opened(audio)
        self._seen = now = self._clock()
        self._backoff.up(now)
        self.count.opened += 1
        with contextlib.closing(_packets(container, [s for s in (video, audio) if s is not None])) as packets:
            self._read(packets, video, audio)

    def _read(self, packets: Iterator[Any], video: Any, audio: Any) -> None:
        pace, bad = FilePace(), 0
        for packet in packets:
            if self._stop.is_set():
                return
            if self.address.again and self._slot is None:
                self._check()
            stamp = packet.dts if packet.dts is not None else packet.pts
            if stamp is None:  # the end: what the decoder still holds
                if packet.stream is video:
                    self._take_frames(_decoded(packet))
                continue
            if not self.address.again:  # a file at its own pace
                self._stop.wait(pace.wait(float(stamp * packet.time_base), self._clock()))
            if packet.stream is audio:
                self._take_sound(packet)
                continue
            try:
                self._take_frames(_decoded(packet))
                bad = 0
            except av.error.InvalidDataError:
                self.count.damaged += 1
                bad += 1
                if bad > DAMAGED:
                    raise

    def _take_sound(self, packet: Any) -> None:
        if packet.pts is None:
            return
        now = self._clock()
        seconds = self._line.map("audio", float(packet.pts * packet.time_base), now)
        self.count.packets += 1
        self._sound(Sound(bytes(packet), seconds, float((packet.duration or 0) * packet.time_base)))

    def _take_frames(self, frames: list[Any]) -> None:
        for frame in frames:
            if frame.pts is None or frame.is_corrupt:  # a face in it would be missed
                self.count.damaged += 1
                continue
            self._seen = now = self._clock()
            seconds = self._line.map("video", float(frame.pts * frame.time_base), now)
            frame.pts, frame.time_base = round(seconds / CLOCK), CLOCK
            self.count.frames += 1
            assert self._display is not None
            self._picture(self._upright(frame, self._display(frame)))


@contextlib.contextmanager
def _demuxing() -> Iterator[None]:
    """What FFmpeg's bindings raise over a strange stream (IndexError, UnicodeDecodeError) is damage, and no bug of
    ours. Raises InputError."""
    try:
        yield
    except (av.error.FFmpegError, OSError, InputError, MemoryError):
        raise
    except Exception as error:
        raise InputError(f"it cannot be read any further ({type(error).__name__})") from error


def _packets(container: Any, streams: list[Any]) -> Generator[Any, None, None]:
    """Raises InputError and what FFmpeg raises."""
    with _demuxing():
        yield from container.demux(streams)


def _decoded(packet: Any) -> list[Any]:
    """Raises InputError and what FFmpeg raises."""
    with _demuxing():
        frames: list[Any] = packet.decode()
        return frames
