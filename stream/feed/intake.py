"""Intake: one input, read on a thread of its own, opened again when it breaks. Knows FFmpeg's demuxers and decoders.

Pictures leave as decoded frames on a 90 kHz clock, sound as packets; both are handed to callbacks on this thread.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from engines.errors import InputError
from stream.feed.address import READ_WITHIN, Inlet, hidden
from stream.feed.backoff import Backoff
from stream.feed.line import Line

log = logging.getLogger("understudy.feed")
CLOCK = Fraction(1, 90_000)
DAMAGED = 100  # undecodable packets in a row after which the connection is given up


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


class Intake:
    """picture, sound: take what comes. begun: called with the sound's stream (or None) at each opening, before anything
    else. `run` blocks until the input is over or `stop` is called."""

    def __init__(
        self,
        inlet: Inlet,
        picture: Callable[[av.VideoFrame], object],
        sound: Callable[[Sound], object],
        begun: Callable[[Any], object] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.inlet, self.count = inlet, Count()
        self._picture, self._sound, self._begun, self._clock = picture, sound, begun, clock
        self._line, self._backoff = Line(), Backoff()
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ends `run` with the packet in hand, or when the read's patience is over."""
        self._stop.set()

    def run(self) -> None:
        """Reads to the end. Raises InputError where an input that is opened but once cannot be read."""
        name = hidden(self.inlet.url)
        while not self._stop.is_set():
            try:
                self._connection()
                if not self.inlet.again:
                    return
                log.info("%s ended; it is opened again", name)
            except (av.error.FFmpegError, OSError) as error:
                why = str(getattr(error, "strerror", None) or error)
                if not self.inlet.again:
                    raise InputError(f"{self.inlet.url} cannot be read: {why}") from error
                log.warning("%s: %s", name, why)
            if not self._stop.is_set():
                self._stop.wait(self._backoff.down(self._clock()))

    def _connection(self) -> None:
        i = self.inlet
        timeout = (i.open_within, READ_WITHIN) if i.live and i.again else None
        with av.open(i.url, format=i.format, options=dict(i.options), timeout=timeout) as container:
            video = next(iter(container.streams.video), None)
            if video is None:
                raise InputError(f"{hidden(i.url)} has no video in it")
            audio = next(iter(container.streams.audio), None)
            video.codec_context.thread_count = 1
            self._line.restart()
            self._begun(audio)
            self._backoff.up(self._clock())
            self.count.opened += 1
            began: tuple[float, float] | None = None
            bad = 0
            for packet in container.demux([s for s in (video, audio) if s is not None]):
                if self._stop.is_set():
                    return
                if packet.dts is None and packet.pts is None:
                    if packet.stream is video:  # the end: what the decoder still holds
                        for frame in packet.decode():
                            self._see(frame)
                    continue
                base = packet.time_base
                at = float((packet.dts if packet.dts is not None else packet.pts or 0) * base)
                if i.live and not i.again:  # a file at its own pace
                    began = began or (self._clock(), at)
                    self._stop.wait(max(0.0, began[0] + at - began[1] - self._clock()))
                if packet.stream is audio:
                    self._hear(packet)
                    continue
                try:
                    frames = packet.decode()
                    bad = 0
                except av.error.InvalidDataError:
                    self.count.damaged += 1
                    bad += 1
                    if bad > DAMAGED:
                        raise
                    continue
                for frame in frames:
                    self._see(frame)

    def _hear(self, packet: Any) -> None:
        if packet.pts is None:
            return
        now = self._clock()
        seconds = self._line.map("audio", float(packet.pts * packet.time_base), now)
        self.count.packets += 1
        self._sound(Sound(bytes(packet), seconds, float((packet.duration or 0) * packet.time_base)))

    def _see(self, frame: Any) -> None:
        if frame.pts is None or frame.is_corrupt:  # a face in it would be missed
            self.count.damaged += 1
            return
        seconds = self._line.map("video", float(frame.pts * frame.time_base), self._clock())
        frame.pts, frame.time_base = round(seconds / CLOCK), CLOCK
        self.count.frames += 1
        self._picture(frame)
