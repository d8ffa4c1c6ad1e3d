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
from stream.io.video_encoder import CLOCK, EncodedPicture
from stream.lanes.ring import Closed, Ring, WhenFull
from stream.rtmp.client import RtmpPublisher

log = logging.getLogger("understudy.feed")
HELD = 256  # pieces: some four seconds


class Output:
    """templates: the era now, and the streams to copy parameters from (video, audio or None). want_key: asks for a key
    frame. lost: pieces that did not get out. error: what ended an output that is not opened again."""

    def __init__(
        self,
        outlet: OutputAddress,
        templates: Callable[[], tuple[int, Any, Any]],
        want_key: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.outlet, self.lost, self.sent, self.opened = outlet, 0, 0, 0
        self.error: Exception | None = None
        self._templates, self._want_key, self._clock = templates, want_key, clock
        self._ring: Ring[EncodedPicture] = Ring(HELD, WhenFull.SHED)
        self._backoff, self._shed = Backoff(), 0
        self._container: Any = None
        self._push: RtmpPublisher | None = None
        self._era = 0
        self._streams: tuple[Any, Any] = (None, None)
        self._last = [-1, -1]
        self._waiting = True  # for a key frame
        self._thread = threading.Thread(target=self._work, name="mouth", daemon=True)
        self._thread.start()

    @property
    def open(self) -> bool:
        return self._container is not None

    def put(self, piece: EncodedPicture) -> None:
        """From any thread; never waits."""
        try:
            if self._ring.put(piece) is not None:
                self.lost += 1
        except Closed:
            self.lost += 1

    def close(self, patience: float = 5.0) -> None:
        """Writes what is there and ends."""
        self._ring.close()
        self._thread.join(patience)

    def _work(self) -> None:
        for piece in self._ring:
            if self.error is not None:
                self.lost += 1
                continue
            if piece.era > self._era:
                self._era = piece.era
                self._end()  # a container's streams cannot change; the next key frame begins another
                self._waiting = True
            if self._ring.shed != self._shed:  # there is a hole before this piece
                self._shed = self._ring.shed
                self._waiting = True
                self._want_key()
            if not self._usable(piece):
                self.lost += self.opened > 0 or self._backoff.tries > 0  # sound before the first picture is not missed
                continue
            try:
                if self._container is None:
                    self._open()
                self._mux(piece)
            except (av.error.FFmpegError, OSError, ValueError) as error:
                self._broke(error)
        self._end()
        if self.outlet.format == "hls" and self.opened:
            hls.finish(Path(self.outlet.url))

    def _usable(self, piece: EncodedPicture) -> bool:
        if piece.era < self._era:
            return False
        if self._container is None and not self._backoff.ready(self._clock()):
            return False
        if self._waiting:
            if not (piece.video and piece.key):
                if piece.video:
                    self._want_key()
                return False
            if self._container is None and self._templates()[0] != piece.era:  # they have changed again meanwhile
                return False
            self._waiting = False
        return True

    def _open(self) -> None:
        _, video, audio = self._templates()
        o = self.outlet
        options = hls.options(Path(o.url)) if o.format == "hls" else dict(o.options)
        self._push = RtmpPublisher(o.url) if o.push else None
        place: Any = self._push or o.part(self.opened)
        self._container = av.open(place, "w", format=o.format, options=options)
        made = self._container.add_stream_from_template(video, opaque=True)
        sound = self._container.add_stream_from_template(audio, opaque=True) if audio is not None else None
        self._streams, self._last = (made, sound), [-1, -1]
        self._container.start_encoding()
        self.opened += 1
        log.info("%s is open", o.shown)

    def _mux(self, piece: EncodedPicture) -> None:
        stream = self._streams[0 if piece.video else 1]
        if stream is None:
            return
        lane = 0 if piece.video else 1
        pts = max(piece.pts, self._last[lane] + 1)
        self._last[lane] = pts
        packet: Any = av.Packet(piece.data)
        packet.stream, packet.pts, packet.dts, packet.time_base = stream, pts, pts, CLOCK
        packet.is_keyframe = piece.key
        if piece.duration:
            packet.duration = piece.duration
        self._container.mux_one(packet)
        self.sent += 1
        self._backoff.up(self._clock())

    def _broke(self, error: Exception) -> None:
        self._end()
        self.lost += 1
        why = str(getattr(error, "strerror", None) or error)
        if not self.outlet.again:
            self.error = error
            log.error("%s cannot be written: %s", self.outlet.shown, why)
            return
        wait = self._backoff.down(self._clock())
        self._waiting = True
        log.warning("%s: %s; tried again in %.1f s", self.outlet.shown, why, wait)

    def _end(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            try:
                container.close()
            except (av.error.FFmpegError, OSError, ValueError):
                log.info("%s did not end well", self.outlet.shown)
        if self._push is not None:
            self._push.close()
            self._push = None
