"""The tree of files that `understudy relight` writes: names, whole files only, and which pictures are done."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np

from engines.errors import InputError, OutputError
from engines.values import U8
from stream.stills.endings import READ, is_hidden, is_picture


class Item(StrEnum):
    """What is written for a picture: its folder, and what follows the picture's name."""

    RAW = "raw/.png"
    FOREGROUND = "stage_1/_foreground.png"
    BACKGROUND = "stage_1/_background.png"
    MASK = "stage_1/_mask.png"
    ALBEDO = "stage_2/_albedo.png"
    DEGRADED = "stage_3/_degraded.png"
    PARAMS = "stage_3/_params.json"
    COMPOSITE = "stage_3_5/_composite.png"
    INPUT = "outputs/_input.png"
    OUTPUT_ALBEDO = "outputs/_albedo.png"
    OUTPUT = "outputs/_output.png"
    OUTPUT_FOREGROUND = "outputs/_foreground.png"
    METADATA = "outputs/_metadata.json"  # the last: what has it is done


@dataclass(frozen=True, slots=True)
class Tree:
    """root: the folder that holds `raw`, `stage_1` and so on."""

    root: Path

    def make(self) -> None:
        """Raises OutputError."""
        for item in Item:
            folder = self.path(item, "x").parent
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(f"{folder} cannot be made: {error.strerror}; give another folder by --to") from error

    def path(self, item: Item, name: str) -> Path:
        folder, _, after = item.value.partition("/")
        return self.root / folder / f"{name}{after}"

    def done(self, name: str, made_of: str) -> bool:
        """Whether a picture has all its files, made of the same: see `fingerprint`."""
        try:
            told = json.loads(self.path(Item.METADATA, name).read_text("utf-8"))
        except (OSError, ValueError):
            return False
        same = isinstance(told, dict) and told.get("made_of") == made_of
        return same and all(self.path(item, name).is_file() for item in Item)

    def write_picture(self, item: Item, name: str, pixels: U8) -> None:
        """uint8 (h, w), (h, w, 3) RGB or (h, w, 4) RGBA, as PNG. Raises OutputError."""
        order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}
        bgr = pixels if pixels.ndim == 2 else pixels[..., order[pixels.shape[2]]]
        done, data = cv2.imencode(".png", np.ascontiguousarray(bgr))
        if not done:
            raise OutputError(f"cannot write {self.path(item, name)} as PNG")
        self._write(item, name, data.tobytes())

    def write_json(self, item: Item, name: str, told: dict[str, object]) -> None:
        """Raises OutputError."""
        self._write(item, name, (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode())

    def _write(self, item: Item, name: str, data: bytes) -> None:
        """Under its name only when whole. What a killed run leaves is `.NAME.part`, and the next one writes over it."""
        path = self.path(item, name)
        partial = path.with_name(f".{path.name}.part")
        try:
            partial.write_bytes(data)
            partial.replace(path)
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}; make room, then run the same again") from error


def fingerprint(source: bytes, settings: str) -> str:
    """What a picture's files are made of: the source's bytes and the settings, as text."""
    return hashlib.sha256(hashlib.sha256(source).digest() + settings.encode()).hexdigest()


def sources(folder: Path, most: int | None = None) -> list[Path]:
    """The pictures of a folder in the order of their names, at most so many. Raises InputError, also where two would
    have the same output."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; give one that holds pictures of people")
    found = sorted(p for p in folder.iterdir() if p.is_file() and is_picture(p) and not is_hidden(p))
    if not found:
        raise InputError(f"{folder} holds no pictures ({', '.join(READ)})")
    seen: dict[str, Path] = {}
    for path in found:
        if path.stem in seen:
            raise InputError(f"{seen[path.stem].name} and {path.name} would have the same outputs; rename one of them")
        seen[path.stem] = path
    return found[:most]
