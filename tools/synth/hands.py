"""Hands as sheets: cut-outs from a folder, coloured as the person's skin or as they are."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engines.values import F32, U8
from tools.synth.layers import Sheet, opaque
from tools.synth.purposes import Purpose, of_row

BORDER = 2  # pixels of rim that a cut-out loses: it carries the old background


@dataclass(frozen=True, slots=True)
class Hands:
    """Cut-outs, uint8 (s, s, 4) RGBA each, wrist at the lower edge."""

    pictures: tuple[U8, ...]

    def sheet(self, rng: np.random.Generator, tone: F32 | None = None) -> Sheet:
        """One of them; tone: mean RGB (3,) the hand is recoloured to."""
        return cut(self.pictures[int(rng.integers(len(self.pictures)))], rng, tone)


def cut(rgba: U8, rng: np.random.Generator, tone: F32 | None = None) -> Sheet:
    """A cut-out made a sheet: rim eroded, light and colour varied."""
    solid = cv2.erode(rgba[..., 3], np.ones((2 * BORDER + 1,) * 2, np.uint8), borderValue=255)
    alpha = cv2.GaussianBlur(solid.astype(np.float32) / 255, (0, 0), 1.2)
    colour = rgba[..., :3].astype(np.float32)
    inside = solid > 128
    if inside.any():
        mean = colour[inside].mean(0)
        want = (
            mean * rng.uniform(0.8, 1.15, 3) * rng.uniform(0.6, 1.2) if tone is None else tone * rng.uniform(0.88, 1.12)
        )
        contrast = rng.uniform(0.7, 1.2)
        colour = want + (colour - mean) * (want / np.maximum(mean, 1)) * contrast
    return opaque(np.clip(colour, 0, 255).astype(np.float32), np.clip(alpha, 0, 1).astype(np.float32))


def load(folder: Path) -> dict[int, U8]:
    """Every `*.png` with an alpha channel, uint8 RGBA, by the number that ends its name (pictures were taken in a row,
    so neighbours show the same person)."""
    found: dict[int, U8] = {}
    for path in sorted(folder.glob("*.png")):
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        digits = "".join(c for c in path.stem.split("_")[-1] if c.isdigit())
        if picture is not None and picture.ndim == 3 and picture.shape[2] == 4 and digits:
            found[int(digits)] = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA), np.uint8)
    return found


def split(pictures: dict[int, U8], share: float = 0.2) -> dict[Purpose, Hands]:
    """Whose hands are for what: the last `share` of the row is held back, see `of_row`."""
    row = [pictures[k] for k in sorted(pictures)]
    return {purpose: Hands(some) for purpose, some in of_row(row, share).items()}
