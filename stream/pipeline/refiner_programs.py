"""Programs of refiners: the generative ones, whose environments and weights the user has put into the store's folder
`refiners/NAME`. Nothing is fetched.
"""

import os
from pathlib import Path

from engines.errors import UnderstudyError
from engines.refiners.controlnet import ControlNet
from engines.refiners.dkt import Dkt
from stream.pipeline.choices import RefinerName

NEEDS = {RefinerName.DKT: ("DKT",), RefinerName.CONTROLNET: ("base", "depth", "normal")}
WHAT = {
    RefinerName.DKT: "`env`, a virtual environment with its requirements, and `DKT`, a checkout of its repository with"
    " its checkpoints",
    RefinerName.CONTROLNET: "`env`, a virtual environment with diffusers and transformers, and `base`, `depth` and"
    " `normal`: Stable Diffusion 1.5 for inpainting and two ControlNets for it, as folders of safetensors",
}


def open_program(name: RefinerName, store: Path, device: str = "auto") -> Dkt | ControlNet | None:
    """store: the folder that models are kept in. None: the built-in refiner needs no program. Raises UnderstudyError
    where something is not there."""
    if name is RefinerName.INVERTED:
        return None
    folder = store / "refiners" / name
    python = folder / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    missing = [p for p in (python, *(folder / part for part in NEEDS[name])) if not p.exists()]
    if missing:
        raise UnderstudyError(f"--refiner {name}: {missing[0]} is missing; {folder} has to hold {WHAT[name]}")
    if name is RefinerName.DKT:
        return Dkt(python, folder / "DKT")
    return ControlNet(python, folder, {"auto": "", "tensorrt": "cuda"}.get(device, device))
