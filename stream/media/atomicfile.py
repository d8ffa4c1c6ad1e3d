"""AtomicFile: a file is written beside its final name and takes that name only when it is whole.

Knows: paths, disks, renaming. Knows nothing of what is written.
"""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from engines.errors import OutputError
from stream.media.lock import OutputLock, shortened


class AtomicFile:
    """path: the final name. partial: where to write until `land`; a file of a name that nobody had, empty at first.

    Whoever opens one calls `land` or `abandon` in the end: until then no other run may write to the same name. `with`
    gives the partial file, and does the one or the other.
    """

    def __init__(self, path: Path, source: Path | None = None) -> None:
        """Raises OutputError where the place cannot be written, another run writes there, or it is the source itself
        (symlinks are followed)."""
        self.path = path
        folder = path.parent
        if path.is_dir():
            raise OutputError(f"{path} is a folder; give a file name in it, as {path / 'out.mp4'}")
        if not folder.is_dir():
            raise OutputError(f"there is no folder {folder} to write {path.name} into; make it first")
        if not os.access(folder, os.W_OK):
            raise OutputError(f"the folder {folder} may not be written by this user; choose another")
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is not a plain file; give another name, or - for standard output")
        if source is not None and _same(path, source):
            raise OutputError(f"the output {path} would overwrite the input {source}; give another name")
        self._lock = OutputLock(path)
        try:
            self.partial = _new_file(path)
        except OSError as error:
            self._lock.release()
            raise OutputError(f"cannot write {path}: {error.strerror}; make room or write elsewhere") from error

    def __enter__(self) -> Path:
        return self.partial

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.land()
        else:
            self.abandon()

    def land(self) -> None:
        """To disk, then to the final name. Raises OutputError, and leaves nothing, where that fails."""
        try:
            with self.partial.open("rb+") as file:
                os.fsync(file.fileno())
            self.partial.replace(self.path)
        except OSError as error:
            self.abandon()
            raise OutputError(f"cannot finish {self.path}: {error.strerror}") from error
        self._lock.release()

    def abandon(self) -> None:
        """Removes the partial file, unless it has landed. May be called again."""
        with suppress(OSError):
            self.partial.unlink(missing_ok=True)
        self._lock.release()


def write_whole(
    path: Path, data: bytes, source: Path | None = None, finishing: Callable[[Path], object] = lambda _: None
) -> None:
    """A small file in one go. source: as `AtomicFile` has it. finishing: may change the whole file before it takes its
    final name; where it raises, there is no file. Raises OutputError."""
    try:
        with AtomicFile(path, source) as partial:
            partial.write_bytes(data)
            finishing(partial)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; make room or write elsewhere") from error


def _new_file(path: Path) -> Path:
    """An empty file beside `path` that was not there before. Raises OSError."""
    while True:
        after = f".{secrets.token_hex(4)}.part{path.suffix}"
        partial = path.with_name(shortened("", path.stem, after))
        try:
            os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            continue
        return partial


def _same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()
