"""Depth networks as ONNX files of the user's: MiDaS, Depth Anything and their kin. A picture in, normals out.

They want RGB with ImageNet's mean and spread, and give relative inverse depth: larger is nearer. Sources: Ranftl et
al., 2020; Yang et al., "Depth Anything V2", 2024. What is proven here is the way in and out, on a network made for the
tests; none of the published files is among them.
"""

from pathlib import Path

import cv2
import numpy as np

from engines.backends.choose import open_engine
from engines.errors import ModelError
from engines.relight import normals
from engines.values import F32, U8

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
SMOOTH = 1 / 256  # of the longer side: depth is smoothed before its slope is read


class DepthNetwork:
    """One thread's network."""

    def __init__(self, file: Path, side: int) -> None:
        """side: pixels of its square input, where the file leaves that open. Raises ModelError."""
        engine = open_engine(file, "cpu")
        shapes = [spec.shape for spec in engine.inputs.values()]
        if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][1] not in (-1, 3):
            raise ModelError(f"normals.network: {file} is no depth network: it takes {shapes}, not one (1,3,h,w)")
        height, width = shapes[0][2:]
        self._size = (width if width > 0 else side, height if height > 0 else side)
        self._input, self._session = next(iter(engine.inputs)), engine.session()

    def normals(self, rgb: U8, relief: float) -> F32:
        """float32 (h, w, 3), unit vectors. rgb: uint8 (h, w, 3). relief: see `engines.relight.normals.of_depth`.
        Raises ModelError where the answer is no map."""
        small = cv2.resize(rgb, self._size, interpolation=cv2.INTER_AREA)
        feed = ((small * np.float32(1 / 255) - MEAN) / SPREAD).transpose(2, 0, 1)[None]
        first = next(iter(self._session.run({self._input: np.ascontiguousarray(feed, np.float32)}).values()))
        depth = np.squeeze(np.asarray(first, np.float32))
        if depth.ndim != 2:
            raise ModelError(f"normals.network gave {first.shape}; a depth map (1,h,w) is wanted")
        whole = cv2.resize(depth, rgb.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        return normals.of_depth(np.asarray(whole, np.float32), relief, max(rgb.shape) * SMOOTH)
