"""The boxes of an MP4 or MOV file: whether all of it is there, and what follows its end.

Knows: box headers at the top level, and the samples that FFmpeg's index names. Decodes nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from av.container import InputContainer

_NEEDED = {b"ftyp", b"moov", b"mdat", b"moof"}  # without the whole of them pictures or their places are missing
_OTHERS = {b"free", b"skip", b"wide", b"pnot", b"uuid", b"meta", b"udta", b"styp", b"sidx", b"ssix", b"mfra", b"emsg"}
_KNOWN = _NEEDED | _OTHERS | {b"prft", b"pdin", b"meco", b"imda", b"junk", b"PICT", b"mfro"}
_FIRST = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"}


@dataclass(frozen=True, slots=True)
class Boxes:
    """there: the share of the file that is there, by what its boxes say; 1 where that cannot be told. fragments:
    whether it is fragmented. again: where in the file another recording begins, None where none does."""

    there: float = 1.0
    fragments: bool = False
    again: int | None = None

    @property
    def share(self) -> str:
        """The share that is there as a percentage: less than a hundred where anything is missing."""
        return f"{int(self.there * 100)} %"


def read_boxes(path: Path) -> Boxes:
    """Bytes behind the last box are no damage: phones and cameras append notes of their own."""
    if not path.is_file():
        return Boxes()
    size, at, seen, again = path.stat().st_size, 0, set[bytes](), None
    with path.open("rb") as file:
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            kind, length = head[4:8], int.from_bytes(head[:4], "big")
            if at == 0 and kind not in _FIRST:
                break
            whole = {b"moov", b"mdat"} <= seen
            if kind not in _KNOWN and whole:
                break
            if kind == b"ftyp" and whole and again is None:
                again = at
            if length == 1 and len(head) == 16:
                length = int.from_bytes(head[8:], "big")
            if length < 8:  # 0: to the end of the file
                break
            if at + length > size and kind in _KNOWN and (kind in _NEEDED or not whole):
                return Boxes(size / (at + length), b"moof" in seen, again)
            at += length
            seen.add(kind)
    return Boxes(1.0, b"moof" in seen, again)


def all_there(container: InputContainer, boxes: Boxes, size: int) -> bool:
    """Whether every sample lies in the file all the same: a recorder may reserve more room than it fills."""
    if boxes.there == 1.0:
        return True
    entries = [entry for stream in container.streams for entry in stream.index_entries]
    return bool(entries) and not boxes.fragments and all(entry.pos + entry.size <= size for entry in entries)
