"""Sidecars: the `.c2pa` files that lie beside files whose format has no room for a manifest.

A sidecar belongs to one file, by name and by hash. Here are the names; whether the hash fits is told by `read`.
"""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

ENDING = ".c2pa"
LARGEST = 64 << 20
"""Bytes of a sidecar that is read; ours have some thousand, those with pictures of ingredients some million."""
_MOST = 16


def sidecar(path: Path) -> Path:
    """`clip.mkv` to `clip.mkv.c2pa`: `clip.mkv` and `clip.ts` may lie side by side."""
    return path.with_name(path.name + ENDING)


def candidates(path: Path) -> tuple[Path, ...]:
    """The sidecars that may be a file's, likeliest first: its own, then `clip.c2pa` as other programs name it, then
    those of files with another ending, which this one may have had."""
    own, shared = sidecar(path), path.with_suffix(ENDING)
    try:
        others = sorted(
            one
            for one in path.parent.iterdir()
            if one.name.startswith(f"{path.stem}.") and one.name.endswith(ENDING) and one not in (own, shared)
        )
    except OSError:
        others = []
    return tuple(one for one in (own, shared, *others[:_MOST]) if one != path and is_readable(one))


def is_readable(path: Path) -> bool:
    """Whether a sidecar is a regular file, and not far too large for a record."""
    try:
        told = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(told.st_mode) and told.st_size <= LARGEST


def write_sidecar(path: Path, data: bytes, replace: bool) -> None:
    """Writes it whole or not at all. replace: whether one that is there goes. Raises OSError, FileExistsError among
    them."""
    partial = path.with_name(f".{secrets.token_hex(8)}{ENDING}.part")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            partial.replace(path)
        else:
            _link(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _link(partial: Path, path: Path) -> None:
    """Gives it its name only where nothing has that name."""
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(17, os.strerror(17), str(path)) from None
        partial.replace(path)
