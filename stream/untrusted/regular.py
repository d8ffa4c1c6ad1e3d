"""Regular files, opened for reading: no pipe, no device, nothing outside the folders that may be read, no waiting."""

import io
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from engines.errors import InputError
from stream.untrusted.text import printable


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
