"""Parts: the files and addresses that a container names, opened only where they may be. FFmpeg asks, we decide.

Knows folders, hosts and bounds; nothing of containers.
"""

import io
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Protocol

from engines.errors import InputError
from stream.untrusted.origin import ForeignAddressError, OriginClient
from stream.untrusted.playlist import looked_at
from stream.untrusted.regular import open_regular
from stream.untrusted.text import printable

MOST = 20_000
"""Parts that are opened for one container."""
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
