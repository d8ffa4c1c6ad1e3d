"""LikenessBounds: from which likeness two faces are one person, by embedder. Values in a TOML file; knows no faces.

A likeness is a cosine, or 1 less a distance: `engines.nets.embedder` says which, for each embedder.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from engines.errors import UnderstudyError


class BoundsError(UnderstudyError):
    """An embedder's bounds are missing or cannot be read."""


@dataclass(frozen=True, slots=True)
class LikenessBounds:
    """same: two faces above it are one person. different: under it two photos are of two people. denied: above it a
    face is one of a deny list. stable: at least that much is a frame of a video like its person's prototype. merge,
    fresh: of a memory bank: from `merge` on a face is taken into the look that it is most like, from `fresh` on it is a
    new look of the same person, under it somebody else."""

    same: float
    different: float
    denied: float
    stable: float
    merge: float
    fresh: float

    def __post_init__(self) -> None:
        if not -1 <= self.different <= self.stable <= self.same <= 1:
            raise BoundsError("bounds must rise from `different` over `stable` to `same`, within -1 and 1")


@cache
def load_bounds() -> dict[str, LikenessBounds]:
    """The project's own, by the catalogue's name of the embedder."""
    return read_bounds((resources.files("calib.identity") / "bounds.toml").read_text("utf-8"))


def read_bounds(text: str) -> dict[str, LikenessBounds]:
    """Raises BoundsError for a text that is no such file."""
    try:
        told: dict[str, Any] = tomllib.loads(text)
        return {name: LikenessBounds(**{key: float(value) for key, value in one.items()}) for name, one in told.items()}
    except (tomllib.TOMLDecodeError, TypeError, ValueError, AttributeError) as error:
        raise BoundsError(f"the bounds of embedders cannot be read: {error}") from error


def bounds_of(embedder: str, file: Path | None = None) -> LikenessBounds:
    """Of one embedder. file: a user's own, of the same form as the project's; it goes first. Raises
    BoundsError, also where nobody ever fitted bounds for that embedder."""
    try:
        own = read_bounds(file.read_text("utf-8")) if file is not None else {}
    except OSError as error:
        raise BoundsError(f"{file} cannot be read: {error.strerror}; check the path") from error
    found = (load_bounds() | own).get(embedder)
    if found is None:
        raise BoundsError(
            f"no bounds are known for the embedder {embedder}; fit them with `understudy calibrate identity --data DIR`"
        )
    return found
