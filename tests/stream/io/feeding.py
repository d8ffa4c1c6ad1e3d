"""Clips, publishers and a swap that changes nothing, for the tests of feeds."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np

from engines.values import Box
from stream.frame import Frame, Route
from stream.io.address import inlet, outlet
from stream.io.input import Input
from stream.io.relay import Relay
from stream.live.ladder import Rung
from stream.live.swap import FollowedFace, Shown
from stream.pipeline.control import Change
from stream.pipeline.misses import MissLog
from stream.pipeline.pipeline import Pipeline
from stream.pixels.label import Label
from stream.rtmp.client import RtmpPublisher
from stream.telemetry.metrics import Metered, Metrics


@dataclass
class Same:
    """Shows each frame as it came, with a face in it. changes: that were asked for."""

    stats: Metered
    changes: list[tuple[Change, Label | None]] = field(default_factory=list)

    def __call__(self, frame: Frame) -> Shown:
        with self.stats.time("paint"):
            seen = FollowedFace(4, Box(10.04, 20, 60, 80), 0)
            return Shown(frame, frame.picture, False, Route.FAST, Rung.FULL, 1, (seen,))

    def update(self, change: Change, label: Label | None = None) -> None:
        self.changes.append((change, label))

    def close(self) -> None:
        pass


@dataclass
class Counted:
    """What signing asks a pipeline: a session in which `painted` frames were painted."""

    painted: int
    files: dict[str, Path] = field(default_factory=dict)

    @property
    def misses(self) -> MissLog:
        return MissLog(painted=self.painted)


def counted(painted: int) -> Pipeline:
    """Stands for the pipeline of a swap that paints nothing."""
    return cast(Pipeline, Counted(painted))


def relay(source: str, *outputs: str | Path, realtime: bool = False) -> Relay:
    """A relay of one address to several, that changes nothing."""
    given = [outlet(str(o)) for o in outputs]
    return Relay(inlet(source, realtime=realtime), given, Same, Metrics(), preset="ultrafast", bitrate=800_000)


def carried(made: Relay, frames: int, patience: float = 20.0) -> None:
    """Runs until so many pictures have come, or the input is over."""

    async def main() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(made.run(stop))
        async with asyncio.timeout(patience):
            while made.input.count.frames < frames and not running.done():
                await asyncio.sleep(0.02)
        stop.set()
        await running

    asyncio.run(main())


def tried(input: Input, seconds: float) -> bool:
    """Runs an input for some seconds and stops it; whether it ended then, and had never been opened."""
    thread = threading.Thread(target=input.run)
    thread.start()
    time.sleep(seconds)
    input.stop()
    thread.join(5)
    return not thread.is_alive() and input.count.opened == 0


def port() -> int:
    """A free one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write(url: str, seconds: float, *, format: str | None = None, sound: str | None = "aac", pace: bool = False,
          size: tuple[int, int] = (160, 120), fps: int = 30, stop: threading.Event | None = None,
          options: dict[str, str] | None = None) -> int:  # fmt: skip
    """A clip, or a publisher (pace: at its own time). Returns the number of pictures."""
    count = 0
    place: Any = RtmpPublisher(url) if url.startswith("rtmp") else url
    with (
        contextlib.closing(place) if place is not url else contextlib.nullcontext(),
        av.open(place, "w", format=format, options=options or {}) as out,
    ):
        video: Any = out.add_stream("libx264", fps, options={"preset": "ultrafast", "tune": "zerolatency", "g": "15"})
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        audio: Any = out.add_stream(sound, 48_000, layout="stereo") if sound else None
        began, sample = time.monotonic(), 0
        for i in range(int(seconds * fps)):
            if stop is not None and stop.is_set():
                break
            plane = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
            plane[: size[1]] = (np.arange(size[0]) + 4 * i) % 220
            frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
            frame.pts, frame.time_base = i, Fraction(1, fps)
            out.mux(video.encode(frame))
            count += 1
            while audio is not None and sample / 48_000 < (i + 1) / fps:
                step = audio.codec_context.frame_size or 1024
                tone = np.sin(np.arange(sample, sample + step) / 20).astype(np.float32) / 4
                kind = audio.codec_context.format.name
                data: Any = np.stack([tone, tone])
                if kind == "s16":
                    data = (np.repeat(tone, 2)[None] * 32767).astype(np.int16)
                elif kind == "flt":
                    data = np.repeat(tone, 2)[None]
                piece = av.AudioFrame.from_ndarray(data, format=kind, layout="stereo")
                piece.sample_rate, piece.pts, piece.time_base = 48_000, sample, Fraction(1, 48_000)
                out.mux(audio.encode(piece))
                sample += step
            if pace:
                time.sleep(max(0.0, began + (i + 1) / fps - time.monotonic()))
        out.mux(video.encode(None))
        if audio is not None:
            out.mux(audio.encode(None))
    return count


def packets(path: Path | str, kind: str) -> list[float]:
    """The times of a stream's packets."""
    with av.open(str(path)) as clip:
        stream = next(s for s in clip.streams if s.type == kind)
        return [float(p.pts * p.time_base) for p in clip.demux(stream) if p.pts is not None]


def pictures(path: Path | str) -> list[tuple[int, int]]:
    """Size of every decoded picture."""
    with av.open(str(path)) as clip:
        return [(f.width, f.height) for f in clip.decode(video=0)]


def ffmpeg_publisher(url: str, seconds: float) -> subprocess.Popen[bytes]:
    """FFmpeg's own RTMP, which others use; in a process of its own, as it holds the interpreter's lock. Fails with what
    FFmpeg said."""
    code = (
        "import sys, av; from fractions import Fraction; import numpy as np, time\n"
        f"with av.open({url!r}, 'w', format='flv') as out:\n"
        "  v = out.add_stream('libx264', 30, options={'tune': 'zerolatency', 'preset': 'ultrafast', 'g': '15'})\n"
        "  v.width, v.height, v.pix_fmt = 160, 120, 'yuv420p'\n"
        f"  for i in range(int({seconds} * 30)):\n"
        "    f = av.VideoFrame.from_ndarray(np.full((180, 160), i % 200, np.uint8), format='yuv420p')\n"
        "    f.pts, f.time_base = i, Fraction(1, 30); out.mux(v.encode(f)); time.sleep(1 / 30)\n"
        "  out.mux(v.encode(None))\n"
    )
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)


class Cut:
    """A network between a publisher and a port, which can be cut for a while: bytes are held back, none are lost."""

    def __init__(self, number: int) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._number, self._flows = number, threading.Event()
        self._flows.set()
        self._peers: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def hold(self, seconds: float) -> None:
        self._flows.clear()
        threading.Timer(seconds, self._flows.set).start()

    def close(self) -> None:
        self._server.close()
        for peer in self._peers:
            peer.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._number))
                except OSError:
                    near.close()
                    continue
                self._peers += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 14):
                self._flows.wait()
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
