"""Camera: a face clip as a camera would give it, each picture stamped with number and time as it is taken.

Knows clips and the event loop's pacing; knows nothing of where the pictures go.
"""

import asyncio
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from aiortc import MediaStreamTrack

from engines.errors import InputError
from engines.values import U8
from tools.bench.live.frame_code import burn

KEPT = 120  # pictures of the clip, run to and fro
RATE, SAMPLES = 48_000, 960  # of sound: packets of 20 ms
CLICK = 0.01  # seconds of tone at each whole second of the clock
CLOCK = Fraction(1, 90_000)


def load(path: Path, width: int, height: int) -> list[U8]:
    """Pictures as planar yuv420p, uint8 (h * 3 / 2, w), the clip on a grey ground. Raises InputError."""
    frames: list[U8] = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                frames.append(_fitted(frame, width, height))
                if len(frames) == KEPT:
                    break
    except (av.error.FFmpegError, OSError, IndexError) as error:
        raise InputError(f"{path} cannot be read as a video: {error}") from error
    if not frames:
        raise InputError(f"{path} holds no picture")
    return frames + frames[-2:0:-1]


def _fitted(frame: av.VideoFrame, width: int, height: int) -> U8:
    scale = min(width / frame.width, height / frame.height)
    w, h = round(frame.width * scale) // 2 * 2, round(frame.height * scale) // 2 * 2
    small = frame.reformat(w, h, "rgb24").to_ndarray()
    canvas = np.full((height, width, 3), 96, np.uint8)
    canvas[:, :, 0] += (np.arange(width) * 60 // width).astype(np.uint8)  # a ground with some shape to it
    x, y = (width - w) // 2, (height - h) // 2
    canvas[y : y + h, x : x + w] = small
    return np.asarray(cv2.cvtColor(canvas, cv2.COLOR_RGB2YUV_I420), np.uint8)


def picture(plane: U8, number: int, pts: int) -> av.VideoFrame:
    """One picture, stamped now."""
    copy = plane.copy()
    height = plane.shape[0] * 2 // 3
    burn(copy[:height], number, time.monotonic())
    frame = av.VideoFrame.from_ndarray(copy, format="yuv420p")
    frame.pts, frame.time_base = pts, CLOCK
    return frame


class Camera(MediaStreamTrack):
    """Pictures at a steady rate; late ones are left out as a camera would."""

    kind = "video"

    def __init__(self, planes: list[U8], fps: int) -> None:
        super().__init__()
        self._planes, self._fps = planes, fps
        self._began: float | None = None
        self.number = -1

    async def recv(self) -> Any:
        now = time.monotonic()
        if self._began is None:
            self._began = now
        due = self.number + 1
        if (late := int((now - self._began) * self._fps) - due) > 0:
            due += late
        await asyncio.sleep(max(0.0, self._began + due / self._fps - now))
        self.number = due
        return picture(self._planes[due % len(self._planes)], due, round(due * 90_000 / self._fps))


class Microphone(MediaStreamTrack):
    """Silence with a short tone at each whole second of the machine's clock. began: reading of the clock, seconds, when
    the first samples were asked for."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.began: float | None = None
        self._count = 0

    async def recv(self) -> Any:
        if self.began is None:
            self.began = time.monotonic()
        start = self.began + self._count * SAMPLES / RATE
        await asyncio.sleep(max(0.0, start + SAMPLES / RATE - time.monotonic()))
        at = (start + np.arange(SAMPLES) / RATE) % 1.0
        tone = np.where(at < CLICK, 12_000 * np.sin(2 * np.pi * 1000 * at), 0)
        samples = np.repeat(tone.astype(np.int16), 2)[None]
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._count * SAMPLES, Fraction(1, RATE)
        self._count += 1
        return frame
