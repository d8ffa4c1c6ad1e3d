"""BiSeNet: a head's 19 regions, of which faces are made.

Source: Yu et al., "BiSeNet: Bilateral Segmentation Network", 2018; labels of CelebAMask-HQ.
"""

from collections.abc import Iterable

import numpy as np

from engines.nets.net import Net
from engines.values import F32, U8

REGIONS = {
    "skin": 1,
    "left-brow": 2,
    "right-brow": 3,
    "left-eye": 4,
    "right-eye": 5,
    "glasses": 6,
    "nose": 10,
    "mouth": 11,
    "upper-lip": 12,
    "lower-lip": 13,
}


class Bisenet:
    """Labels of crops aligned to the model's template."""

    def __init__(self, net: Net) -> None:
        self.net = net

    def labels(self, crops: U8) -> U8:
        """uint8 (n, 512, 512): the likeliest label of each pixel, of uint8 (n, 512, 512, 3) RGB."""
        [out] = self.net.run(self.net.tensor(crops))
        return np.asarray(out.argmax(axis=1), np.uint8)


def mask(labels: U8, regions: Iterable[str] = tuple(REGIONS)) -> F32:
    """float32, 1 where a pixel belongs to one of the named regions, else 0."""
    return np.isin(labels, [REGIONS[name] for name in regions]).astype(np.float32)
