"""Animation: pictures that move: animated WebP, APNG and GIF. Which file is one, how often it plays, how it is opened.

Knows their chunks. FFmpeg reads GIF and APNG, OpenCV reads WebP.
"""

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import cv2
import numpy as np
from av.container import InputContainer

from engines.errors import InputError
from engines.values import U8

FORMATS = {".gif": "gif", ".webp": "webp", ".png": "apng", ".apng": "apng"}
"""Endings of animations, and FFmpeg's names of their containers."""
ENCODERS = ("gif", "libwebp_anim", "apng")
"""Encoders of animations."""
CLOCK = Fraction(1, 1000)  # of WebP's delays
_BATCH = 64_000_000  # bytes of decoded WebP pictures held at once
_SIDE = 12_000  # pixels, as of every input
FOREVER = 0
_PNG, _NETSCAPE = b"\x89PNG\r\n\x1a\n", b"\x21\xff\x0bNETSCAPE2.0\x03\x01"


def is_animation(path: Path) -> bool:
    """Whether a file is an animated WebP or PNG, or a GIF, by what is in it."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(24)
        if head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X":
            return len(head) > 20 and bool(head[20] & 2)
        if head.startswith(_PNG):
            return _control(file) is not None
        return head[:6] in (b"GIF87a", b"GIF89a")


def moves(target: str, output: str) -> bool:
    """Whether an output named like a picture is to be an animation: any .gif, .webp or .apng that a video is written
    to, and a .png that an animation is."""
    ending = Path(output).suffix.lower()
    return ending in FORMATS and (ending != ".png" or is_animation(Path(target)))


def plays(path: Path) -> int:
    """How often an animation plays, `FOREVER` for without end, and for what is no animation."""
    if not is_animation(path):
        return FOREVER
    with path.open("rb") as file:
        if (control := _control(file)) is not None:
            return int.from_bytes(control[4:8], "big")
        file.seek(0)
        data = file.read()
    if data[:4] == b"RIFF":
        at = data.find(b"ANIM", 12, 4096)
        return int.from_bytes(data[at + 12 : at + 14], "little") if at > 0 else FOREVER
    at = data.find(_NETSCAPE)
    if at < 0:
        return 1
    again = int.from_bytes(data[at + len(_NETSCAPE) : at + len(_NETSCAPE) + 2], "little")
    return FOREVER if again == 0 else again + 1


def looping(container: str, times: int) -> dict[str, str]:
    """The muxer's options for an animation that plays so often."""
    if container == "gif":
        return {"loop": str(-1 if times == 1 else max(0, times - 1))}
    return {"loop" if container == "webp" else "plays": str(min(times, 65_535))}


def opened(path: Path) -> InputContainer | None:
    """An animated WebP or PNG as a container of PyAV's; None for any other file. Raises InputError or FFmpegError where
    it is damaged."""
    ending = path.suffix.lower()
    if ending not in FORMATS or ending == ".gif" or not is_animation(path):
        return None
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return av.open(str(path), "r", format="apng")  # said, for FFmpeg looks at its first bytes only
    buffer, kind = io.BytesIO(), ""
    with av.open(buffer, "w", format="mov", container_options={"video_track_timescale": "1000"}) as out:
        stream = None
        for image, at, length in _webp(path):
            if stream is None:
                stream = out.add_stream("png", Fraction(10), options={"compression_level": "1"})
                stream.height, stream.width = image.shape[:2]
                kind = stream.pix_fmt = "rgba" if image.shape[2] == 4 else "rgb24"
                stream.codec_context.time_base = CLOCK
                stream.codec_context.flags |= av.codec.context.Flags.frame_duration
            order = [2, 1, 0, 3][: image.shape[2]]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[..., order]), format=kind)
            frame.pts, frame.duration, frame.time_base = at, length, CLOCK
            out.mux(stream.encode(frame))
        assert stream is not None
        out.mux(stream.encode(None))
    buffer.seek(0)
    return av.open(buffer, "r", format="mov")  # which, unlike APNG, says how long the last picture stays


def _webp(path: Path) -> Iterator[tuple[U8, int, int]]:
    """Every picture, BGR or BGRA, whole, with its time and length in milliseconds."""
    raw = path.read_bytes()
    if int.from_bytes(raw[4:8], "little") + 8 > len(raw):
        raise InputError(f"{path} was cut short; copy it again")
    data = np.frombuffer(raw, np.uint8)
    width, height = (int.from_bytes(raw[i : i + 3], "little") + 1 for i in (24, 27))
    if max(width, height) > _SIDE:
        raise InputError(
            f"{path} is {width}x{height}: sides over {_SIDE} pixels are not supported; scale it down first"
        )
    batch, index, at = max(1, _BATCH // (4 * width * height)), 0, 0
    while True:
        try:
            _, some = cv2.imdecodeanimation(data, index, batch)
        except cv2.error as error:
            raise InputError(f"{path} is damaged: {error.err}; copy it again") from error
        if not some.frames and not index:
            raise InputError(f"{path} is damaged or has not one picture; save it again")
        for image, length in zip(some.frames, some.durations, strict=False):
            yield np.asarray(image, np.uint8), at, max(1, int(length))
            at += max(1, int(length))
        index += len(some.frames)
        if len(some.frames) < batch:
            return


def _control(file: BinaryIO) -> bytes | None:
    """The body of a PNG's animation control chunk, which comes before its first picture; None in a still and in what is
    no PNG."""
    file.seek(0)
    if file.read(8) != _PNG:
        return None
    while len(head := file.read(8)) == 8:
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind == b"acTL":
            return file.read(length)
        if kind == b"IDAT":
            return None
        file.seek(length + 4, 1)
    return None
