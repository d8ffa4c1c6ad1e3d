"""Relay: one input through one session to any number of outputs, until the input is over or somebody says stop.

The place where the input's thread, the session and the outputs' threads meet the event loop.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import av

from stream.io.address import InputAddress, OutputAddress
from stream.io.audio_encoder import AudioEncoder
from stream.io.fanout import Ended, Fanout
from stream.io.input import Input, Sound
from stream.io.output import Output
from stream.io.video_encoder import CLOCK, EncodedPacket, VideoEncoder
from stream.io.virtual_camera import VirtualCamera
from stream.io.whip_output import WhipOutput
from stream.live.session import FrameSwap, LiveSession
from stream.rtmp.slot import Slot
from stream.telemetry.metrics import Metered, Metrics
from stream.telemetry.trace import Tracer

log = logging.getLogger("understudy.io")
T = TypeVar("T")
DRAIN = 3.0  # seconds that the last frames of a file get


class Relay:
    """make: the session's swap. bitrate, preset: of the video. token: for WHIP outputs. slot, linger: for an inlet that
    listens: where publishers come from, and for how many seconds one is waited for. cameras: among the outputs."""

    def __init__(
        self,
        inlet: InputAddress,
        outlets: list[OutputAddress],
        make: Callable[[Metered], FrameSwap],
        metrics: Metrics,
        *,
        tracer: Tracer | None = None,
        bitrate: int = 4_000_000,
        preset: str = "superfast",
        token: str | None = None,
        slot: Slot | None = None,
        linger: float | None = None,
    ) -> None:
        self._make, self._metrics, self._tracer = make, metrics, tracer
        self._whips = [WhipOutput(o, token) for o in outlets if o.whip]
        self.cameras = [VirtualCamera(o) for o in outlets if o.camera]
        self._plain = [o for o in outlets if not (o.whip or o.camera)]
        self._encoder = VideoEncoder(bitrate, preset)
        self._sound: AudioEncoder | None = None
        self._opus: AudioEncoder | None = None
        self._era, self._made = 0, 0
        self._opus_packets, self.damaged_sound = Fanout("audio"), 0
        self.skipped = 0  # pictures that made room for newer ones before the encoder
        self.outputs: list[Output] = []
        self.session: LiveSession | None = None
        self.input = Input(inlet, self._take_picture, self._take_sound, self._opened, slot=slot, linger=linger)
        self._pool = ThreadPoolExecutor(2 + len(self._plain), "relay")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._behind = threading.Semaphore(8)  # sound and pictures handed to the loop and not yet taken

    async def run(self, stop: asyncio.Event) -> None:
        """To the input's end, or until `stop`. Raises what ended it: InputError where a file cannot be read, or what
        went wrong within. What ended an output is its `error`."""
        self._loop = asyncio.get_running_loop()
        session = self.session = LiveSession(self._make, self._metrics, self._tracer)
        self.outputs = [Output(o, self._templates, self._encoder.want_key) for o in self._plain]
        for output in self.outputs:
            output.start()
        encoding = [asyncio.create_task(self._encode_sound())]
        if self.outputs:
            encoding.append(asyncio.create_task(self._encode_pictures()))
        others = [asyncio.create_task(whip.run(session.video, self._opus_packets)) for whip in self._whips]
        others += [asyncio.create_task(camera.run(session.video)) for camera in self.cameras]
        others.append(asyncio.create_task(self._failing()))
        halt = asyncio.create_task(stop.wait())
        reading = self._in_thread(self.input.run)
        try:
            all_: set[asyncio.Future[Any]] = {reading, halt, *encoding, *others}
            done, _ = await asyncio.wait(all_, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            if reading in done:
                await self._drain()
        finally:
            self.input.stop()
            await session.close()
            self._opus_packets.stop()
            await asyncio.wait(encoding, timeout=DRAIN)
            for task in (halt, *encoding, *others):
                task.cancel()
            await asyncio.gather(*encoding, *others, return_exceptions=True)
            await asyncio.gather(*(self._in_thread(output.close) for output in self.outputs))
            self._encoder.close()
            await asyncio.wait({reading})  # a read's patience at most
            self._pool.shutdown()

    def _in_thread(self, call: Callable[..., T], *words: Any) -> asyncio.Future[T]:
        """On a thread of this relay's own: the loop's common ones are few, and reading holds one for good."""
        return asyncio.get_running_loop().run_in_executor(self._pool, call, *words)

    async def _failing(self) -> None:
        """Ends with the session's failure, or once no output is left."""
        while True:
            await asyncio.sleep(0.2)
            if self.session is not None and self.session.failed is not None:
                raise self.session.failed
            if self.outputs and not (self._whips or self.cameras) and all(o.error is not None for o in self.outputs):
                return

    async def _drain(self) -> None:
        """The last frames get through before the session ends."""
        s = self.session
        assert s is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                while s.came > s.left + s.held + s.shed and s.failed is None:  # noqa: ASYNC110 - the lane has no event
                    await asyncio.sleep(0.01)

    def _templates(self) -> tuple[int, Any, Any]:
        return self._era, self._encoder.template, self._sound.template if self._sound else None

    # on the input's thread

    def _opened(self, audio: Any) -> None:
        known = self._sound.kind if self._sound else None
        fresh = AudioEncoder(audio) if audio is not None and self._plain else None
        changed = (fresh.kind if fresh else None) != known
        self._sound, self._era = fresh, self._era + changed
        self._opus = AudioEncoder(audio, "libopus") if audio is not None and self._whips else None

    def _take_picture(self, frame: av.VideoFrame) -> None:
        assert self._loop is not None and self.session is not None
        self._hand(self.session.picture, frame)

    def _take_sound(self, sound: Sound) -> None:
        assert self._loop is not None and self.session is not None
        self._hand(self.session.sound, sound)

    def _hand(self, take: Callable[[Any], object], item: Any) -> None:
        """To the loop; waits, for a moment, where the loop is behind: its own queue has no bound."""
        while not self._behind.acquire(timeout=0.5):
            if self.input.stopped:
                return

        def call() -> None:
            self._behind.release()
            take(item)

        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop has closed
            self._loop.call_soon_threadsafe(call)

    # on the loop

    async def _encode_pictures(self) -> None:
        assert self.session is not None
        pictures = self.session.video.subscribe()
        while True:
            try:
                frame = await pictures.recv()
            except Ended:
                return
            packets = await self._in_thread(self._encoder.encode, frame)
            if pictures.dropped > self.skipped:
                self._metrics.drops.labels("encoder").inc(pictures.dropped - self.skipped)
                self.skipped = pictures.dropped
            if self._encoder.made != self._made:
                self._made, self._era = self._encoder.made, self._era + 1
            self._send(packets)

    async def _encode_sound(self) -> None:
        assert self.session is not None
        sounds = self.session.audio.subscribe()
        while True:
            try:
                sound = await sounds.recv()
            except Ended:
                return
            plain, opus = self._sound, self._opus
            try:
                if plain is not None:
                    self._send(plain.encode(sound))
                if opus is not None:
                    self._send_opus(opus.encode(sound))
            except av.error.FFmpegError as error:
                self.damaged_sound += 1
                log.info("a packet of sound is damaged: %s", error)

    def _send(self, packets: list[EncodedPacket]) -> None:
        for packet in packets:
            for output in self.outputs:
                output.put(replace(packet, era=self._era, connection=self.input.count.opened))

    def _send_opus(self, packets: list[EncodedPacket]) -> None:
        for packet in packets:
            made: Any = av.Packet(packet.data)
            made.pts, made.time_base = packet.pts, CLOCK
            self._opus_packets.push(made)
