"""Media type: which format a file has by its first bytes, in C2PA's words. A file's ending says nothing about it.

Knows the formats that a C2PA manifest can be put into; all others are hashed as plain bytes.
"""

from pathlib import Path

PLAIN = "application/octet-stream"
"""C2PA's name of a file whose format it does not know: its manifest lies beside it."""

HEAD = 64
"""Bytes that `media_type_of` wants."""

_STARTS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF8": "image/gif",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
    b"fLaC": "audio/flac",
    b"ID3": "audio/mpeg",
}
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/avi", b"WAVE": "audio/wav"}
_BRANDS = {
    b"qt  ": "video/quicktime",
    b"M4V ": "video/x-m4v",
    b"M4A ": "audio/mp4",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
}
ENDINGS = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".m4a", ".3gp", ".avi", ".mp3", ".wav", ".flac"),
        *(".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif", ".heic"),
    }
)
"""Endings of files that are written in a format with room for a manifest. All others get a sidecar."""


def media_type_of(head: bytes) -> str:
    """The media type of a file that begins so."""
    if known := next((name for start, name in _STARTS.items() if head.startswith(start)), None):
        return known
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], PLAIN)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free"):
        return "video/quicktime"
    return PLAIN


def media_type(path: Path) -> str:
    """The media type of a file. Raises OSError."""
    with path.open("rb") as file:
        return media_type_of(file.read(HEAD))
