"""Recordings with a clock of their own, and files joined of them byte for byte, as recorders and people join them."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.stream.clips import picture

TICKS = 90_000
LOOP = Fraction(1 << 33, TICKS)  # seconds after which an MPEG clock begins anew
FRAME = Fraction(1, 25)


def part(
    path: Path,
    at: Fraction | float = 0,
    *,
    frames: int = 25,
    sound: bool = True,
    later: Fraction | float = 0,
    gone: Sequence[int] = (),
    mute: bool = False,
    first: int = 0,
    reorder: int = 0,
    codec: str = "libx264",
    size: tuple[int, int] = (96, 64),
) -> Path:
    """25 frames a second whose first is shown at `at` seconds of the piece's clock (wrapped as its 33 bits are).

    sound: AC-3 or MP2 of the same length. later: seconds by which sound begins after the picture. gone: frames that are
    missing; mute: their sound too. first: which picture the first one is. reorder: B-frames. Containers by ending: .ts,
    .m2ts, .mpg."""
    mpeg = path.suffix == ".mpg"
    with av.open(str(path), "w", container_options={} if mpeg else {"muxdelay": "0", "muxpreload": "0"}) as out:
        options = {"preset": "ultrafast", "crf": "20", "g": "12", "bf": str(reorder), "x264-params": "scenecut=0"}
        video: Any = out.add_stream("mpeg2video" if mpeg else codec, 25, options={} if mpeg else options)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = FRAME if mpeg else Fraction(1, TICKS)
        audio: Any = out.add_stream("mp2" if mpeg else "ac3", 48000, layout="stereo") if sound else None
        start, step = round(Fraction(at) / video.codec_context.time_base), round(FRAME / video.codec_context.time_base)
        for index in range(frames):
            if audio is not None and (index not in gone or not mute):
                out.mux(_sound(audio, index, Fraction(at) + Fraction(later)))
            if index in gone:
                continue
            frame = av.VideoFrame.from_ndarray(picture(first + index, *size), format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base, frame.pict_type = start + step * index, video.codec_context.time_base, 0
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            out.mux(audio.encode(None))
    return path


def joined(path: Path, *parts: Path) -> Path:
    """One file of all the pieces' bytes."""
    path.write_bytes(b"".join(p.read_bytes() for p in parts))
    return path


def _sound(stream: Any, index: int, at: Fraction) -> Any:
    count = 1920
    wave = (np.sin(np.arange(index * count, (index + 1) * count) / 20) * 8000).astype(np.int16)
    kind = stream.codec_context.format.name
    data: Any = wave / np.float32(32768) if kind.startswith("flt") else wave
    data = np.stack([data, data]) if kind.endswith("p") else np.repeat(data, 2)[None]
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(data), format=kind, layout="stereo")
    frame.sample_rate, frame.time_base = 48000, Fraction(1, 48000)
    frame.pts = round(at * 48000) + index * count
    return stream.encode(frame)


def times(path: Path, kind: str) -> list[Fraction]:
    """When each packet of the first stream of a kind is shown or heard, in order, in seconds."""
    with av.open(str(path)) as clip:
        stream = next(s for s in clip.streams if s.type == kind)
        return sorted(p.pts * p.time_base for p in clip.demux(stream) if p.pts is not None)
