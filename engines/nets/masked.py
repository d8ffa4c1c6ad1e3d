"""Patches cut by a mask network (XSeg, BiSeNet's regions): a pixel keeps no more alpha than the network leaves it.

Knows no swapper. Half-transparent pixels keep their half.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from engines.align import shrunk
from engines.nets.pasted import Asked, Together, crops, placed
from engines.store.catalog import Template
from engines.values import F32, U8, Patch

# float32 (n, side, side), 0 to 1, of uint8 (n, side, side, 3) RGB crops
Visible = Callable[[U8], F32]


class Masked:
    """What `inner` paints, as far as `visible` lets it be seen; one call of either a frame."""

    def __init__(self, inner: Together, visible: Visible, template: Template, side: int) -> None:
        self._inner, self._visible, self._template, self._side = inner, visible, template, side

    def __call__(self, asked: Sequence[Asked]) -> list[Patch | None]:
        laid = self._inner(asked)
        there = [i for i, patch in enumerate(laid) if patch is not None]
        if not there:
            return laid
        matrices = [placed(asked[i], self._template, self._side) for i in there]
        seen = self._visible(crops([asked[i] for i in there], matrices, self._side))
        for i, matrix, mask in zip(there, matrices, seen, strict=True):
            patch = laid[i]
            assert patch is not None
            under = onto(mask, matrix, asked[i], patch) * np.float32(asked[i].fade)
            laid[i] = replace(patch, alpha=np.minimum(patch.alpha, under))
        return laid


def onto(values: F32, matrix: F32, asked: Asked, patch: Patch, border: int = cv2.BORDER_REPLICATE) -> F32:
    """Values of a crop, float32 (side, side) or (side, side, 3), in the pixels of a patch.

    matrix: pixels of the view to pixels of the crop, (2, 3).
    """
    values, matrix = shrunk(values, matrix)
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ np.array([patch.x - asked.view.x, patch.y - asked.view.y], np.float32)
    height, width = patch.alpha.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(values, moved, (width, height), flags=flags, borderMode=border), np.float32)
