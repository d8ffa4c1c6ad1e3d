"""Patches gone over by a face enhancer (GFPGAN, GPEN, RestoreFormer). Knows no swapper.

The enhancer sees the swapped face in its surroundings and changes it within the swap's own mask, nowhere else.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from engines.align import box_mask
from engines.nets.enhancer import Enhancer
from engines.nets.masked import onto
from engines.nets.pasted import Asked, Together, crops, placed
from engines.store.catalog import Template
from engines.values import F32, Patch, Region


class Sharpened:
    """What `inner` paints, sharpened. strength: 0 leaves it as it is, 1 takes the network's answer."""

    def __init__(self, inner: Together, enhancer: Enhancer, template: Template, strength: float) -> None:
        self._inner, self._enhancer, self._template, self._strength = inner, enhancer, template, strength
        self._side = enhancer.net.model.px
        self._box = box_mask(self._side)

    def __call__(self, asked: Sequence[Asked]) -> list[Patch | None]:
        laid = self._inner(asked)
        there = [(i, patch) for i, patch in enumerate(laid) if patch is not None]
        if not there:
            return laid
        shown = [Asked(composed(asked[i].view, patch), asked[i].mesh) for i, patch in there]
        matrices = [placed(one, self._template, self._side) for one in shown]
        sharp = self._enhancer.enhance(crops(shown, matrices, self._side), self._strength)
        for (i, patch), one, matrix, rgb in zip(there, shown, matrices, sharp, strict=True):
            above = onto(rgb.astype(np.float32), matrix, one, patch)
            mask = onto(self._box, matrix, one, patch, cv2.BORDER_CONSTANT)
            laid[i] = over(patch, above, mask * patch.alpha)
        return laid


def composed(view: Region, patch: Patch) -> Region:
    """The view with a patch laid over it. The patch lies within it."""
    x, y, (height, width) = patch.x - view.x, patch.y - view.y, patch.alpha.shape
    rgb = view.rgb.copy()
    part = rgb[y : y + height, x : x + width].astype(np.float32)
    part += patch.alpha[..., None] * (patch.rgb - part)
    rgb[y : y + height, x : x + width] = np.rint(part).astype(np.uint8)
    return Region(view.x, view.y, rgb)


def over(below: Patch, above: F32, mask: F32) -> Patch:
    """One patch for two laid over each other. above: float32 (h, w, 3), 0 to 255. mask: float32 (h, w), its alpha."""
    alpha = 1 - (1 - mask) * (1 - below.alpha)
    share = np.where(alpha > 0, mask / np.maximum(alpha, 1e-6), 0)[..., None]
    rgb = below.rgb + share * (above - below.rgb)
    return Patch(below.x, below.y, np.clip(np.rint(rgb), 0, 255).astype(np.uint8), alpha.astype(np.float32))
