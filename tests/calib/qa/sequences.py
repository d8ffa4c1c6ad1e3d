"""Made-up figures of a good swap, to be changed in one thing."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from calib.qa.figures import Beside, FaceFigures, Motion
from engines.values import Box

BOX = Box(10, 10, 110, 130)
FPS = 25


def mouth(i: int) -> float:
    return 0.1 + 0.1 * float(np.sin(0.6 * i))


def good(i: int) -> FaceFigures:
    """A frame of a swap in which nothing is wrong; the mouth opens and closes."""
    motion = Motion(1.0, 1.2)
    beside = Beside(level=120, mouth=mouth(i), motion=motion, changed=15, coding=0.5, seam=1.05, own=0.3)
    return FaceFigures(
        frame=i,
        seconds=i / FPS,
        track=0,
        box=BOX,
        confidence=0.99,
        likeness=0.55,
        level=118,
        around=90,
        mouth=0.9 * mouth(i),
        motion=motion,
        beside=beside,
    )


def clip(frames: int, change: Callable[[FaceFigures], FaceFigures], first: int, last: int) -> list[FaceFigures]:
    """Changed from `first` to `last`, both included."""
    return [change(good(i)) if first <= i <= last else good(i) for i in range(frames)]


def beside(one: FaceFigures, **values: object) -> FaceFigures:
    assert one.beside is not None
    return replace(one, beside=replace(one.beside, **values))  # type: ignore[arg-type]


def alone(figures: list[FaceFigures]) -> list[FaceFigures]:
    """The same without an original."""
    return [replace(one, beside=None) for one in figures]
