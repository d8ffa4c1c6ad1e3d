"""AtomicFile: a file is written beside its final name and takes that name only when it is whole.

Knows: paths, disks, renaming. Knows nothing of what is written.
"""

import os
from contextlib import suppress
from pathlib import Path

from engines.errors import OutputError


class AtomicFile:
    """path: the final name. partial: where to write until `land`."""

    def __init__(self, path: Path, source: Path | None = None) -> None:
        """Raises OutputError where the place cannot be written or is the source itself (symlinks are followed)."""
        self.path = path
        self.partial = path.with_name(f"{path.stem}.part{path.suffix}")
        folder = path.parent
        if path.is_dir():
            raise OutputError(f"{path} is a folder; give a file name in it, as {path / 'out.mp4'}")
        if not folder.is_dir():
            raise OutputError(f"there is no folder {folder} to write {path.name} into; make it first")
        if not os.access(folder, os.W_OK):
            raise OutputError(f"the folder {folder} may not be written by this user; choose another")
        if path.exists() and not path.is_file():
            raise OutputError(f"{path} is not a plain file; give another name, or - for standard output")
        for place in (path, self.partial):
            if source is not None and _same(place, source):
                raise OutputError(f"the output {path} would overwrite the input {source}; give another name")

    def land(self) -> None:
        """To disk, then to the final name. Raises OutputError, and leaves nothing, where that fails."""
        try:
            with self.partial.open("rb+") as file:
                os.fsync(file.fileno())
            self.partial.replace(self.path)
        except OSError as error:
            self.abandon()
            raise OutputError(f"cannot finish {self.path}: {error.strerror}") from error

    def abandon(self) -> None:
        """Removes the partial file."""
        with suppress(OSError):
            self.partial.unlink(missing_ok=True)


def _same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()
