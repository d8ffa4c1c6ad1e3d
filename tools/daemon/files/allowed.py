"""AllowedFolders: where the files of a job may lie. Turns a request's texts into full paths, or refuses them.

Looks at names and kinds of files. Opens nothing, and knows nothing of what the files are for.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tools.daemon.errors import RequestError


@dataclass(frozen=True, slots=True)
class AllowedFolders:
    """folders: full paths; none: anywhere, for the owner's own configuration. closed: folders in which no file of a job
    may lie, though they are inside the others: the daemon's own state. base: what relative paths count from; None: the
    only one of `folders`."""

    folders: tuple[Path, ...] = ()
    closed: tuple[Path, ...] = ()
    base: Path | None = None

    def path(self, text: str, field: str) -> Path:
        """The full path of a file that may be used, links followed: where the text leads now. `pinned` refuses links
        that come later. field: of the request, for errors. Raises RequestError."""
        if text == "-" or "://" in text or any(ord(sign) < 32 for sign in text):
            raise RequestError(f"{field}: {printable(text)} is not a file of this machine; jobs work on files")
        try:
            found = (self._base(text, field) / text).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # links in a circle, signs that no name can have
            raise RequestError(f"{field}: {printable(text)} is not a path that can be followed") from error
        if self.folders and not any(found.is_relative_to(folder) for folder in self._resolved()):
            raise RequestError(f"{field}: {text} lies outside the daemon's folders; give a path in {self._words()}")
        if any(found.is_relative_to(folder.resolve()) for folder in self.closed):
            raise RequestError(f"{field}: {text} lies among the daemon's own files; give a path in another folder")
        return found

    def _base(self, text: str, field: str) -> Path:
        """What a relative path counts from. Raises RequestError."""
        if Path(text).is_absolute():
            return Path(os.sep)
        if self.base is not None:
            return self.base
        if len(self.folders) != 1:
            where = f"in {self._words()}" if self.folders else "from the root"
            raise RequestError(f"{field}: {text} is a relative path; give a full path {where}")
        return self.folders[0]

    def _resolved(self) -> tuple[Path, ...]:
        return tuple(folder.resolve() for folder in self.folders)

    def _words(self) -> str:
        return ", ".join(map(str, self.folders))


def check_kind(path: Path, field: str, folder: bool = False) -> None:
    """Raises RequestError where something is there that is no plain file: a pipe, a device or a socket would be waited
    for without end. What is not there yet may still come. folder: whether a folder will do."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if stat.S_ISREG(mode) or (folder and stat.S_ISDIR(mode)):
        return
    raise RequestError(f"{field}: {path} is {kind_of(mode)}, and no plain file; give a file")


def kind_of(mode: int) -> str:
    """What `st_mode` says a file is, in words."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFLNK: "a link",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFREG: "a plain file",
    }
    return kinds.get(stat.S_IFMT(mode), "of an unknown kind")


def printable(text: str) -> str:
    """The text with everything that no terminal or log should get written out."""
    return text.encode("unicode_escape").decode("ascii")
