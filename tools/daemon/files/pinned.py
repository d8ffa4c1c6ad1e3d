"""PinnedInputs: a job's inputs, each opened once and read through that one opening, whatever happens to its name.

Knows descriptors and links. Where the system has no `/proc` the names themselves are read, checked when they are
pinned.
"""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from stream.stills.endings import is_hidden, is_picture
from tools.daemon.files.nofollow import names_in, open_file, open_folder

FOLDER = ".inputs"
_OPENED = Path("/proc/self/fd")


class PinnedInputs:
    """folder: the job's; links to the opened files lie in it, under the files' own names. To be closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
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
        inside = self._next() / path.name
        listed = open_folder(path)  # no link lies on the way to it
        try:
            names = sorted(names_in(listed))
        finally:
            os.close(listed)
        for name in names:
            if is_picture(Path(name)) and not is_hidden(Path(name)):
                self._link(path / name, inside)
        if not _OPENED.is_dir():
            return path
        inside.mkdir(parents=True, exist_ok=True)
        self._names[str(inside)] = str(path)
        return inside

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
        name = path
        if _OPENED.is_dir():
            inside.mkdir(parents=True, exist_ok=True)
            name = inside / path.name
            name.symlink_to(_OPENED / str(opened))
        self._opened[name], self._names[str(name)] = opened, str(path)
        return name
