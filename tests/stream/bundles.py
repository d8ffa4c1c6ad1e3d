"""Clips with other streams beside the video, of whatever kind: sound by codec, subtitles by format, covers, fonts, and
what FFmpeg does not know."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tests.stream.clips import picture

LINES = ((0, 400, "first line"), (500, 300, "two\nlines & <i>slanted</i>"))
ASS_HEADER = (
    b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour,"
    b" SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle,"
    b" BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\nStyle: Default,Arial,16,&Hffffff,"
    b"&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1\n\n[Events]\nFormat: Layer, Start, End, Style, Name,"
    b" MarginL, MarginR, MarginV, Effect, Text\n"
)


def bundle(
    path: Path,
    *,
    frames: int = 25,
    sounds: Sequence[str] = (),
    words: Sequence[str] = (),
    covers: Sequence[str] = (),
    files: Sequence[tuple[str, str, bytes]] = (),
    second: bool = False,
    layout: str = "stereo",
    bits: str = "",
    data: bool = False,
) -> Path:
    """A clip of 96x64 at 25 frames a second. sounds: codecs. words: text formats of subtitles. covers: codecs of cover
    pictures. files: name, kind and bytes of attachments. second: another video. bits: the sample format of the sound.
    data: a stream of timed metadata."""
    options = {"mpegts_m2ts_mode": "1"} if path.suffix == ".m2ts" else {}
    with av.open(str(path), "w", container_options=options) as out:
        videos = [_video(out) for _ in range(1 + second)]
        heard = [_sound(out, codec, layout, bits) for codec in sounds]
        read = [_text(out, codec) for codec in words]
        shown = [_cover(out, codec) for codec in covers]
        for name, kind, blob in files:
            out.add_attachment(name, kind, blob)
        meta: Any = out.add_data_stream("klv") if data else None
        out.start_encoding()
        for stream, packet in shown:
            packet.stream = stream
            out.mux(packet)
        for index in range(frames):
            image = av.VideoFrame.from_ndarray(picture(index, 96, 64), format="rgb24").reformat(format="yuv420p")
            for video in videos:
                image.pts, image.time_base, image.pict_type = index, Fraction(1, 25), 0
                out.mux(video.encode(image))
            for stream in heard:
                out.mux(stream.encode(wave(stream, index)))
            if meta is not None:
                _datum(out, meta, index)
        for stream in read:
            for start, length, text in LINES:
                _say(out, stream, start, length, text)
        for stream in (*videos, *heard):
            out.mux(stream.encode(None))
    return path


def wave(stream: Any, index: int) -> av.AudioFrame:
    """A twenty-fifth of a second of sound in which no sample is like its neighbour."""
    count = stream.codec_context.sample_rate // 25
    channels = stream.codec_context.layout.nb_channels
    kind = stream.codec_context.format
    rng = np.random.default_rng(index)
    if kind.packed.name in ("flt", "dbl"):
        data: Any = rng.uniform(-1, 1, (count, channels)).astype("f4" if kind.packed.name == "flt" else "f8")
    else:
        size: Any = {"u8": np.uint8, "s16": np.int16, "s32": np.int32}[kind.packed.name]
        data = rng.integers(np.iinfo(size).min, np.iinfo(size).max, (count, channels), dtype=size)
        if kind.packed.name == "s32":
            data &= ~0xFF  # 24 bits
    data = np.ascontiguousarray(data.T) if kind.is_planar else data.reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(data, format=kind.name, layout=stream.codec_context.layout)
    frame.sample_rate = stream.codec_context.sample_rate
    frame.pts, frame.time_base = index * count, Fraction(1, frame.sample_rate)
    return frame


def unknown(path: Path, known: bytes = b"mp4a", made: bytes = b"apac") -> Path:
    """Makes the codec of the last sound of a .mov one that FFmpeg does not know, as iPhones' spatial sound is."""
    data = bytearray(path.read_bytes())
    at = data.find(known, data.rfind(b"stsd"))
    data[at : at + 4] = made
    at = data.find(b"esds", at)
    data[at : at + 4] = b"dapa"
    path.write_bytes(data)
    return path


def samples(path: Path, index: int = 0) -> Any:
    """All samples of a sound stream, by its place among them, as (channels, n)."""
    with av.open(str(path)) as clip:
        stream = clip.streams.audio[index]
        parts = []
        for frame in clip.decode(stream):
            flat = frame.to_ndarray()
            parts.append(flat if frame.format.is_planar else flat.reshape(-1, frame.layout.nb_channels).T)
        return np.concatenate(parts, axis=1)


def kinds(path: Path) -> list[tuple[str, str | None]]:
    """Type and codec of every stream."""
    with av.open(str(path)) as clip:
        return [
            (s.type, s.codec_context.codec.canonical_name if s.codec_context is not None else None)
            for s in clip.streams
        ]


def said(path: Path) -> list[tuple[Fraction, Fraction, str]]:
    """Begin, length and words of every subtitle, plain."""
    with av.open(str(path)) as clip:
        stream = clip.streams.subtitles[0]
        lines = []
        for packet in clip.demux(stream):
            found = packet.decode() if packet.size else []
            for one in found:
                text = one.dialogue.decode()  # type: ignore[union-attr]
                base = packet.time_base
                lines.append(((packet.pts or 0) * base, (packet.duration or 0) * base, text))
        return lines


def _video(out: Any) -> Any:
    video = out.add_stream("libx264", 25, options={"preset": "ultrafast", "crf": "20"})
    video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
    video.codec_context.time_base = Fraction(1, 25)
    return video


def _sound(out: Any, codec: str, layout: str, bits: str) -> Any:
    stream = out.add_stream(codec, 48000, layout=layout)
    if bits:
        stream.codec_context.format = bits
    return stream


def _text(out: Any, codec: str) -> Any:
    stream = out.add_stream(codec)
    stream.codec_context.subtitle_header = ASS_HEADER
    stream.codec_context.time_base = Fraction(1, 1000)
    stream.metadata["language"] = "fra"
    return stream


def _say(out: Any, stream: Any, start: int, length: int, text: str) -> None:
    body = text.replace("\n", "\\N").replace("<i>", "{\\i1}").replace("</i>", "{\\i0}")
    line = f"0,0,Default,,0,0,0,,{body}".encode()
    made = av.subtitles.subtitle.SubtitleSet.create(text=line, start=0, end=length, pts=0)
    packet: Any = stream.codec_context.encode_subtitle(made)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = start
    packet.duration = length
    out.mux(packet)


def _cover(out: Any, codec: str) -> tuple[Any, Any]:
    ending = {"mjpeg": ".jpg", "png": ".png", "bmp": ".bmp"}[codec]
    blob = cv2.imencode(ending, picture(40, 64, 64))[1].tobytes()
    stream = out.add_stream(codec, 1)
    stream.width = stream.height = 64
    stream.pix_fmt = {"mjpeg": "yuvj420p", "png": "rgb24", "bmp": "bgr24"}[codec]
    stream.disposition = av.stream.Disposition.attached_pic
    packet: Any = av.Packet(blob)
    packet.pts = packet.dts = 0
    packet.time_base, packet.is_keyframe = Fraction(1, 25), True
    return stream, packet


def _datum(out: Any, stream: Any, index: int) -> None:
    packet: Any = av.Packet(b"\x06\x0e\x2b\x34" + bytes([index]) * 12)
    packet.stream, packet.time_base = stream, Fraction(1, 25)
    packet.pts = packet.dts = index
    out.mux(packet)
