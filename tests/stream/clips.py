"""Small clips made on the spot: pictures whose index can be read back, in any container, codec, time and format."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from engines.values import U8


def picture(index: int, width: int, height: int) -> U8:
    """A smooth coloured picture, different for each index, uint8 (h, w, 3) RGB."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    phase = index / 9
    waves = [np.sin(4 * x + 3 * y + phase), np.cos(5 * y - phase), np.sin(3 * x * y + 2 * phase)]
    return (128 + 90 * np.dstack(waves)).astype(np.uint8)


def make(
    path: Path,
    *,
    frames: int = 12,
    size: tuple[int, int] = (96, 64),
    rate: Fraction = Fraction(25),
    times: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    audio: str | None = None,
    subtitles: bool = False,
    rotation: float = 0,
    aspect: Fraction | None = None,
    tags: tuple[int, int, int, int] | None = None,
    interlaced: bool = False,
    metadata: dict[str, str] | None = None,
    chapters: bool = False,
    container: dict[str, str] | None = None,
) -> Path:
    """Writes a clip and returns its path. times: pts in units of time_base. tags: primaries, transfer, matrix, range.
    audio: a codec's name. rotation: degrees clockwise on display."""
    base = time_base or 1 / rate
    with av.open(str(path), "w", container_options=container or {}) as out:
        out.metadata.update(metadata or {})
        video: Any = out.add_stream(codec, rate, options={"preset": "ultrafast", "crf": "12", **(options or {})})
        video.width, video.height, video.pix_fmt = *size, pix_fmt
        context = video.codec_context
        context.time_base = base
        if codec != "libx264":
            video.options = options or {}
        if aspect is not None:
            context.sample_aspect_ratio = aspect
        if tags is not None:
            context.color_primaries, context.color_trc, context.colorspace, context.color_range = tags
        if interlaced:
            context.flags |= av.codec.context.Flags.interlaced_dct
            context.field_order = 2
        if rotation:
            video.set_display_rotation(-rotation)
        sound: Any = out.add_stream(audio, 48000) if audio else None
        words: Any = out.add_mux_stream("mov_text" if path.suffix == ".mp4" else "subrip") if subtitles else None
        if chapters:
            half = frames * 1000 // 50
            out.set_chapters(
                [
                    {"id": 0, "start": 0, "end": half, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}},
                    {
                        "id": 1,
                        "start": half,
                        "end": 2 * half,
                        "time_base": Fraction(1, 1000),
                        "metadata": {"title": "two"},
                    },
                ]
            )
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(index, *size), format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = (times[index] if times is not None else index), base
            frame.pict_type = 0
            out.mux(video.encode(frame))
            if sound is not None:
                out.mux(_sound(sound, index, rate))
        out.mux(video.encode(None))
        if sound is not None:
            out.mux(sound.encode(None))
        if words is not None:
            out.mux(_line(words, path.suffix))
    return path


def _sound(stream: Any, index: int, rate: Fraction) -> Any:
    count = round(48000 / rate)
    wave = np.sin(np.arange(index * count, (index + 1) * count) / 20).astype(np.float32) / 4
    kind = stream.codec_context.format.name
    data: npt.NDArray[np.generic] = np.stack([wave, wave]) if kind.endswith("p") else np.repeat(wave, 2)[None]
    if kind.startswith("s"):
        data = (data * 32767).astype(np.int16) if kind.startswith("s16") else (data * 2**30).astype(np.int32)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(data), format=kind, layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48000, index * count, Fraction(1, 48000)
    return stream.encode(frame)


def _line(stream: Any, suffix: str) -> Any:
    text = b"a line of text"
    packet: Any = av.Packet(len(text).to_bytes(2, "big") + text if suffix == ".mp4" else text)
    packet.stream, packet.pts, packet.dts, packet.duration = stream, 0, 0, 200
    packet.time_base = Fraction(1, 1000)
    return packet


def seconds(path: Path) -> list[Fraction]:
    """The presentation time of every decoded frame."""
    with av.open(str(path)) as clip:
        return [f.pts * f.time_base for f in clip.decode(video=0) if f.pts is not None and f.time_base is not None]


def images(path: Path, kind: str = "rgb24") -> npt.NDArray[np.generic]:
    """All frames as one array, without rotation applied."""
    with av.open(str(path)) as clip:
        return np.stack([f.to_ndarray(format=kind) for f in clip.decode(video=0)])


def packets(path: Path, kind: str) -> list[tuple[bytes, Fraction]]:
    """Bytes and time of every packet of the streams of one type."""
    with av.open(str(path)) as clip:
        wanted = [s for s in clip.streams if s.type == kind]
        return [(bytes(p), Fraction(p.pts or 0) * p.time_base) for p in clip.demux(*wanted) if p.size]
