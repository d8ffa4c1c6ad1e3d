"""Light pairs on disk: plain arrays that a trainer maps into memory. A shard's seed is its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.errors import InputError
from engines.mesh.field.lightnet import CHANNELS, SIDE
from engines.values import U8
from tools.synth import numbered
from tools.synth.light.pairs import People, pair
from tools.synth.purposes import Purpose

SHARD = 1000  # pairs a folder
NAMES = ("face", "truth", "weight")


@dataclass(frozen=True, slots=True)
class LightShard:
    """face: uint8 (n, 15, 64, 64), truth: uint8 (n, 3, 64, 64), weight: uint8 (n, 64, 64): see `pairs.LightPair`."""

    face: U8
    truth: U8
    weight: U8

    def __len__(self) -> int:
        return len(self.face)


def write(folder: Path, people: People, count: int, seed: tuple[int, ...]) -> None:
    """`count` pairs into a new folder. Written beside it first, so that a folder that is there is whole."""
    part = folder.with_name(folder.name + ".part")
    part.mkdir(parents=True, exist_ok=True)
    sizes = ((CHANNELS, SIDE, SIDE), (3, SIDE, SIDE), (SIDE, SIDE))
    arrays = [
        np.lib.format.open_memmap(part / f"{name}.npy", "w+", np.uint8, (count, *size))
        for name, size in zip(NAMES, sizes, strict=True)
    ]
    rng, done = np.random.default_rng(seed), 0
    while done < count:
        made = pair(people, rng)
        if made is not None:
            for array, name in zip(arrays, NAMES, strict=True):
                array[done] = getattr(made, name)
            done += 1
    for array in arrays:
        array.flush()
    part.rename(folder)


def write_all(folder: Path, casts: Mapping[Purpose, People], count: int, held: int, seed: int) -> Iterator[str]:
    """Writes what is missing and names each shard as it is done: `held` pairs each for selection and validation, then
    `count` for training."""
    return numbered.write_all(folder, casts, (count, held, SHARD), seed, called, write)


def read(folder: Path) -> LightShard:
    """A shard, its arrays mapped, not loaded. Raises InputError where the folder is no shard."""
    try:
        return LightShard(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in NAMES))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder} holds no light pairs ({error}); write some with `understudy train pairs`"
        ) from error


def called(purpose: Purpose) -> str:
    """The name of the shards that hold a purpose's pairs."""
    return f"pairs_{purpose}"


def found(folder: Path, purpose: Purpose) -> list[Path]:
    """The whole shards of a purpose in a folder, in order."""
    return numbered.found(folder, called(purpose))
