"""A made-up person as the stages take one, and settings for small pictures."""

from pathlib import Path

import cv2
import numpy as np

from engines.relight.light import Illumination
from engines.values import U8
from tests.engines.relight.heads import Head
from tools.relight.picture import RelightSubject, subject, work_copy

CONFIG = """
[segmentation]
methods = ["grabcut"]
[work]
longest = 128
"""


def seen(face: Head, light: Illumination, longest: int = 1024) -> RelightSubject:
    """The head in a light, with its own mask and mesh."""
    rgb = face.picture(light)
    small = work_copy(rgb, longest)
    size = (small.shape[1], small.shape[0])
    mask = np.asarray(cv2.resize(face.alpha, size, interpolation=cv2.INTER_AREA), np.float32)
    scale = np.array([size[0] / rgb.shape[1], size[1] / rgb.shape[0], size[0] / rgb.shape[1]], np.float32)
    return subject(rgb, small, mask, [(face.mesh * scale).astype(np.float32)])


def write(path: Path, rgb: U8) -> Path:
    """uint8 (h, w, 3) RGB as a picture file."""
    assert cv2.imwrite(str(path), np.ascontiguousarray(rgb[..., ::-1]))
    return path


def config(folder: Path, text: str = CONFIG) -> Path:
    path = folder / "relight.toml"
    path.write_text(text)
    return path
