"""The mesh swap of one tracked face: source texture over target mesh, in the target's light, with the target's eyes,
inner mouth and grain. Knows regions of pixels and points; one instance per track, called in order.

The steps and their constants come from measurements; `docs/mesh-swap.md` says what each is worth.
"""

import cv2
import numpy as np

from engines.mesh import grain, holes, light, region, ring, warp
from engines.mesh.fuse import width
from engines.mesh.shape import fit, proportions
from engines.mesh.source import SourceFace
from engines.mesh.texture import CM
from engines.mesh.topology import WIDTH_CM
from engines.values import F32, Patch, Region

SHAPE = 0.8  # how much of the source's proportions the target takes on
WORKING = 200.0  # face width, pixels, above which all but the last step run on a smaller copy
MEMORY = 2.0  # seconds over which the target's mean shape and grain are learned
SMALLEST = 12.0  # pixels of face width below which nothing is painted


class MeshSwapper:
    """The swap of one track by one source."""

    def __init__(self, source: SourceFace) -> None:
        self._source = source
        self._mean: F32 | None = None
        self._seen = 0.0
        self._grain = grain.Grain()

    def swap(self, view: Region, mesh: F32, elapsed: float, fade: float = 1.0) -> Patch | None:
        """The patch for one frame, None where the face is too small or out of the picture.

        view: the picture around the face. mesh: float32 (468, 3), picture pixels. elapsed: seconds since this track's
        last frame. fade: 0 to 1, times the patch's alpha.
        """
        wide = width(mesh)
        local = mesh - np.array([view.x, view.y, 0], np.float32)
        x0, y0, x1, y1 = warp.face_rect(local, wide, view.rgb.shape[:2])  # type: ignore[arg-type]
        if wide < SMALLEST or x1 - x0 < 8 or y1 - y0 < 8:
            return None
        local = local - np.array([x0, y0, 0], np.float32)
        shaped = self._reshape(local, elapsed)
        target = view.rgb[y0:y1, x0:x1]
        size = (y1 - y0, x1 - x0)
        maps = warp.maps(shaped, local, wide, size)
        rgb, alpha = self._paint(target, maps, shaped, wide, elapsed)
        return Patch(view.x + x0, view.y + y0, rgb, alpha * np.float32(fade) if fade < 1 else alpha)

    def _reshape(self, mesh: F32, elapsed: float) -> F32:
        """The target's mesh with the source's proportions."""
        found = fit(mesh)
        canonical = found.to_canonical(mesh)
        self._seen += max(elapsed, 1e-3)
        share = max(elapsed, 1e-3) / min(self._seen, MEMORY)
        self._mean = canonical if self._mean is None else self._mean + np.float32(share) * (canonical - self._mean)
        return mesh + np.float32(SHAPE) * found.shift_to_image(proportions(self._source.shape, self._mean))

    def _texture(self, maps: warp.Maps, wide: float, size: tuple[int, int]) -> F32:
        """The source's warped pixels, uint8 (h, w, 3), from the pyramid level that neither aliases nor blurs."""
        level = int(np.clip(np.round(np.log2(WIDTH_CM * CM / wide)), 0, len(self._source.textures) - 1))
        where = warp.enlarge(maps.texture, size)
        if level:
            where = (where + np.float32(0.5)) * np.float32(0.5**level) - np.float32(0.5)
        return warp.sample(self._source.textures[level], where)  # type: ignore[return-value]

    def _paint(self, target, maps, shaped, wide, elapsed):  # type: ignore[no-untyped-def]
        h, w = size = target.shape[:2]
        k = min(1.0, WORKING / wide)
        work = (max(8, round(h * k)), max(8, round(w * k)))
        full = self._texture(maps, wide, size)
        source = warp.shrink(full, work)
        own = warp.shrink(target, work)
        wide_work = wide * k
        # the target moved along with its mesh, so that both pictures lie on each other
        shift = warp.enlarge(maps.shift, work) * np.float32(k)
        grid_y, grid_x = np.mgrid[0 : work[0], 0 : work[1]].astype(np.float32)
        moved = warp.sample(own, np.dstack([grid_x + shift[..., 0], grid_y + shift[..., 1]]))
        weights = warp.sample(region.layers(), maps.texture)  # coarse
        seen = cv2.GaussianBlur(maps.seen, (0, 0), 0.03 * wide / maps.step)
        mask = weights[..., 0] * np.clip(seen * 2 - 1, 0, 1)
        edge = weights[..., 1]

        # light, on a grid of a few pixels per sigma
        sigma = light.SIGMA * wide_work
        step = max(1.0, sigma / light.CELLS)
        coarse = (max(4, round(work[0] / step)), max(4, round(work[1] / step)))
        inside = (edge > 0.4) * maps.seen
        weight = (
            warp.shrink(inside.astype(np.float32), coarse)
            if coarse[0] < edge.shape[0]
            else warp.enlarge(inside, coarse)
        )
        sigma *= coarse[0] / work[0]
        lit = light.measure(warp.shrink(source, coarse), warp.shrink(moved, coarse), weight, sigma)
        detail = light.detail(source, lit)
        base = lit.target - light.low_pass(warp.shrink(detail, coarse), weight, sigma)
        painted = cv2.add(detail, warp.enlarge(base, work))
        painted = ring.blend(painted, moved, warp.enlarge(base, work), weights, maps.seen, wide_work, work)
        painted = self._grain.match(painted, own, warp.enlarge(mask, work), elapsed)

        alpha = warp.enlarge(np.ascontiguousarray(mask, np.float32), size)
        alpha[alpha < 1 / 512] = 0
        if work != tuple(size):
            painted = cv2.add(full.astype(np.float32), warp.enlarge(cv2.subtract(painted, source), size))
        holes.keep(painted, target, maps, shaped, wide)
        return cv2.convertScaleAbs(cv2.max(painted, 0.0)), alpha
