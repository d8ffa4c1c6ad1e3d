"""Opens videos that anybody may have made, so that nothing beside them is opened unasked.

FFmpeg follows what it finds in a file: playlists and scripts name other files and addresses, session descriptions open
sockets. Here only demuxers that read one file are allowed, and HLS, whose parts are opened by us: in the playlist's own
folder for a file, on its own host for an address.
"""

import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from stream.untrusted.origin import OriginClient
from stream.untrusted.parts import FolderParts, HostParts, NoParts, Parts
from stream.untrusted.playlist import looked_at
from stream.untrusted.regular import open_regular

DEMUXERS = (
    *("mov", "matroska", "avi", "mpegts", "mpeg", "flv", "asf", "ogg", "mxf", "nut", "wtv", "rm", "dv", "gxf", "ivf"),
    *("mpegvideo", "m4v", "h264", "hevc", "vvc", "av1", "obu", "vc1", "mjpeg", "yuv4mpegpipe", "gif", "apng"),
    *("mp3", "aac", "flac", "wav", "ac3", "eac3", "aiff", "caf", "webvtt"),
    *("jpeg_pipe", "png_pipe", "bmp_pipe", "tiff_pipe", "webp_pipe", "gif_pipe"),
)
"""FFmpeg's demuxers that read one file and nothing else."""

_BUFFER = 1 << 18


@contextmanager
def open_file(
    path: Path, within: Sequence[Path] | None = None, links: bool = True, timeout: float = 20.0
) -> Iterator[InputContainer]:
    """A video file, or an HLS playlist whose parts lie in its folder or below. within: folders that the file and its
    parts must lie in; None: anywhere. links: whether `path` may be a symbolic link. Raises InputError, FFmpegError.

    No address is asked, and for what is no playlist no other file is opened."""
    with ExitStack() as stack:
        file = looked_at(stack.enter_context(open_regular(path, within, links=links)))
        playlist = isinstance(file, io.BytesIO)
        parts: Parts = FolderParts(path.parent, within) if playlist else NoParts()
        stack.callback(parts.close)
        yield stack.enter_context(closing(_container(_Named(file, path.name), parts, playlist, timeout)))


@contextmanager
def open_address(url: str, timeout: float = 20.0) -> Iterator[InputContainer]:
    """An HLS playlist over http or https. Nothing but the host that `url` names is asked. Raises InputError,
    FFmpegError."""
    parts = HostParts(OriginClient(url))
    with closing(parts):
        first = parts(url, 0, {})
        with closing(_container(_Named(first, url), parts, True, timeout)) as container:
            yield container


def _container(file: "_Named", parts: Parts, playlist: bool, timeout: float) -> InputContainer:
    # FFmpeg may not keep connections: they would not be ours.
    options = {"http_persistent": "0", "http_multiple": "0"} if playlist else {}
    allowed = ",".join((*DEMUXERS, "hls") if playlist else DEMUXERS)
    return av.open(
        file,
        "r",
        format="hls" if playlist else None,
        options={"protocol_whitelist": "", "format_whitelist": allowed, **options},
        timeout=timeout,
        metadata_errors="replace",
        buffer_size=_BUFFER,
        io_open=parts,
    )


class _Named:
    """A file with the name that FFmpeg is to know it by: what a playlist names is looked up from there."""

    def __init__(self, file: io.RawIOBase | io.BytesIO, name: str) -> None:
        self.name = name
        self.seekable, self.seek, self.tell = file.seekable, file.seek, file.tell
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read(size) or b""
