"""Boxes: adds boxes to the video track of a finished MP4 or MOV file. Knows the tree of boxes (ISO/IEC 14496-12)."""

import struct
from collections.abc import Iterator
from pathlib import Path

_ENTRY = 86  # bytes of a video sample entry before its boxes
_CHUNKS = {b"stco": ">I", b"co64": ">Q"}
Span = tuple[int, int]
"""Where a box begins and ends."""


def add_boxes(path: Path, more: bytes) -> bool:
    """Appends boxes to those of the first video track's format. False, and nothing done, where the file has no such
    track or its index is not one box. Raises OSError."""
    if not more:
        return False
    with path.open("rb+") as file:
        top = list(_top(file.read, file.seek, path.stat().st_size))
        index = [span for kind, span in top if kind == b"moov"]
        if len(index) != 1:
            return False
        start, end = index[0]
        file.seek(start)
        moov = bytearray(file.read(end - start))
        way = _to_entry(moov)
        if way is None:
            return False
        at = way[-1][1]
        for begin, _ in way:
            (size,) = struct.unpack_from(">I", moov, begin)
            struct.pack_into(">I", moov, begin, size + len(more))
        moov[at:at] = more
        file.seek(end)
        rest = file.read()
        if any(kind == b"mdat" and span[0] > start for kind, span in top):
            _shift(moov, end, len(more))
        file.seek(start)
        file.write(moov + rest)
    return True


def children(data: bytes | bytearray, begin: int, end: int) -> Iterator[tuple[bytes, Span]]:
    """The boxes that lie side by side between two places."""
    while begin + 8 <= end:
        (size,) = struct.unpack_from(">I", data, begin)
        if size < 8 or begin + size > end:
            return
        yield bytes(data[begin + 4 : begin + 8]), (begin, begin + size)
        begin += size


def _top(read, seek, size: int) -> Iterator[tuple[bytes, Span]]:  # type: ignore[no-untyped-def]
    begin = 0
    while begin + 8 <= size:
        seek(begin)
        head = read(16)
        length = struct.unpack_from(">I", head)[0]
        if length == 1 and len(head) == 16:
            length = struct.unpack_from(">Q", head, 8)[0]
        length = size - begin if length == 0 else length
        if length < 8:
            return
        yield head[4:8], (begin, min(size, begin + length))
        begin += length


def _to_entry(moov: bytearray) -> list[Span] | None:
    """The boxes from `moov` down to the video's sample entry, each inside the one before."""
    for kind, track in children(moov, 8, len(moov)):
        if kind != b"trak" or not _is_video(moov, track):
            continue
        way: list[Span] = [(0, len(moov)), track]
        for step in (b"mdia", b"minf", b"stbl", b"stsd"):
            begin, end = way[-1]
            inner = next((span for k, span in children(moov, begin + 8, end) if k == step), None)
            if inner is None:
                return None
            way.append(inner)
        begin, end = way[-1]
        entry = next((span for _, span in children(moov, begin + 16, end)), None)
        return [*way, entry] if entry is not None and entry[1] - entry[0] >= _ENTRY else None
    return None


def _is_video(moov: bytearray, track: Span) -> bool:
    for kind, media in children(moov, track[0] + 8, track[1]):
        if kind == b"mdia":
            for inner, (begin, _) in children(moov, media[0] + 8, media[1]):
                if inner == b"hdlr":
                    return bytes(moov[begin + 16 : begin + 20]) == b"vide"
    return False


def _shift(moov: bytearray, end: int, by: int) -> None:
    """Media data after the index has moved: so have the places of its chunks."""
    for kind, track in children(moov, 8, len(moov)):
        if kind != b"trak":
            continue
        spans = [track]
        for step in (b"mdia", b"minf", b"stbl"):
            spans = [s for a, b in spans for k, s in children(moov, a + 8, b) if k == step]
        for a, b in spans:
            for inner, (begin, _) in children(moov, a + 8, b):
                if (form := _CHUNKS.get(inner)) is not None:
                    (count,) = struct.unpack_from(">I", moov, begin + 12)
                    for i in range(count):
                        at = begin + 16 + i * struct.calcsize(form)
                        (place,) = struct.unpack_from(form, moov, at)
                        struct.pack_into(form, moov, at, place + by if place >= end else place)
