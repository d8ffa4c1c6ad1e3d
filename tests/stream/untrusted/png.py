"""PNG files written by hand: valid, small, and larger than they look."""

import struct
import zlib
from collections.abc import Iterable


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def zeros(width: int, height: int, bits: int, colour: int, level: int, rows: Iterable[bytes]) -> bytes:
    """A valid picture of zeros. bits: of a sample. colour: PNG's type, 0 grey or 2 RGB. level: zlib's. rows: of bytes
    as they are packed, each with its filter's byte before it."""
    packed = zlib.compressobj(level)
    body = b"".join(map(packed.compress, rows)) + packed.flush()
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
