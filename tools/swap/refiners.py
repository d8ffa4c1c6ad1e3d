"""Which refiner a job is given: the built-in one, or one of the generative ones, whose programs and weights the user
has put into the store's folder `refiners/NAME`. Nothing is fetched.
"""

import os
from pathlib import Path

from engines.errors import UnderstudyError
from engines.refiners.controlnet import ControlNet
from engines.refiners.dkt import Dkt
from stream.painting.refiners import Deepened, Inverted, Refiner, Repainted

BUILT_IN = "inverted"
NAMES = (BUILT_IN, "dkt", "controlnet")
NEEDS = {"dkt": ("DKT",), "controlnet": ("base", "depth", "normal")}
WHAT = {
    "dkt": "`env`, a virtual environment with its requirements, and `DKT`, a checkout of its repository with its"
    " checkpoints",
    "controlnet": "`env`, a virtual environment with diffusers and transformers, and `base`, `depth` and `normal`:"
    " Stable Diffusion 1.5 for inpainting and two ControlNets for it, as folders of safetensors",
}


def open_refiner(name: str, store: Path, device: str = "auto") -> Refiner:
    """store: the folder that models are kept in. Raises UnderstudyError where the name is not known or something is not
    there."""
    if name == BUILT_IN:
        return Inverted()
    if name not in NAMES:
        raise UnderstudyError(f"--refiner {name} is not known; take one of {', '.join(NAMES)}")
    folder = store / "refiners" / name
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    missing = [p for p in (python, *(folder / part for part in NEEDS[name])) if not p.exists()]
    if missing:
        raise UnderstudyError(f"--refiner {name}: {missing[0]} is missing; {folder} has to hold {WHAT[name]}")
    if name == "dkt":
        return Deepened(Dkt(python, folder / "DKT"))
    return Repainted(ControlNet(python, folder, {"auto": "", "tensorrt": "cuda"}.get(device, device)))
