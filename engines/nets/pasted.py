"""A network's swap of one face in a picture: aligned crop out, swapped crop back, as a patch.

The same call as the mesh swapper's, so that a painter takes either.
"""

import numpy as np

from engines.align import Extent, box_mask, combined, crop, five_points, paste, to_template
from engines.catalog import Template
from engines.nets.swapper import Swapper
from engines.values import F32, Patch, Region


class PastedSwap:
    """One source's face on any number of tracks; keeps no memory from frame to frame.

    source: what `Swapper.source` or `source_picture` gave. boost: the crop is that many times the model's side.
    """

    def __init__(self, swapper: Swapper, template: Template, source: F32, boost: int = 1, blur: float = 0.3) -> None:
        self._swapper, self._template, self._source = swapper, template, source
        self._side = swapper.net.model.px * boost
        self._box = box_mask(self._side, blur)

    def swap(self, view: Region, mesh: F32, elapsed: float, fade: float = 1.0) -> Patch | None:
        """The patch for one frame, None where the face lies outside the view.

        view: the picture around the face. mesh: float32 (468, 3), picture pixels. fade: 0 to 1, times the alpha.
        """
        points = five_points(mesh) - np.array([view.x, view.y], np.float32)
        matrix = to_template(points, self._template, self._side)
        out = self._swapper.swap(crop(view.rgb, matrix, self._side)[None], self._source)
        mask = self._box if out.mask is None else combined(self._box, out.mask[0])
        height, width = view.rgb.shape[:2]
        laid = paste(out.rgb[0], mask * np.float32(fade), matrix, Extent(width, height))
        return None if laid is None else Patch(view.x + laid.x, view.y + laid.y, laid.rgb, laid.alpha)
