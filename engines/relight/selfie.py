"""MediaPipe's selfie segmentation: a coarse mask of the people in a picture. Knows its network's tensors alone.

OpenCV runs it: OpenVINO's reader lacks one of its operators, `Convolution2DTransposeBias`. Source: MediaPipe 0.10.21,
model card "MediaPipe Selfie Segmentation", 2021.
"""

from pathlib import Path

import cv2
import numpy as np

from engines.errors import ModelError
from engines.values import F32, U8

NAME = "selfie_segmentation"  # the catalogue's
SIDE = 256


class Selfie:
    """One thread's network."""

    def __init__(self, file: Path) -> None:
        """Raises ModelError for a file that OpenCV does not read."""
        try:
            self._net = cv2.dnn.readNetFromTFLite(str(file))
        except cv2.error as error:
            raise ModelError(f"{file} cannot be read ({error.err}); `understudy models pull {NAME}`") from error

    def person(self, rgb: U8) -> F32:
        """float32 (h, w), 0 to 1. rgb: uint8 (h, w, 3)."""
        small = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        self._net.setInput(np.ascontiguousarray((small * np.float32(1 / 255)).transpose(2, 0, 1)[None], np.float32))
        mask = np.asarray(self._net.forward(), np.float32).reshape(SIDE, SIDE)
        # the colours bring the edge back later; cubic curves would ring
        return np.asarray(cv2.resize(mask, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)
