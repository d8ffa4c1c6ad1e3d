"""A folder of crops as a network's inputs: pictures for what takes pictures, arrays for the rest. For `models compile`.

Pictures (png, jpg, webp) are the aligned crops that the pipeline collects; `NAME.npz` holds further inputs by tensor
name, rows first.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

from engines.errors import InputError
from engines.nets.net import bound, tensor
from engines.protocol import Spec
from engines.store.catalog import Model, Tensor
from engines.values import U8, Array

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
DFM_SIDE = 224


def is_picture(declared: Tensor) -> bool:
    return len(declared.shape) == 4


def side(model: Model, spec: Spec) -> int:
    """Pixels of the square that an input takes."""
    fixed = [size for size in spec.shape[1:] if size > 3]
    return fixed[0] if fixed else model.px or DFM_SIDE


def read_crop(path: Path, size: int) -> U8:
    """uint8 (size, size, 3) RGB. Raises InputError."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError(f"{path} is no picture; give a folder of aligned face crops")
    shrunk = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk[..., ::-1], np.uint8)


def synthetic(size: int, count: int = 8) -> list[U8]:
    """Soft coloured noise: right for a first look at fp16 and bf16, no ground for int8 ranges."""
    rng = np.random.default_rng(0)
    soft = [cv2.GaussianBlur(rng.random((size, size, 3), np.float32), (0, 0), size / 24) for _ in range(count)]
    return [np.asarray(cv2.normalize(s, None, 0, 255, cv2.NORM_MINMAX), np.uint8) for s in soft]  # type: ignore[call-overload]


def feeds(
    model: Model, inputs: Mapping[str, Spec], folder: Path | None, most: int = 64
) -> Callable[[], Iterable[Mapping[str, Array]]]:
    """Gives the batches, one row each, the same every time. inputs: as the file declares them.

    A swapper's `source` that no .npz gives is a unit vector from a fixed seed, or the next crop where it is a picture.
    Errors: InputError where the folder holds no pictures.
    """
    names = bound(model, model.inputs, inputs)
    paths = [] if folder is None else sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES)[:most]
    if folder is not None and not paths and any(map(is_picture, model.inputs)):
        collect = f"understudy models crops {model.name} CLIP... --to {folder}"
        raise InputError(f"no pictures are in {folder}; collect face crops there first: `{collect}`")
    extra = _arrays(folder)
    count = max(len(paths), len(next(iter(extra.values()), ())), 0 if paths or extra else 8)

    def made() -> Iterable[Mapping[str, Array]]:
        rng = np.random.default_rng(7)
        for row in range(count):
            yield {
                name: _one(model, declared, inputs[name], name, row, paths, extra, rng)
                for name, declared in zip(names, model.inputs, strict=True)
            } | {name: np.full(1, 0.75, np.float32) for name in inputs if name == "morph_value:0"}

    return made


def _arrays(folder: Path | None) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for path in sorted(folder.glob("*.npz")) if folder is not None else ():
        with np.load(path, allow_pickle=False) as arrays:
            found |= {name: arrays[name].astype(np.float32) for name in arrays.files}
    return found


def _one(
    model: Model,
    declared: Tensor,
    spec: Spec,
    name: str,
    row: int,
    paths: list[Path],
    extra: Mapping[str, Array],
    rng: np.random.Generator,
) -> Array:
    if name in extra:
        given: Array = np.asarray(extra[name][row % len(extra[name])])[None]
        return given
    if not is_picture(declared):
        vector = rng.standard_normal((1, *declared.shape[1:])).astype(np.float32)
        return np.asarray(vector / np.linalg.norm(vector), spec.dtype)
    size = side(model, spec)
    shift = 1 if declared.name == "source" else 0  # another face than the target's
    crop = read_crop(paths[(row + shift) % len(paths)], size) if paths else synthetic(size)[(row + shift) % 8]
    if declared.name == "source":
        return np.ascontiguousarray(crop[None].transpose(0, 3, 1, 2) / np.float32(255), dtype=spec.dtype)
    return tensor(model, crop[None]).astype(spec.dtype)
