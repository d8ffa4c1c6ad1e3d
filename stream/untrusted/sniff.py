"""What an upload really is, by its first bytes; its name and declared type count for nothing.

Only formats that carry their own pictures are known. Playlists and scene files are not: FFmpeg would follow the paths
and addresses in them, into this machine's files and its network.
"""

from dataclasses import dataclass

HEAD = 4096
"""Bytes that `sniff` wants."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """media: `image` or `video`. demuxer: FFmpeg's name, to be forced on it; empty for pictures."""

    media: str
    name: str
    demuxer: str = ""


JPEG, PNG, WEBP = FileKind("image", "jpeg"), FileKind("image", "png"), FileKind("image", "webp")
MP4, MATROSKA = FileKind("video", "mp4", "mov"), FileKind("video", "matroska", "matroska")
AVI, TS, MPEG = (
    FileKind("video", "avi", "avi"),
    FileKind("video", "mpegts", "mpegts"),
    FileKind("video", "mpeg", "mpeg"),
)
_TS_PACKET = 188


def sniff(head: bytes) -> FileKind | None:
    """The kind of a file that begins so; None for all that is not taken."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF":
        return {b"WEBP": WEBP, b"AVI ": AVI}.get(head[8:12])
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        # A picture in the same boxes (HEIC, AVIF) is no video.
        return None if head[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis") else MP4
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return MATROSKA
    if head.startswith(b"\x00\x00\x01\xba"):
        return MPEG
    packets = head[: 5 * _TS_PACKET : _TS_PACKET]
    return TS if len(packets) == 5 and set(packets) == {0x47} else None
