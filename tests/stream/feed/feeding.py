"""Clips, publishers and a swap that changes nothing, for the tests of feeds."""

import socket
import threading
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from stream.frame import Frame, Route
from stream.live.ladder import Rung
from stream.live.swap import Shown
from stream.metrics import Metered


@dataclass
class Same:
    """Shows each frame as it came."""

    stats: Metered

    def __call__(self, frame: Frame) -> Shown:
        return Shown(frame, frame.picture, False, Route.FAST, Rung.FULL, 1)

    def close(self) -> None:
        pass


def port() -> int:
    """A free one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write(url: str, seconds: float, *, format: str | None = None, sound: str | None = "aac", pace: bool = False,
          size: tuple[int, int] = (160, 120), fps: int = 30, stop: threading.Event | None = None) -> int:  # fmt: skip
    """A clip, or a publisher (pace: at its own time). Returns the number of pictures."""
    count = 0
    with av.open(url, "w", format=format, timeout=(5.0, 5.0) if "://" in url else None) as out:
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
        return [float(p.pts * p.time_base) for p in clip.demux(stream) if p.pts is not None]  # type: ignore[operator]


def pictures(path: Path | str) -> list[tuple[int, int]]:
    """Size of every decoded picture."""
    with av.open(str(path)) as clip:
        return [(f.width, f.height) for f in clip.decode(video=0)]
