"""ControlNet inpainting of one square crop, led by depth and normals, by its program. Knows pixels; nothing of tracks.

Strength 0.2 and scale 0.8 as the original description has them: what is there is kept, only its seams are painted over.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from engines.refiners import relief
from engines.refiners.worker import RefinerError, RefinerWorker, program
from engines.values import F32, U8

SIDE = 512  # pixels that Stable Diffusion 1.5 was made for
SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class DiffusionSettings:
    """How it is asked. strength: share of the noise, hence of the steps. scale: of both ControlNets."""

    prompt: str = "photo of a face behind glass, natural light, sharp"
    negative: str = "painting, cartoon, blur, distorted"
    strength: float = 0.2
    scale: float = 0.8
    steps: int = 20
    guidance: float = 7.5
    seed: int = 0


class ControlNet:
    """python: of an environment with diffusers. folder: holds `base`, `depth` and `normal`, as `save_pretrained` writes
    them. recipe: may be changed between calls."""

    def __init__(
        self,
        python: Path | str,
        folder: Path,
        device: str = "",
        recipe: DiffusionSettings = DiffusionSettings(),
        seconds: float = SECONDS,
    ) -> None:  # frozen
        words = [w for name in ("base", "depth", "normal") for w in (f"--{name}", str(folder / name))]
        self._worker = RefinerWorker(
            "controlnet", program(python, "controlnet_program.py", *words, "--device", device), seconds
        )
        self.recipe = recipe

    def repaint(self, image: U8, mask: F32, depth: F32) -> U8:
        """uint8 (s, s, 3): the picture, changed under the mask alone. image: uint8 (s, s, 3) RGB, s a multiple of 8;
        mask: float32 (s, s), 0 to 1; depth: float32 (s, s), nearer is larger, 0 to 1. Raises RefinerError."""
        arrays = {
            "image": image,
            "mask": np.where(mask > 0, 255, 0).astype(np.uint8),
            "depth": relief.picture(depth),
            "normal": relief.normals(depth),
        }
        found = self._worker.ask(asdict(self.recipe), arrays).get("image")
        if found is None or found.shape != image.shape or found.dtype != np.uint8:
            raise RefinerError("the refiner controlnet gave no picture of the size it was given")
        share = np.clip(mask, 0, 1)[..., None]
        return np.rint(image + share * (found.astype(np.float32) - image)).astype(np.uint8)

    def close(self) -> None:
        self._worker.close()
