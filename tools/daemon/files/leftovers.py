"""Leftovers: a record of what a job has made outside its own folder, so that after a crash exactly that is removed.

A folder is written down before it is made, and again with its inode once it is there. What the record does not name is
never touched. Knows names and inodes; nothing of what lies in the folders.
"""

import json
import os
import shutil
import stat
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from engines.errors import UnderstudyError
from tools.daemon.files.durable import write_text
from tools.daemon.files.nofollow import open_folder

RECORD = "made.json"


@dataclass(frozen=True, slots=True)
class MadeFolder:
    """path: full. device, inode: of the folder, 0 while it may not be there yet."""

    path: str
    device: int = 0
    inode: int = 0


class Leftovers:
    """folder: the job's, in which the record lies."""

    def __init__(self, folder: Path) -> None:
        self._record = folder / RECORD

    def intend(self, path: Path) -> None:
        """Before a folder is made. Raises OSError."""
        self._write(MadeFolder(str(path)))

    def made(self, path: Path) -> None:
        """After it was made. Raises OSError."""
        found = path.stat(follow_symlinks=False)
        self._write(MadeFolder(str(path), found.st_dev, found.st_ino))

    def clear(self) -> bool:
        """Removes what the record names, if it is still that, and then the record. False where it cannot be reached
        now, its disk being away: to be tried again."""
        try:
            one = MadeFolder(**json.loads(self._record.read_text()))
        except FileNotFoundError:
            return True
        except (ValueError, TypeError):
            self._record.unlink(missing_ok=True)  # it is replaced whole: no process of ours left it so
            return True
        except OSError:
            return False
        if not _removed(one):
            return False
        self._record.unlink(missing_ok=True)
        return True

    def _write(self, one: MadeFolder) -> None:
        write_text(self._record, json.dumps(asdict(one)))


def _removed(one: MadeFolder) -> bool:
    path = Path(one.path)
    try:
        parent = open_folder(path.parent)
    except UnderstudyError:
        return False
    try:
        found = os.stat(path.name, dir_fd=parent, follow_symlinks=False)
        if one.inode == 0:
            with suppress(OSError):  # made, and not written down: then nothing lies in it
                os.rmdir(path.name, dir_fd=parent)
        elif stat.S_ISDIR(found.st_mode) and (found.st_dev, found.st_ino) == (one.device, one.inode):
            shutil.rmtree(path.name, dir_fd=parent)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    finally:
        os.close(parent)
    return True
