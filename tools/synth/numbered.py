"""Shards of a folder, called by their purpose and a number: which are wanted, which are there. Knows no shard's arrays.

A shard's seed is its own, so that a run that was ended goes on with those that are missing.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from tools.synth.purposes import Purpose

People = TypeVar("People")


def write_all(
    folder: Path,
    casts: Mapping[Purpose, People],
    counts: tuple[int, int, int],
    seed: int,
    called: Callable[[Purpose], str],
    write: Callable[[Path, People, int, tuple[int, ...]], object],
) -> Iterator[str]:
    """Writes what is missing and names each shard as it is done. counts: rows for training, each for selection and
    validation, which come first, and at most of a training shard. called: a shard's name but for its number. write:
    a shard of so many rows with a seed of its own."""
    count, held, most = counts
    wanted: list[tuple[str, People, int, tuple[int, ...]]] = []
    for n, purpose in enumerate((Purpose.SELECTION, Purpose.VALIDATION)):
        wanted.append((f"{called(purpose)}0", casts[purpose], held, (seed, 2, n)))
    for n, start in enumerate(range(0, count, most)):
        name = f"{called(Purpose.TRAINING)}{n}"
        wanted.append((name, casts[Purpose.TRAINING], min(most, count - start), (seed, 1, n)))
    for name, people, many, own in wanted:
        if not (folder / name).exists():
            write(folder / name, people, many, own)
            yield name


def found(folder: Path, name: str, last: str | None = None) -> list[Path]:
    """The whole shards of a folder that are called `name` and a number, in order. last: a file that a whole one
    holds."""
    numbered = ((path.name.removeprefix(name), path) for path in folder.glob(f"{name}*"))
    whole = [(int(n), p) for n, p in numbered if n.isdecimal() and (last is None or (p / last).is_file())]
    return [path for _, path in sorted(whole)]
