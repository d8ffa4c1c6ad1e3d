"""OutputFolder: a private folder beside a job's output, in which the output becomes whole before it gets its name.

Its name is random, only this user may enter it, and it is reached through descriptors: nobody can lay a link in the
way. It is on the output's own disk, so that the output gets its name by one renaming. Knows nothing of what is written.
"""

import errno
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from engines.errors import OutputError
from stream.marks.sidecar import sidecar
from stream.untrusted.media_type import ENDINGS
from tools.daemon.files.durable import sync
from tools.daemon.files.leftovers import Leftovers
from tools.daemon.files.nofollow import names_in, open_folder
from tools.daemon.steps import Passed, Step, unheard

LINK = ".output"  # in the job's folder: leads into the private folder
_OPENED = Path("/proc/self/fd")
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A file that gets its name: what tells after a crash whether it is there. changed: `st_mtime_ns`."""

    name: str
    device: int
    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, name: str, found: os.stat_result) -> Self:
        return cls(name, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def check_place(output: Path, overwrite: bool) -> None:
    """Raises OutputError where the output cannot be written: before any work is done."""
    folder = output.parent
    if not folder.is_dir():
        raise OutputError(f"there is no folder {folder} to write {output.name} into; make it first")
    os.close(open_folder(folder))
    if not os.access(folder, os.W_OK):
        raise OutputError(f"the folder {folder} may not be written by this user; choose another")
    if output.is_dir():
        raise OutputError(f"{output} is a folder; give a file name in it, as {output / 'out.mp4'}")
    if os.path.lexists(output) and not overwrite:
        raise OutputError(_there(output))
    beside = sidecar(output)
    if output.suffix.lower() not in ENDINGS and os.path.lexists(beside) and not _may_replace_sidecar(output):
        raise OutputError(_in_the_way(output))


class OutputFolder:
    """output: full, without links. folder: the job's. To be closed: what was not placed is removed."""

    def __init__(self, output: Path, folder: Path, passed: Passed = unheard) -> None:
        """Makes the private folder, and a link to it in the job's. Raises OutputError."""
        self._output, self._passed = output, passed
        self._leftovers = Leftovers(folder)
        self._link = folder / LINK
        self._parent = open_folder(output.parent)
        self._private = -1
        try:
            self._make()
        except OSError as error:
            self.close()
            raise OutputError(f"cannot write beside {output}: {error.strerror}") from error

    def _make(self) -> None:
        path = self._output.parent / f".understudy-{secrets.token_hex(8)}"
        self._leftovers.intend(path)
        self._passed(Step.FOLDER_INTENDED)
        os.mkdir(path.name, 0o700, dir_fd=self._parent)
        self._passed(Step.OUTPUT_FOLDER_MADE)
        self._private = os.open(path.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._parent)
        self._leftovers.made(path)
        self._passed(Step.OUTPUT_FOLDER_NOTED)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(_OPENED / str(self._private) if _OPENED.is_dir() else path)

    @property
    def path(self) -> Path:
        """Where to write the output."""
        return self._link / self._output.name

    def place(self, overwrite: bool, keep: Callable[[Sequence[PlacedFile]], object]) -> None:
        """Gives the output its name, and before it the sidecar its own, where there is one. overwrite: what has these
        names may go; a sidecar only if it is the record of the file that goes. keep: is handed what is about to get its
        name, to be kept over a crash. Raises OutputError; nothing was placed then."""
        try:
            files = self._synced()
            self._passed(Step.OUTPUT_SYNCED)
            keep(files)
            self._passed(Step.PLACING_KEPT)
            self._place(files, overwrite)
            sync(self._parent)
        except FileExistsError as error:
            raise OutputError(_there(self._output)) from error
        except OSError as error:
            raise OutputError(f"cannot finish {self._output}: {error.strerror}") from error
        self._passed(Step.OUTPUT_PLACED)

    def close(self) -> None:
        """Removes the private folder with what is left in it."""
        self._link.unlink(missing_ok=True)
        if self._private >= 0:
            os.close(self._private)
        os.close(self._parent)
        self._leftovers.clear()
        self._passed(Step.OUTPUT_FOLDER_REMOVED)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _synced(self) -> list[PlacedFile]:
        """All files, on disk; the output comes last. Raises OSError."""
        there, files = names_in(self._private), list[PlacedFile]()
        for name in (sidecar(self._output).name, self._output.name):
            if name not in there:
                continue
            opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=self._private)
            try:
                os.fsync(opened)
                found = os.fstat(opened)
            finally:
                os.close(opened)
            files.append(PlacedFile.of(name, found))
        if not files or files[-1].name != self._output.name:
            raise OSError(errno.ENOENT, "nothing was written", self._output.name)
        return files

    def _place(self, files: Sequence[PlacedFile], overwrite: bool) -> None:
        """Raises OSError."""
        done: list[str] = []
        try:
            for one in files:
                last = one is files[-1]
                self._name(one.name, overwrite and (last or _may_replace_sidecar(self._output)))
                done.append(one.name)
        except (OSError, OutputError):
            for name in done:
                os.unlink(name, dir_fd=self._parent)
            raise

    def _name(self, name: str, overwrite: bool) -> None:
        if not overwrite:
            try:
                os.link(name, name, src_dir_fd=self._private, dst_dir_fd=self._parent, follow_symlinks=False)
                return
            except FileExistsError:
                if name != self._output.name:
                    raise OutputError(_in_the_way(self._output)) from None
                raise
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
            with suppress(FileNotFoundError):
                os.stat(name, dir_fd=self._parent, follow_symlinks=False)
                raise FileExistsError(errno.EEXIST, "there already", name)
        os.rename(name, name, src_dir_fd=self._private, dst_dir_fd=self._parent)


def is_placed(output: Path, files: Sequence[PlacedFile]) -> bool:
    """After a crash: whether the output of this job has its name. Where it has not, what was placed beside it is taken
    away again. files: as they were kept. Raises OutputError."""
    if not files:
        return False
    parent = open_folder(output.parent)
    try:
        there = [one for one in files if _is_there(one, parent)]
        if files[-1] in there:
            return True
        for one in there:
            os.unlink(one.name, dir_fd=parent)
        return False
    finally:
        os.close(parent)


def _is_there(one: PlacedFile, parent: int) -> bool:
    try:
        found = os.stat(one.name, dir_fd=parent, follow_symlinks=False)
    except OSError:
        return False
    return one == PlacedFile.of(one.name, found)


def _may_replace_sidecar(output: Path) -> bool:
    """Whether the sidecar that is there is the record of the file that the output replaces."""
    from stream.marks.sign import may_replace_sidecar  # heavy, and seldom wanted

    return may_replace_sidecar(output, None)


def _in_the_way(output: Path) -> str:
    from stream.marks.sign import in_the_way

    return in_the_way(sidecar(output))


def _there(path: Path) -> str:
    return f'there is a file {path} already; name another output, or add "overwrite": true'
