"""Which demuxer reads a job's target: by its first bytes, whatever its name says. Playlists and scripts have none here:
FFmpeg would follow the paths and addresses in them.
"""

import os

from engines.errors import InputError
from stream.untrusted.sniff import HEAD, MP4, PNG, WEBP, sniff

_STARTS = {
    b"FLV\x01": "flv",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "asf",
    b"OggS": "ogg",
    b"\x00\x00\x01\xb3": "mpegvideo",
    b"GIF8": "gif",
}
_ANIMATIONS = {PNG: "apng", WEBP: ""}
_MP4_BOXES = (b"skip", b"pnot", b"uuid")  # with which old QuickTime files may begin
_MXF = b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02"
_TS_SIZES, _TS_SYNC = (188, 192, 204), b"\x47" * 5


def demuxer_of(head: bytes) -> str | None:
    """FFmpeg's name of the demuxer for a file that begins so; empty for an animation that is read without FFmpeg; None
    for all that jobs do not read."""
    if (found := sniff(head[:HEAD])) is not None:
        return found.demuxer or _ANIMATIONS.get(found)
    if head[4:8] in _MP4_BOXES:
        return MP4.demuxer
    if (name := next((name for start, name in _STARTS.items() if head.startswith(start)), None)) is not None:
        return name
    if _MXF in head[: 1 << 12]:
        return "mxf"
    return "mpegts" if any(_has_packets(head, size) for size in _TS_SIZES) else None


def check_demuxer(file: int, name: str) -> str:
    """The demuxer of an opened file. name: for the error. Raises InputError, OSError."""
    head = os.pread(file, HEAD, 0)
    if not head:
        raise InputError(f"{name} is empty (0 bytes); copy or download it again")
    if (found := demuxer_of(head)) is None:
        what = "a text file or a playlist" if _is_text(head) else "of a kind that is not read here"
        raise InputError(f"{name} is {what}; jobs read MP4, MOV, Matroska, WebM, AVI, MPEG, FLV, WMV, OGG and MXF")
    return found


def _has_packets(head: bytes, size: int) -> bool:
    """Whether five packets of this size follow one another, from any place within the first one."""
    return any(head[at : at + 5 * size : size][:5] == _TS_SYNC for at in range(size))


def _is_text(head: bytes) -> bool:
    return all(byte in b"\t\n\r\f" or byte >= 32 for byte in head)
