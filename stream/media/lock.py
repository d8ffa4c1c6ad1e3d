"""OutputLock: one run at a time writes to one output. The lock is a hidden file beside it, gone when the run is over.

Knows: the lock and its name. Knows nothing of what is written. What a run that was killed leaves behind locks nobody
out: the system lets go of its lock.
"""

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from engines.errors import OutputError

NAME_MAX = 240  # bytes of a file name: 255 on usual file systems, less what signing adds


class OutputLock:
    """Held from the beginning until `release`, by whichever thread."""

    def __init__(self, path: Path) -> None:
        """path: the output. Raises OutputError, at once, where another run holds it or no lock can be made."""
        self._lock = FileLock(path.with_name(shortened(".", path.name, ".lock")), timeout=0, thread_local=False)
        try:
            self._lock.acquire()
        except Timeout as error:
            raise OutputError(f"another run is writing {path}; wait until it is done, or give another name") from error
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}; write elsewhere") from error

    def release(self) -> None:
        """Lets the next run in. May be called again."""
        if self._lock.is_locked:
            with suppress(OSError):
                os.unlink(self._lock.lock_file)  # noqa: PTH108  before it is released: then nobody else can hold it
            self._lock.release()


def shortened(before: str, name: str, after: str) -> str:
    """A file name of three parts, the middle one cut where the whole were too long for a file system."""
    room = NAME_MAX - len(os.fsencode(before + after))
    return before + os.fsencode(name)[:room].decode("utf-8", "ignore") + after
