"""Small files that are either as they were or as they are to be, after a power cut too. Knows bytes and renaming."""

import os
from contextlib import suppress
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Replaces the file whole. Raises OSError."""
    partial = path.with_name(f"{path.name}.new")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """The names in a folder to disk, where the system can. Raises OSError."""
    found = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(found)
    finally:
        os.close(found)


def sync(folder: int) -> None:
    """The same for an opened folder."""
    with suppress(OSError):  # not every file system knows it of folders
        os.fsync(folder)
