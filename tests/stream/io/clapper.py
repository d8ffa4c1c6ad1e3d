"""Clapper: a clip whose picture flashes when its sound clicks, and how far apart the two are in a file."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

FPS, RATE = 30, 48_000
EVERY = 15  # pictures between two flashes
SIZE = (160, 120)


def make(path: Path, seconds: float) -> Path:
    """H.264 and AAC in Matroska: a white picture every half second, and a click of its length."""
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream("libx264", FPS, options={"preset": "ultrafast", "tune": "zerolatency", "g": "15"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        audio: Any = out.add_stream("aac", RATE, layout="stereo")
        sample = 0
        for index in range(int(seconds * FPS)):
            plane = np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8)
            plane[: SIZE[1]] = 235 if index % EVERY == EVERY // 2 else 40 + index % 30
            frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            out.mux(video.encode(frame))
            while sample < (index + 1) * RATE // FPS:
                out.mux(audio.encode(_sound(sample)))
                sample += 1024
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return path


def _sound(start: int) -> av.AudioFrame:
    times = np.arange(start, start + 1024) / RATE
    into = (times * FPS) % EVERY - EVERY // 2
    tone = np.where((into >= 0) & (into < 1), 0.8 * np.sin(2 * np.pi * 1000 * times), 0).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(np.stack([tone, tone]), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
    return frame


def flashes(path: Path | str) -> list[float]:
    """When the picture turns white, seconds."""
    times, before = [], False
    with av.open(str(path)) as clip:
        for frame in clip.decode(video=0):
            now = bool(frame.to_ndarray(format="gray").mean() > 150)
            if now and not before:
                assert frame.pts is not None and frame.time_base is not None
                times.append(float(frame.pts * frame.time_base))
            before = now
    return times


def clicks(path: Path | str) -> list[float]:
    """When the sound begins again after silence, seconds."""
    times: list[float] = []
    quiet = 0.0
    with av.open(str(path)) as clip:
        for frame in clip.decode(audio=0):
            assert frame.pts is not None and frame.time_base is not None
            loud = np.abs(frame.to_ndarray()).max(axis=0) > 0.25
            start = float(frame.pts * frame.time_base)
            for at in np.flatnonzero(loud) / frame.sample_rate + start:
                if at - quiet > 0.1 or not times:
                    times.append(float(at))
                quiet = float(at)
    return times


def skews(path: Path | str) -> list[float]:
    """By how much each click comes after its flash, seconds; flashes without one (at a break) are left out."""
    heard = np.array(clicks(path))
    found = [float(heard[np.abs(heard - at).argmin()] - at) for at in flashes(path)] if len(heard) else []
    return [skew for skew in found if abs(skew) < 0.2]
