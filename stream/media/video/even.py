"""Even: one more row and column for pictures of odd sizes, as encoders with halved chroma need. Knows arrays only."""

from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt


def evened_frame(frame: av.VideoFrame) -> av.VideoFrame:
    """An RGB frame with even sides, the last row and column repeated; alpha is left off."""
    kind = "rgb48le" if frame.format.components[0].bits > 8 else "rgb24"
    rgb: npt.NDArray[Any] = frame.to_ndarray(format=kind)
    more: Any = cv2.copyMakeBorder(rgb, 0, frame.height % 2, 0, frame.width % 2, cv2.BORDER_REPLICATE)
    even = av.VideoFrame.from_ndarray(np.ascontiguousarray(more), format=kind)
    even.pts, even.time_base = frame.pts, frame.time_base or Fraction(1, 1000)
    return even
