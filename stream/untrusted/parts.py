"""Parts: the files and addresses that a container names, opened only where they may be. FFmpeg asks, we decide.

Knows folders, hosts and bounds; nothing of containers.
"""

import io
import os
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Protocol

from engines.errors import InputError
from stream.untrusted.origin import ForeignAddressError, OriginClient
from stream.untrusted.text import printable

MOST = 20_000
"""Parts that are opened for one container."""
PLAYLIST = b"#EXTM3U"
"""How an HLS playlist begins."""
LONGEST = 4 << 20
"""Bytes of a playlist; a day in parts of two seconds has some 2 MB."""
AGAIN = 200
"""How often the same part is opened: a live playlist is read again and again, one that names itself without end."""
BYTES = 4 << 30
"""Bytes that are read from a host for one container."""
SECONDS = 300.0
"""For how long a host is read from for one container."""


class Parts(Protocol):
    """Called by FFmpeg for each part. Raises InputError for one that is not to be opened, once: all that are asked for
    afterwards are empty, so that FFmpeg comes to an end."""

    def __call__(self, url: str, flags: int, options: dict[str, str]) -> io.RawIOBase | io.BytesIO: ...

    def close(self) -> None:
        """Closes what is still open."""


class NoParts:
    """For files that are whole in themselves."""

    def __call__(self, url: str, flags: int, options: dict[str, str]) -> io.RawIOBase:
        raise ForeignAddressError(f"the file asks for {printable(url)}, which is not opened")

    def close(self) -> None:
        pass


class FolderParts:
    """Parts that lie in a playlist's folder or below. within: folders that they must lie in besides; None: anywhere."""

    def __init__(self, folder: Path, within: Sequence[Path] | None = None) -> None:
        self._folder, self._within = folder, within
        self._opened = _Opened()

    def __call__(self, url: str, flags: int, options: dict[str, str]) -> io.RawIOBase | io.BytesIO:
        return self._opened.one(url, options, self._open)

    def _open(self, url: str, options: dict[str, str]) -> io.RawIOBase:
        path = url.removeprefix("file:")
        if ":" in path.partition("/")[0]:
            raise ForeignAddressError(f"the playlist is a file and names {printable(url)}, which is not asked")
        return open_regular(self._folder / path, (self._folder,), self._within)

    def close(self) -> None:
        self._opened.close()


class HostParts:
    """Parts on the host of an address. most: bytes in sum. seconds: for all of it together."""

    def __init__(
        self,
        client: OriginClient,
        most: int = BYTES,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._left, self._clock = client, most, clock
        self._until = clock() + seconds
        self._opened = _Opened()

    def __call__(self, url: str, flags: int, options: dict[str, str]) -> io.RawIOBase | io.BytesIO:
        return self._opened.one(url, options, self._open)

    def _open(self, url: str, options: dict[str, str]) -> io.RawIOBase:
        if url.startswith(("crypto", "data:")):
            raise InputError("the stream is encrypted, and is not looked at; record it and name the file")
        first, end = int(options.get("offset", 0)), int(options.get("end_offset", 0))
        return _Counted(self._client.get(url, first, end - 1 if end > first else None), self._spend)

    def close(self) -> None:
        self._opened.close()

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0 or self._clock() > self._until:
            raise InputError("the stream is too long to be looked at; record a part of it and name the file")


def open_regular(path: Path, *within: Sequence[Path] | None, links: bool = True) -> io.FileIO:
    """Opens a regular file for reading; pipes, devices and sockets are refused without waiting for them. within: lists
    of folders, each of which must hold the file; None: no matter. links: whether `path` itself may be a symbolic link.
    Raises InputError."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags if links else flags | getattr(os, "O_NOFOLLOW", 0))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{printable(path)} cannot be opened: {printable(reason)}; check the path") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise InputError(f"{printable(path)} is no regular file; name a video or a picture")
        for folders in within:
            if folders is not None and not _inside(descriptor, path, folders):
                raise InputError(f"{printable(path)} lies outside the folders that may be read here; move it there")
        return io.FileIO(descriptor)
    except BaseException:
        os.close(descriptor)
        raise


def _inside(descriptor: int, path: Path, folders: Sequence[Path]) -> bool:
    """Whether what was opened lies below one of the folders, links followed. Where the kernel tells (Linux), the open
    file itself is asked, so that nobody can exchange a folder in between."""
    told = Path(f"/proc/self/fd/{descriptor}")
    real = told.readlink() if told.is_symlink() else path.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in folders)


def looked_at(file: io.RawIOBase) -> io.RawIOBase | io.BytesIO:
    """The file from its beginning; a playlist whole in memory, having been checked. Raises InputError for a playlist
    that is too long or no UTF-8 text, which PyAV takes every name of a part for."""
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
        return io.BytesIO(text)
    if file.seekable():
        file.seek(0)
        return file
    return _Begun(start, file)


class _Opened:
    """What was opened and is not closed. FFmpeg closes what it opened, but not after an error."""

    def __init__(self) -> None:
        self._files: list[io.RawIOBase] = []
        self._times: dict[tuple[str, str], int] = {}
        self._count, self._over = 0, False

    def one(
        self, url: str, options: dict[str, str], opening: Callable[[str, dict[str, str]], io.RawIOBase]
    ) -> io.RawIOBase | io.BytesIO:
        """Raises InputError the first time that a part is not to be opened, or that there were too many."""
        if self._over:
            return io.BytesIO(b"")
        try:
            self._check(url, options.get("offset", ""))
            file = opening(url, options)
            self._files = [one for one in self._files if not one.closed]
            self._files.append(file)
            return looked_at(file)
        except BaseException:
            self._over = True
            raise

    def close(self) -> None:
        for file in self._files:
            with suppress(OSError):
                file.close()

    def _check(self, url: str, offset: str) -> None:
        self._count += 1
        times = self._times[url, offset] = self._times.get((url, offset), 0) + 1
        if self._count > MOST or times > AGAIN:
            raise InputError(f"the playlist names more than {MOST} parts, or the same one without end; join its parts")


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


class _Counted(io.RawIOBase):
    """A host's answer, whose bytes are counted."""

    def __init__(self, answer: HTTPResponse, spend: Callable[[int], None]) -> None:
        super().__init__()
        self._answer, self._spend = answer, spend

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._answer.read1(size)
        self._spend(len(data))
        return data

    def close(self) -> None:
        self._answer.close()
        super().close()
