"""HLS playlists as bytes: told from other files, bounded, and proven to be text before FFmpeg sees them.

Knows how a playlist begins; nothing of what it names.
"""

import io
import re

from engines.errors import InputError

PLAYLIST = b"#EXTM3U"
"""How an HLS playlist begins."""
_ENCRYPTED = re.compile(rb"#EXT-X-(?:SESSION-)?KEY:(?!METHOD=NONE\s*$)", re.MULTILINE)
"""Keys would have to be fetched, and FFmpeg dies of a SAMPLE-AES stream whose EXT-X-MAP cannot be opened."""
LONGEST = 4 << 20
"""Bytes of a playlist; a day in parts of two seconds has some 2 MB."""


def looked_at(file: io.RawIOBase) -> io.RawIOBase | io.BytesIO:
    """The file from its beginning; a playlist whole in memory, having been checked. Raises InputError for a playlist
    that is too long, encrypted, or no UTF-8 text, which PyAV takes every name of a part for."""
    start = file.read(len(PLAYLIST)) or b""
    if start == PLAYLIST:
        text = bytearray(start)
        while len(text) <= LONGEST and (more := file.read(LONGEST)):
            text += more
        file.close()
        if len(text) > LONGEST:
            raise InputError(f"the playlist is longer than {LONGEST >> 20} MiB; join its parts into one file")
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError("the playlist is no UTF-8 text; it is damaged, or none") from error
        if _ENCRYPTED.search(text):
            raise InputError("the stream is encrypted, and is not looked at; record it and name the file")
        if b"#EXTINF" in text and b"#EXT-X-STREAM-INF" in text:
            # RFC 8216, 4.1, has it refused; FFmpeg dies of some.
            raise InputError("the playlist names streams and parts of one at once; it is damaged, or none")
        return io.BytesIO(text)
    if file.seekable():
        file.seek(0)
        return file
    return _Begun(start, file)


class _Begun(io.RawIOBase):
    """A file of which the first bytes were read already."""

    def __init__(self, start: bytes, rest: io.RawIOBase) -> None:
        super().__init__()
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        start, self._start = self._start, b""
        return start + (self._rest.read(max(0, size - len(start)) if size >= 0 else size) or b"")

    @property
    def closed(self) -> bool:
        return self._rest.closed

    def close(self) -> None:
        self._rest.close()
        super().close()
