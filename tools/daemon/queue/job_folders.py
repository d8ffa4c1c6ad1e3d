"""JobFolders: each job's folder with its pieces, and what its process has made beside the output.

Knows names on disks; nothing of the queue.
"""

import shutil
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from engines.errors import UnderstudyError
from tools.daemon.files.leftovers import RECORD, Leftovers
from tools.daemon.files.output_folder import is_placed
from tools.daemon.process.resume import ResumeState

LOCK = ".lock"  # held by a job's process


class JobFolders:
    """root: holds one folder a job, of the job's name."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, name: str) -> Path:
        return self._root / name

    def names(self) -> list[str]:
        return sorted(entry.name for entry in self._root.iterdir()) if self._root.is_dir() else []

    def clear(self, name: str) -> None:
        """Removes a job's folder, and before it what the folder's record names. Where that cannot be reached now, the
        record stays, to be tried again."""
        folder = self.path(name)
        if Leftovers(folder).clear():
            shutil.rmtree(folder, ignore_errors=True)
            return
        for entry in folder.iterdir():
            if entry.name != RECORD:
                shutil.rmtree(entry, ignore_errors=True)
                with suppress(OSError):
                    entry.unlink()

    def clear_leftovers(self, busy: Collection[str] = ()) -> None:
        """Removes what processes that were killed have left beside their outputs, by their own records. busy: jobs that
        run."""
        for name in self.names():
            if name in busy or not (self.path(name) / RECORD).exists():
                continue
            with suppress(Timeout), FileLock(self.path(name) / LOCK, timeout=0):
                Leftovers(self.path(name)).clear()

    def has_output(self, name: str, output: str) -> bool:
        """Whether a job's process had given the output its name before it ended. Where it had not, nothing of it is
        left beside it."""
        state = ResumeState.read(self.path(name))
        Leftovers(self.path(name)).clear()
        try:
            return is_placed(Path(output), state.placing)
        except (UnderstudyError, OSError):
            return False

    def free(self, names: Iterable[str]) -> int:
        """Removes the folders of jobs that have failed: a retry begins anew. Returns how many there were."""
        there = [name for name in names if self.path(name).is_dir()]
        for name in there:
            self.clear(name)
        return len(there)
