"""Relay: one input through one session to any number of outputs, until the input is over or somebody says stop.

The place where the intake's thread, the session and the outputs' threads meet the event loop.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
from aiortc.mediastreams import MediaStreamError

from stream.feed.address import Inlet, Outlet
from stream.feed.backoff import Backoff
from stream.feed.intake import Intake, Sound
from stream.feed.mouth import Mouth
from stream.feed.press import Piece, Press
from stream.feed.soundpress import SoundPress
from stream.live.session import Session, Swap
from stream.metrics import Metered, Metrics
from stream.trace import Tracer
from stream.webrtc.tracks import Outlet as Track

log = logging.getLogger("understudy.feed")
DRAIN = 3.0  # seconds that the last frames of a file get


class Relay:
    """make: the session's swap. bitrate, preset: of the video. token: for WHIP outputs."""

    def __init__(
        self,
        inlet: Inlet,
        outlets: list[Outlet],
        make: Callable[[Metered], Swap],
        metrics: Metrics,
        *,
        tracer: Tracer | None = None,
        bitrate: int = 4_000_000,
        preset: str = "superfast",
        token: str | None = None,
    ) -> None:
        self._make, self._metrics, self._tracer, self._token = make, metrics, tracer, token
        self._whips = [o for o in outlets if o.whip]
        self._plain = [o for o in outlets if not o.whip]
        self._press = Press(bitrate, preset)
        self._sound: SoundPress | None = None
        self._opus: SoundPress | None = None
        self.mouths: list[Mouth] = []
        self.session: Session | None = None
        self.intake = Intake(inlet, self._picture, self._hear, self._begun)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._behind = threading.Semaphore(8)  # sound and pictures handed to the loop and not yet taken

    async def run(self, stop: asyncio.Event) -> None:
        """Raises InputError where an input that is read but once cannot be, OutputError's causes as logged."""
        self._loop = asyncio.get_running_loop()
        session = self.session = Session(self._make, self._metrics, self._tracer)
        self.mouths = [Mouth(o, self._templates, self._press.want_key) for o in self._plain]
        speaking = Track("audio")
        tasks = [asyncio.create_task(self._print()), asyncio.create_task(self._speak(speaking))]
        tasks += [asyncio.create_task(self._whip(o, speaking)) for o in self._whips]
        reading = asyncio.create_task(asyncio.to_thread(self.intake.run))
        halt = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({reading, halt}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                await self._drain()
                reading.result()
            elif session.failed is not None:
                raise session.failed
        finally:
            self.intake.stop()
            halt.cancel()
            await session.close()
            await asyncio.wait(tasks[:2], timeout=DRAIN)
            for task in tasks:
                task.cancel()
            for mouth in self.mouths:
                await asyncio.to_thread(mouth.close)
            self._press.close()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(asyncio.shield(reading), 12)

    async def _drain(self) -> None:
        s = self.session
        assert s is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                while s.came > s.left + s.held + s.shed and s.failed is None:  # noqa: ASYNC110 - the lane has no event
                    await asyncio.sleep(0.01)

    def _templates(self) -> tuple[Any, Any]:
        return self._press.template, self._sound.template if self._sound else None

    # on the intake's thread

    def _begun(self, audio: Any) -> None:
        old = self._sound
        self._sound = SoundPress(audio) if audio is not None and self._plain else None
        self._opus = SoundPress(audio, "libopus") if audio is not None and self._whips else None
        if (old is None) != (self._sound is None) and self.intake.count.opened:
            for mouth in self.mouths:
                mouth.renew()

    def _picture(self, frame: av.VideoFrame) -> None:
        assert self._loop is not None and self.session is not None
        self._hand(self.session.picture, frame)

    def _hear(self, sound: Sound) -> None:
        assert self._loop is not None and self.session is not None
        self._hand(self.session.sound, sound)

    def _hand(self, take: Callable[[Any], object], item: Any) -> None:
        """To the loop; waits, for a moment, where the loop is behind: its own queue has no bound."""
        self._behind.acquire(timeout=1.0)

        def call() -> None:
            self._behind.release()
            take(item)

        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop has closed
            self._loop.call_soon_threadsafe(call)

    # on the loop

    async def _print(self) -> None:
        assert self.session is not None
        outlet, made = self.session.video.outlet(), 0
        if not self.mouths:
            return
        while True:
            try:
                frame = await outlet.recv()
            except MediaStreamError:
                return
            pieces = await asyncio.to_thread(self._press.press, frame)
            if self._press.made != made:
                if made:
                    for mouth in self.mouths:
                        mouth.renew()
                made = self._press.made
            self._send(pieces)

    async def _speak(self, speaking: Track) -> None:
        assert self.session is not None
        outlet = self.session.audio.outlet()
        while True:
            try:
                sound = await outlet.recv()
            except MediaStreamError:
                return
            if self._sound is not None:
                self._send(self._sound.press(sound))
            if self._opus is not None:
                for piece in self._opus.press(sound):
                    packet: Any = av.Packet(piece.data)
                    packet.pts, packet.time_base = piece.pts, Fraction(1, 90_000)
                    speaking.push(packet)

    def _send(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            for mouth in self.mouths:
                mouth.put(piece)

    async def _whip(self, outlet: Outlet, speaking: Track) -> None:
        """Publishes, and again when it breaks."""
        from stream.webrtc.client import Client

        assert self.session is not None
        backoff = Backoff()
        while True:
            async with Client(outlet.url, self._token) as client:
                gone = asyncio.Event()
                client.when_gone(gone.set)
                try:
                    await client.publish(self.session.video.outlet(), speaking)
                    backoff.up(self._loop.time() if self._loop else 0.0)
                    await gone.wait()
                    log.warning("%s ended", outlet.shown)
                except Exception as error:
                    log.warning("%s: %s", outlet.shown, error)
            await asyncio.sleep(backoff.down(asyncio.get_running_loop().time()))
