"""Input: one input, read on a thread of its own, opened again when it breaks. Knows FFmpeg's demuxers and decoders.

Pictures leave as decoded frames on a 90 kHz clock, sound as packets; both are handed to callbacks on this thread.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from engines.errors import InputError
from stream.io.address import OPEN_WITHIN, READ_WITHIN, InputAddress, hidden
from stream.io.backoff import Backoff
from stream.io.rebase import AHEAD, BACK, TimestampRebase
from stream.media.video.display import Display
from stream.media.video.upright import Upright
from stream.rtmp.slot import Slot

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


class Input:
    """picture, sound: take what comes. begun: called with the sound's stream (or None) at each opening, before anything
    else. slot: where publishers come from, for an inlet that listens. linger: seconds that it waits for one, None for
    ever. `run` blocks until the input is over or `stop` is called."""

    def __init__(
        self,
        inlet: InputAddress,
        picture: Callable[[av.VideoFrame], object],
        sound: Callable[[Sound], object],
        begun: Callable[[Any], object] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        slot: Slot | None = None,
        linger: float | None = None,
    ) -> None:
        self.inlet, self.count, self._slot, self._linger = inlet, Count(), slot, linger
        self._picture, self._sound, self._begun, self._clock = picture, sound, begun, clock
        self._line, self._backoff = TimestampRebase(), Backoff()
        self._stop = threading.Event()
        self._upright = Upright()
        self._display: Display | None = None

    def stop(self) -> None:
        """Ends `run` with the packet in hand, or when the read's patience is over."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def run(self) -> None:
        """Reads to the end. Raises InputError where an input that is opened but once cannot be read."""
        name = hidden(self.inlet.url)
        while not self._stop.is_set():
            try:
                with contextlib.ExitStack() as stack:
                    container = self._opened(stack)
                    if container is None:
                        return
                    self._connection(container)
                if not self.inlet.again:
                    return
                why = "it ended"
            except (av.error.FFmpegError, OSError, InputError) as error:
                why = str(getattr(error, "strerror", None) or error)
                if not self.inlet.again:
                    raise InputError(f"{name} cannot be read: {why}") from error
            if self._stop.is_set():
                return
            wait = self._backoff.down(self._clock()) if self._slot is None else 0.0
            log.warning("%s: %s; %s", name, why, f"opened again in {wait:.1f} s" if wait else "waiting for a publisher")
            self._stop.wait(wait)

    def _opened(self, stack: contextlib.ExitStack) -> Any:
        """The input's container, to be closed by `stack`; None where there is no more to wait for."""
        i = self.inlet
        if self._slot is None:
            within = (OPEN_WITHIN, READ_WITHIN) if i.again else None
            return stack.enter_context(av.open(i.url, format=i.format, options=dict(i.options), timeout=within))
        since = self._clock()
        while (end := self._slot.take(0.2)) is None:
            if self._stop.is_set() or (self._linger is not None and self._clock() - since > self._linger):
                return None
        stack.enter_context(end)
        file = stack.enter_context(end.makefile("rb", buffering=0))
        return stack.enter_context(av.open(file, format=i.format, options=dict(i.options)))

    def _connection(self, container: Any) -> None:
        i = self.inlet
        video = next(iter(container.streams.video), None)
        if video is None:
            raise InputError(f"{hidden(i.url)} has no video in it")
        audio = next(iter(container.streams.audio), None)
        video.codec_context.thread_count = 1
        self._display = Display(video)
        self._line.restart()
        self._begun(audio)
        self._backoff.up(self._clock())
        self.count.opened += 1
        began: tuple[float, float, float] | None = None  # clock and time stamp at the start, latest time stamp
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
            if not i.again:  # a file at its own pace
                if began is None or not BACK < at - began[2] < AHEAD:
                    began = (self._clock(), at, at)
                began = (began[0], began[1], at)
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
        assert self._display is not None
        self._picture(self._upright(frame, self._display(frame)))
