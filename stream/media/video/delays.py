"""Delays: how long the last picture of a finished animation stays. Muxers do not know it when they write it.

Knows the frames' chunks of WebP and APNG.
"""

import struct
import zlib
from pathlib import Path

_PNG = 8  # bytes of its signature


def set_last_delay(path: Path, milliseconds: int) -> bool:
    """Sets it in place. False, and nothing done, where the file is no animated WebP or PNG. Raises OSError."""
    with path.open("rb+") as file:
        data = file.read()
        if data[:4] == b"RIFF":
            at = _last(data, 12, b"ANMF", "<4sI", even=True)
            body = struct.pack("<I", min(milliseconds, (1 << 24) - 1))[:3]
            place, text = at + 8 + 12, body
        else:
            at = _last(data, _PNG, b"fcTL", ">I4s", even=False)
            delay = struct.pack(">2H", min(milliseconds, 65_535), 1000)
            chunk = data[at + 4 : at + 8 + 26]
            changed = chunk[:24] + delay + chunk[28:]
            place, text = at + 8 + 20, delay + changed[28:] + struct.pack(">I", zlib.crc32(changed))
        if at < 0:
            return False
        file.seek(place)
        file.write(text)
    return True


def _last(data: bytes, at: int, wanted: bytes, head: str, even: bool) -> int:
    """Where the last chunk of a kind begins; -1 where there is none. even: chunks are padded to even lengths, and name
    and length stand in this order; else a checksum follows each."""
    found = -1
    while at + 8 <= len(data):
        one, other = struct.unpack_from(head, data, at)
        kind, length = (one, other) if even else (other, one)
        if kind == wanted:
            found = at
        at += 8 + length + (length % 2 if even else 4)
    return found
