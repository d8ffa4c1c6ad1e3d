"""Photo: an uploaded picture, looked at before it is decoded, and decoded within limits, in a process of its own: 44
bytes of PNG can ask a decoder for two gigabytes. Never touches the disk."""

import io

from engines.errors import SourceError
from engines.values import U8
from stream.untrusted.worker import Bounds, UploadError, decode_image

LARGEST = 12 * 1024 * 1024  # bytes
PIXELS = 40_000_000
SIDE = 2048  # the longer side that is kept
MEMORY = 1 << 30  # bytes that a decoder may take
_SOF = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height that a JPEG, PNG or WebP declares; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if data[:3] == b"\xff\xd8\xff":
        return _jpeg(io.BytesIO(data[2:]))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _jpeg(file: io.BytesIO) -> tuple[int, int] | None:
    while (head := file.read(4)) and len(head) == 4 and head[0] == 0xFF:
        length = int.from_bytes(head[2:])
        if head[1] in _SOF:
            frame = file.read(5)
            return int.from_bytes(frame[3:5]), int.from_bytes(frame[1:3])
        if length < 2:
            return None
        file.seek(length - 2, 1)
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L" and len(data) > 25:
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None


def decode(data: bytes) -> U8:
    """uint8 (h, w, 3) RGB, upright, at most `SIDE` pixels a side. Raises SourceError."""
    size = size_of(data)
    if size is None:
        raise SourceError("the upload is no JPEG, PNG or WebP picture; send one of these")
    width, height = size
    if not (0 < width <= 20_000 and 0 < height <= 20_000) or width * height > PIXELS:
        raise SourceError(f"the picture declares {width}x{height} pixels; at most {PIXELS // 1_000_000} megapixels")
    try:
        return decode_image(data, Bounds(memory=MEMORY, pixels=PIXELS, side=SIDE))
    except UploadError as error:
        raise SourceError(str(error)) from error
