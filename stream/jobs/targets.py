"""Targets: which files the words of a batch mean: files as they are named, and those in folders. Knows names and
folders; opens no file.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from engines.errors import InputError
from stream.stills.endings import is_hidden, is_picture

VIDEOS = frozenset(
    (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".flv", ".wmv", ".3gp")
)
ANIMATIONS = frozenset((".gif", ".apng"))


@dataclass(frozen=True, slots=True)
class Target:
    """A file to change. below: the folders between the one that was named and the file. found: it was found in a
    folder, and not named itself."""

    path: Path
    below: Path = Path()
    found: bool = False


def find_targets(
    words: Sequence[str], recursive: bool = False, pattern: str | None = None, without: Sequence[Path] = ()
) -> tuple[Target, ...]:
    """words: paths of files and folders. A file that is named is taken whatever it is; a folder's are taken where their
    name fits, in order of their names; none is taken twice. recursive: look into a folder's folders, too. pattern: as
    `*.mp4`, upper or lower case alike; None: all videos, animations and pictures. without: folders below which nothing
    is looked for, unless they were named. Hidden files are passed over. Raises InputError for an address, and for a
    folder in which nothing fits."""
    taken: dict[str, Target] = {}
    for word in words:
        if word == "-" or "://" in word:
            raise InputError(f"{word}: a batch takes files and folders; swap it alone, without --output-dir")
        if not word.strip():
            raise InputError("a TARGET is empty; name a file or a folder")
        path = Path(word)
        found = list(_in_folder(path, recursive, pattern, without)) if path.is_dir() else [Target(path)]
        if not found:
            raise InputError(f"{word}: {_nothing(recursive, pattern)}")
        for target in found:
            taken.setdefault(os.path.abspath(target.path), target)  # noqa: PTH100  links are not followed
    return tuple(taken.values())


def _nothing(recursive: bool, pattern: str | None) -> str:
    what = f"no file in this folder fits --pattern {pattern}" if pattern else "no video or picture is in this folder"
    return what + ("" if recursive else "; --recursive looks into its folders, too")


def _in_folder(folder: Path, recursive: bool, pattern: str | None, without: Sequence[Path]) -> Iterator[Target]:
    shut = {one.resolve() for one in without}
    for here, below, names in os.walk(folder):
        below[:] = sorted(n for n in below if not n.startswith(".") and Path(here, n).resolve() not in shut) * recursive
        for name in sorted(names):
            path = Path(here) / name
            if not is_hidden(path) and _fits(path, pattern) and path.is_file():
                yield Target(path, Path(here).relative_to(folder), True)


def _fits(path: Path, pattern: str | None) -> bool:
    if pattern is not None:
        return fnmatchcase(path.name.lower(), pattern.lower())
    return path.suffix.lower() in VIDEOS | ANIMATIONS or is_picture(path)
