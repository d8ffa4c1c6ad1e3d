"""A made-up person and hands, for tests of the synthesis."""

import cv2
import numpy as np

from engines.mesh.topology import CANONICAL
from engines.values import U8
from tools.synth.crops import CropPeople
from tools.synth.faces import Portrait, portrait
from tools.synth.hands import Hands


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def photo(seed: int) -> U8:
    """A coloured oval before a plain wall, uint8 (300, 300, 3), with a pattern for features."""
    rng = np.random.default_rng(seed)
    wall = np.full((300, 300, 3), (180, 190, 200), np.uint8)
    pattern = cv2.resize(rng.integers(60, 200, (20, 20, 3)).astype(np.uint8), (300, 300), interpolation=cv2.INTER_CUBIC)
    oval = np.zeros((300, 300), np.uint8)
    cv2.ellipse(oval, (150, 165), (85, 110), 0, 0, 360, 255, -1)
    wall[oval > 0] = pattern[oval > 0]
    return wall


def person(name: str, seed: int) -> Portrait:
    mesh = (CANONICAL * 9 + np.array([150, 160, 0])).astype(np.float32)
    return portrait(photo(seed), mesh, name)


def cast() -> CropPeople:
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[8:64, 18:46] = (200, 150, 130, 255)
    people = {"a": (person("a", 1), person("a", 1)), "b": (person("b", 2),)}
    return CropPeople(people, Hands((rgba,)))
