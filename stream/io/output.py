"""Output: one output on a thread of its own, opened again with back-off, always from a key frame. Bounded: what is
not sent in time is dropped and counted, never queued up.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from stream.io import hls
from stream.io.address import OutputAddress
from stream.io.backoff import Backoff
from stream.io.video_encoder import CLOCK, EncodedPacket
from stream.lanes.ring import Closed, Ring, WhenFull
from stream.rtmp.client import RtmpPublisher

log = logging.getLogger("understudy.io")
HELD = 256  # packets: some four seconds


class Output:
    """templates: the era now, and the streams to copy parameters from (video, audio or None). want_key: asks for a key
    frame. lost: packets that did not get out. pictures: those that each opening wrote. resumed: how often the input
    broke off and came back within each. error: what ended an output that is not opened again."""

    def __init__(
        self,
        address: OutputAddress,
        templates: Callable[[], tuple[int, Any, Any]],
        want_key: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address, self.lost, self.sent, self.opened = address, 0, 0, 0
        self.pictures: list[int] = []
        self.resumed: list[int] = []
        self.error: Exception | None = None
        self._templates, self._want_key, self._clock = templates, want_key, clock
        self._ring: Ring[EncodedPacket] = Ring(HELD, WhenFull.SHED)
        self._backoff, self._shed = Backoff(), 0
        self._container: Any = None
        self._publisher: RtmpPublisher | None = None
        self._era = 0
        self._connection = 0  # of the input, that the last packet came from
        self._streams: tuple[Any, Any] = (None, None)
        self._last = [-1, -1]
        self._waiting = True  # for a key frame
        self._thread = threading.Thread(target=self._work, name="output", daemon=True)

    def start(self) -> None:
        """Begins to write; called once."""
        self._thread.start()

    @property
    def open(self) -> bool:
        return self._container is not None

    @property
    def waiting(self) -> int:
        """Packets that its thread has not yet taken."""
        return len(self._ring)

    @property
    def failures(self) -> int:
        """Tries in a row that failed."""
        return self._backoff.tries

    def put(self, packet: EncodedPacket) -> None:
        """From any thread; never waits."""
        try:
            if self._ring.put(packet) is not None:
                self.lost += 1
        except Closed:
            self.lost += 1

    def close(self, patience: float = 5.0) -> None:
        """Writes what is there and ends."""
        self._ring.close()
        if self._thread.ident is not None:
            self._thread.join(patience)

    def _work(self) -> None:
        for packet in self._ring:
            if self.error is not None:
                self.lost += 1
                continue
            if packet.era > self._era:
                self._era = packet.era
                self._end()  # a container's streams cannot change; the next key frame begins another
                self._waiting = True
            if self._ring.shed != self._shed:  # there is a hole before this packet
                self._shed = self._ring.shed
                self._waiting = True
                self._want_key()
            if not self._usable(packet):
                self.lost += self.opened > 0 or self._backoff.tries > 0  # sound before the first picture is not missed
                continue
            try:
                if self._container is None:
                    self._open()
                    self._connection = packet.connection
                self._mux(packet)
            except (av.error.FFmpegError, OSError, ValueError) as error:
                self._broke(error)
        self._end()
        if self.address.format == "hls" and self.opened:
            hls.finish(Path(self.address.url))

    def _usable(self, packet: EncodedPacket) -> bool:
        if packet.era < self._era:
            return False
        if self._container is None and not self._backoff.ready(self._clock()):
            return False
        if self._waiting:
            if not (packet.video and packet.key):
                if packet.video:
                    self._want_key()
                return False
            if self._container is None and self._templates()[0] != packet.era:  # they have changed again meanwhile
                return False
            self._waiting = False
        return True

    def _open(self) -> None:
        _, video, audio = self._templates()
        o = self.address
        options = hls.options(Path(o.url), not self.opened) if o.format == "hls" else dict(o.options)
        self._publisher = RtmpPublisher(o.url) if o.rtmp else None
        place: Any = self._publisher or o.part(self.opened)
        self._container = av.open(place, "w", format=o.format, options=options)
        made = self._container.add_stream_from_template(video, opaque=True)
        sound = self._container.add_stream_from_template(audio, opaque=True) if audio is not None else None
        self._streams, self._last = (made, sound), [-1, -1]
        self._container.start_encoding()
        self.opened += 1
        self.pictures.append(0)
        self.resumed.append(0)
        log.info("%s is open", o.shown)

    def _mux(self, packet: EncodedPacket) -> None:
        index = 0 if packet.video else 1
        if self._streams[index] is None:
            return
        pts = max(packet.pts, self._last[index] + 1)
        self._last[index] = pts
        made: Any = av.Packet(packet.data)
        made.stream, made.pts, made.dts, made.time_base = self._streams[index], pts, pts, CLOCK
        made.is_keyframe = packet.key
        if packet.duration:
            made.duration = packet.duration
        self._container.mux_one(made)
        self.sent += 1
        self.pictures[-1] += packet.video
        self.resumed[-1] += max(0, packet.connection - self._connection)
        self._connection = max(packet.connection, self._connection)
        self._backoff.up(self._clock())

    def _broke(self, error: Exception) -> None:
        self._end()
        self.lost += 1
        why = str(getattr(error, "strerror", None) or error)
        if not self.address.again:
            self.error = error
            log.error("%s cannot be written: %s", self.address.shown, why)
            return
        wait = self._backoff.down(self._clock())
        self._waiting = True
        log.warning("%s: %s; tried again in %.1f s", self.address.shown, why, wait)

    def _end(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            try:
                container.close()
            except (av.error.FFmpegError, OSError, ValueError):
                log.info("%s did not end well", self.address.shown)
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None
