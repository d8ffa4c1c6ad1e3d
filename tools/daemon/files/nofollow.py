"""Opening a path no part of which is a link: a link that was put there after the path had been allowed is refused.

Knows system calls. A path comes here as `AllowedFolders.path` left it: full, and with every link followed then.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from engines.errors import InputError, UnderstudyError
from tools.daemon.files.allowed import kind_of

_SEARCH = getattr(os, "O_PATH", os.O_RDONLY)  # folders on the way need not be readable
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # no pipe holds it up


def open_file(path: Path) -> int:
    """A descriptor of a plain file, for reading. Raises InputError where it is none, or a link lies on the way."""
    try:
        folder = _walk(path.parent, _SEARCH)
        try:
            mode = os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISREG(mode):
                found = os.open(path.name, _FILE, dir_fd=folder)
                mode = os.fstat(found).st_mode
                if stat.S_ISREG(mode):
                    return found
                os.close(found)
        finally:
            os.close(folder)
    except OSError as error:
        raise InputError(_refusal(path, error)) from error
    raise InputError(f"{path} is {kind_of(mode)} now, and no plain file; give a file")


def open_folder(path: Path) -> int:
    """A descriptor of a folder, for the names in it. Raises UnderstudyError."""
    try:
        return _walk(path, os.O_RDONLY)
    except OSError as error:
        raise UnderstudyError(_refusal(path, error)) from error


def names_in(folder: int) -> list[str]:
    """folder: a descriptor. Raises OSError."""
    with os.scandir(folder) as found:
        return [entry.name for entry in found]


def _walk(folder: Path, flags: int) -> int:
    """The folder's descriptor, reached step by step from the root. flags: of the last step. Raises OSError."""
    here = os.open(folder.anchor, _SEARCH | _FOLDER)
    parts = folder.parts[1:]
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        try:
            step = os.open(part, (flags if last else _SEARCH) | _FOLDER, dir_fd=here)
        finally:
            with suppress(OSError):
                os.close(here)
        here = step
    if not parts:
        os.close(here)
        here = os.open(folder.anchor, flags | _FOLDER)
    return here


def _refusal(path: Path, error: OSError) -> str:
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return f"{path}: a link lies on the way to it now, or a file where a folder was; queue the job anew"
    if error.errno == errno.ENOENT:
        return f"there is no {path}; check the name"
    return f"{path} cannot be opened: {error.strerror}"
