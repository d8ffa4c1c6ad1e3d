"""Labelled crops and sequences on disk: a folder of plain arrays that a trainer maps into memory. No pictures, no
pickles."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engines.errors import InputError
from engines.occlusion.network import SIDE
from engines.values import U8
from tools.synth import numbered
from tools.synth.crops import Sample
from tools.synth.purposes import Purpose

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shard:
    """face: uint8 (n, 7, 128, 128). maps: uint8 (n, 3, 128, 128). label: uint8 (n,). sequence: int64 (n,), which
    sequence a crop belongs to (-1: to none), in the order of time within each."""

    face: U8
    maps: U8
    label: U8
    sequence: I64

    def __len__(self) -> int:
        return len(self.label)

    def sequences(self) -> Iterator["Shard"]:
        """Each sequence on its own."""
        for i in np.unique(self.sequence[self.sequence >= 0]):
            at = self.sequence == i
            yield Shard(self.face[at], self.maps[at], self.label[at], self.sequence[at])


def write(folder: Path, samples: Iterable[tuple[Sample, int]], count: int) -> None:
    """`count` samples, each with the number of its sequence (-1 for none), into a new folder. Written beside it first,
    so that a folder that is there is whole."""
    part = folder.with_name(folder.name + ".part")
    part.mkdir(parents=True, exist_ok=True)
    faces = np.lib.format.open_memmap(part / "face.npy", "w+", np.uint8, (count, 7, SIDE, SIDE))
    maps = np.lib.format.open_memmap(part / "maps.npy", "w+", np.uint8, (count, 3, SIDE, SIDE))
    label, sequence = np.zeros(count, np.uint8), np.full(count, -1, np.int64)
    for i, (sample, number) in enumerate(samples):
        faces[i], maps[i], label[i], sequence[i] = sample.face, sample.maps, sample.label, number
    faces.flush()
    maps.flush()
    np.save(part / "label.npy", label)
    np.save(part / "sequence.npy", sequence)
    part.rename(folder)


def read(folder: Path) -> Shard:
    """A shard, its large arrays mapped, not loaded. Errors: InputError where the folder is no shard."""
    try:
        face, maps = (np.load(folder / f"{n}.npy", mmap_mode="r") for n in ("face", "maps"))
        label, sequence = (np.load(folder / f"{n}.npy") for n in ("label", "sequence"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder} holds no labelled crops ({error}); write some with `understudy train data`"
        ) from error
    return Shard(face, maps, label, sequence)


def sequences(purpose: Purpose) -> str:
    """The name of the shards that hold a purpose's sequences; those of its crops bear the purpose's own."""
    return f"{purpose}_sequences"


def found(folder: Path, name: str) -> list[Path]:
    """The whole shards of a folder that are called `name` and a number, in order."""
    return numbered.found(folder, name, "sequence.npy")
