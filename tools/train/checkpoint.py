"""Files of weights that torch wrote: read on any device, written whole or not at all. Knows torch, no networks."""

from pathlib import Path
from pickle import UnpicklingError  # torch's refusal of whatever is not plain weights; nothing is unpickled here
from typing import Any

import torch

from engines.errors import InputError


def read(path: Path) -> Any:
    """What the file holds, plain values and tensors alone, on the CPU whatever device it was saved from: loading it
    into a network moves it there. Raises InputError where it cannot be read."""
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, RuntimeError, UnpicklingError, EOFError) as error:
        why = next(iter(str(error).splitlines()), "it is empty")
        raise InputError(f"{path} cannot be read as PyTorch weights ({why})") from error


def write(held: Any, path: Path) -> None:
    """Written beside it first, so that a file that is there is whole."""
    part = path.with_suffix(".part")
    torch.save(held, part)
    part.replace(path)
