"""Labelled bands on disk: plain arrays that a trainer maps into memory. A shard's seed is its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.errors import InputError
from engines.occlusion.eyewear import HEIGHT, WIDTH
from engines.values import U8
from tools.synth import numbered
from tools.synth.eyewear.bands import Sitters, band
from tools.synth.purposes import Purpose

SHARD = 3000  # bands a folder


@dataclass(frozen=True, slots=True)
class BandShard:
    """band: uint8 (n, 3, 80, 160) RGB. map: uint8 (n, 80, 160), times 255. worn: uint8 (n,), 0 or 1."""

    band: U8
    map: U8
    worn: U8

    def __len__(self) -> int:
        return len(self.worn)


def write(folder: Path, cast: Sitters, count: int, seed: tuple[int, ...]) -> None:
    """`count` bands into a new folder. Written beside it first, so that a folder that is there is whole."""
    part = folder.with_name(folder.name + ".part")
    part.mkdir(parents=True, exist_ok=True)
    bands = np.lib.format.open_memmap(part / "band.npy", "w+", np.uint8, (count, 3, HEIGHT, WIDTH))
    maps = np.lib.format.open_memmap(part / "map.npy", "w+", np.uint8, (count, HEIGHT, WIDTH))
    worn, rng = np.zeros(count, np.uint8), np.random.default_rng(seed)
    for i in range(count):
        one = band(cast, rng)
        bands[i], maps[i], worn[i] = one.image.transpose(2, 0, 1), one.map, one.worn
    bands.flush()
    maps.flush()
    np.save(part / "worn.npy", worn)
    part.rename(folder)


def write_all(folder: Path, casts: Mapping[Purpose, Sitters], count: int, held: int, seed: int) -> Iterator[str]:
    """Writes what is missing and names each shard as it is done: `held` bands each for selection and validation, then
    `count` for training."""
    return numbered.write_all(folder, casts, (count, held, SHARD), seed, called, write)


def read(folder: Path) -> BandShard:
    """A shard, its large arrays mapped, not loaded. Errors: InputError where the folder is no shard."""
    try:
        band_, map_ = (np.load(folder / f"{n}.npy", mmap_mode="r") for n in ("band", "map"))
        return BandShard(band_, map_, np.load(folder / "worn.npy"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder} holds no labelled bands ({error}); write some with `understudy train bands`"
        ) from error


def called(purpose: Purpose) -> str:
    """The name of the shards that hold a purpose's bands."""
    return f"bands_{purpose}"


def found(folder: Path, purpose: Purpose) -> list[Path]:
    """The whole shards of a purpose in a folder, in order."""
    return numbered.found(folder, called(purpose), "worn.npy")
