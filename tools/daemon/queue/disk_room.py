"""DiskRoom: bytes set aside on the disk of the daemon's state, so that the queue can be written when others filled it.

Knows one file of a fixed size. What is done with the room, and when, is the scheduler's.
"""

import os
from pathlib import Path

SIZE = 16 << 20  # bytes: some hundred changes of the queue, whose log is written over at 4 MB


class DiskRoom:
    """folder: on the disk in question. size: bytes to set aside."""

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self._path, self._size = folder / "reserve", size

    @property
    def is_kept(self) -> bool:
        """Whether the bytes are set aside now."""
        try:
            return self._path.stat().st_size == self._size
        except OSError:
            return False

    @property
    def is_short(self) -> bool:
        """Whether the disk has less left than what is set aside: no job is begun then, and pieces are freed."""
        found = os.statvfs(self._path.parent)
        return found.f_bavail * found.f_frsize < self._size

    def keep(self) -> bool:
        """Sets them aside where they are not. False where the disk has no room for them and as much again."""
        if self.is_kept:
            return True
        partial = self._path.with_name("reserve.new")
        try:
            found = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                _allocate(found, 2 * self._size)
                os.ftruncate(found, self._size)
            finally:
                os.close(found)
            partial.replace(self._path)
        except OSError:
            partial.unlink(missing_ok=True)
            return False
        return True

    def release(self) -> bool:
        """Gives them back to the disk. False where they were given back already."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


def _allocate(file: int, size: int) -> None:
    """Real bytes on the disk, not a hole. Raises OSError."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, 0, size)
        return
    block = bytes(1 << 20)
    while size > 0:
        size -= os.write(file, block[: min(size, len(block))])
    os.fsync(file)
