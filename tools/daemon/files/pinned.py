"""PinnedInputs: a job's inputs, each opened once and read through that one opening, whatever happens to its name.

Knows descriptors and links. Where the system has no `/proc` a hard link in the job's own folder keeps a file; where
that lies on another disk the names themselves are read, and `moved` tells in the end whether they led elsewhere.
"""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from engines.errors import UnderstudyError
from stream.stills.endings import is_hidden, is_picture
from tools.daemon.files.nofollow import names_in, open_file, open_folder

FOLDER = ".inputs"
_OPENED = Path("/proc/self/fd")


class PinnedInputs:
    """folder: the job's; links to the opened files lie in it, under the files' own names. descriptors: the system's
    folder of opened files, each of which is a file of its own there. To be closed."""

    def __init__(self, folder: Path, descriptors: Path = _OPENED) -> None:
        self._folder = folder / FOLDER
        self._descriptors = descriptors if descriptors.is_dir() else None
        self._by_name: dict[Path, tuple[int, int, int]] = {}  # what such a name led to
        self._listed: dict[Path, list[str]] = {}  # the photos of a folder that is read by its name
        self._opened: dict[Path, int] = {}  # by the name to read it by
        self._names: dict[str, str] = {}  # the name to read it by, and the one that was asked for
        self._count = 0
        shutil.rmtree(self._folder, ignore_errors=True)

    def pin(self, path: Path, *beside: Path) -> Path:
        """The name to read a file by. path: full, without links. beside: files that lie beside the name, too, where
        they are there. Raises InputError."""
        inside = self._next()
        for other in beside:
            if os.path.lexists(other):
                self._link(other, inside)
        return self._link(path, inside)

    def pin_photos(self, path: Path) -> Path:
        """The same for a photo or a folder of photos. Raises UnderstudyError."""
        if not path.is_dir():
            return self.pin(path)
        inside, photos = self._next() / path.name, _photos(path)
        linked = [self._link(path / name, inside) for name in photos]
        if any(name.parent != inside for name in linked):
            for name, opened in list(self._opened.items()):
                if name.parent == inside:
                    asked = Path(self._names.pop(str(name)))
                    self._opened[asked], self._names[str(asked)] = self._opened.pop(name), str(asked)
                    self._by_name[asked] = _identity(os.fstat(opened))
            self._listed[path] = photos
            return path
        inside.mkdir(parents=True, exist_ok=True)
        self._names[str(inside)] = str(path)
        return inside

    def moved(self) -> list[str]:
        """The names that were read and do not lead any more, all the time, to what was pinned; sorted. A name that led
        elsewhere for a while and back is among them: to rename a file changes its `st_ctime`."""
        found = [str(name) for name, before in self._by_name.items() if _identity_at(name) != before]
        return sorted(found + [str(folder) for folder, photos in self._listed.items() if _listed_now(folder) != photos])

    def descriptors(self) -> dict[str, int]:
        """Every opened file, by the name that was asked for."""
        return {self._names[str(name)]: opened for name, opened in self._opened.items()}

    def as_asked(self, text: str) -> str:
        """A message, with the files by the names that were asked for."""
        for name, asked in sorted(self._names.items(), reverse=True):
            text = text.replace(name, asked)
        return text

    def close(self) -> None:
        for opened in self._opened.values():
            os.close(opened)
        self._opened.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _next(self) -> Path:
        self._count += 1
        return self._folder / str(self._count)

    def _link(self, path: Path, inside: Path) -> Path:
        opened = open_file(path)
        name = inside / path.name
        inside.mkdir(parents=True, exist_ok=True)
        if self._descriptors is not None:
            name.symlink_to(self._descriptors / str(opened))
        elif not _hard_link(path, name, opened):
            name = path
            self._by_name[path] = _identity(os.fstat(opened))
        self._opened[name], self._names[str(name)] = opened, str(path)
        return name


def _photos(folder: Path) -> list[str]:
    """The names of the photos in a folder to which no link leads. Raises UnderstudyError."""
    listed = open_folder(folder)
    try:
        return [n for n in sorted(names_in(listed)) if is_picture(Path(n)) and not is_hidden(Path(n))]
    finally:
        os.close(listed)


def _listed_now(folder: Path) -> list[str]:
    try:
        return _photos(folder)
    except (UnderstudyError, OSError):
        return []


def _hard_link(path: Path, name: Path, opened: int) -> bool:
    """Whether `name` is now a name of the opened file. Another disk, and some file systems, allow none."""
    try:
        os.link(path, name, follow_symlinks=False)
    except (OSError, NotImplementedError):
        return False
    if os.path.samestat(name.lstat(), os.fstat(opened)):
        return True
    name.unlink()
    return False


def _identity(file: os.stat_result) -> tuple[int, int, int]:
    return file.st_dev, file.st_ino, file.st_ctime_ns


def _identity_at(name: Path) -> tuple[int, int, int] | None:
    """None where there is no such file."""
    try:
        return _identity(name.lstat())
    except OSError:
        return None
