"""A network's swap of the faces of a picture: aligned crops out, all in one call, swapped crops back as patches.

Knows crops, templates and masks; not where sources come from, and nothing of tracks or time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines.align import Extent, box_mask, combined, crop, five_points, paste, to_template
from engines.nets.dfm import Dfm
from engines.nets.swapper import Swapped, Swapper
from engines.store.catalog import Template
from engines.values import F32, U8, Patch, Region


@dataclass(frozen=True, slots=True)
class Asked:
    """One face to be swapped. view: the picture around it. mesh: float32 (468, 3), picture pixels. person: index of
    the source. fade: 0 to 1, times the alpha."""

    view: Region
    mesh: F32
    person: int = 0
    fade: float = 1.0


# what paints the faces of one frame: a patch for each, None where the face lies outside its view
Together = Callable[[Sequence[Asked]], "list[Patch | None]"]
# uint8 (n, side, side, 3) RGB crops, and the index of each one's source
CropSwap = Callable[[U8, Sequence[int]], Swapped]


def placed(asked: Asked, template: Template, side: int) -> F32:
    """float32 (2, 3): pixels of the view to those of a `side` square crop."""
    corner = np.array([asked.view.x, asked.view.y], np.float32)
    return to_template(five_points(asked.mesh) - corner, template, side)


def crops(asked: Sequence[Asked], matrices: Sequence[F32], side: int) -> U8:
    """uint8 (n, side, side, 3) RGB."""
    return np.stack([crop(a.view.rgb, m, side) for a, m in zip(asked, matrices, strict=True)])


class Pasted:
    """Faces through `swap` and back; keeps no memory from frame to frame. side: of the crops, pixels."""

    def __init__(self, swap: CropSwap, template: Template, side: int, blur: float = 0.3) -> None:
        self._swap, self._template, self._side = swap, template, side
        self._box = box_mask(side, blur)

    def __call__(self, asked: Sequence[Asked]) -> list[Patch | None]:
        if not asked:
            return []
        matrices = [placed(a, self._template, self._side) for a in asked]
        out = self._swap(crops(asked, matrices, self._side), [a.person for a in asked])
        masks = [self._box if out.mask is None else combined(self._box, mask) for mask in _each(out, len(asked))]
        return [self._laid(*one) for one in zip(asked, matrices, out.rgb, masks, strict=True)]

    def _laid(self, asked: Asked, matrix: F32, rgb: U8, mask: F32) -> Patch | None:
        view = asked.view
        height, width = view.rgb.shape[:2]
        laid = paste(rgb, mask * np.float32(asked.fade), matrix, Extent(width, height))
        return None if laid is None else Patch(view.x + laid.x, view.y + laid.y, laid.rgb, laid.alpha)


def _each(out: Swapped, count: int) -> list[F32]:
    return [np.ones(1, np.float32)] * count if out.mask is None else list(out.mask)


def by_swapper(swapper: Swapper, sources: F32) -> CropSwap:
    """sources: float32 (people, ...), rows of what `Swapper.source` or `source_picture` gave."""
    return lambda faces, people: swapper.swap(faces, sources[list(people)])


def by_dfm(dfm: Dfm, morph: float) -> CropSwap:
    """The one person of a DFM, whoever is asked for. Its two masks cut by the smaller, with a soft edge."""

    def swap(faces: U8, _: Sequence[int]) -> Swapped:
        out = dfm.swap(faces, morph)
        return Swapped(out.rgb, np.stack([_softened(mask) for mask in combined(out.own, out.target)]))

    return swap


def _softened(mask: F32) -> F32:
    """Shrunk by about the width of the edge that it is then given, so that nothing beyond the mask is shown."""
    wide = max(1, len(mask) // 32)
    square = np.ones((2 * wide + 1, 2 * wide + 1), np.uint8)
    return np.asarray(cv2.GaussianBlur(cv2.erode(mask, square), (0, 0), wide / 2), np.float32)
