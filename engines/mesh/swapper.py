"""The mesh swap of one tracked face: source texture over target mesh, in the target's light, with the target's eyes,
inner mouth and grain. Knows regions of pixels and points; one instance per track, called in order.

The steps and their constants come from measurements; `docs/mesh-swap.md` says what each is worth.
"""

from functools import cache

import cv2
import numpy as np

from engines.mesh import grain, hair, holes, light, region, warp
from engines.mesh.field.lightfield import LightField
from engines.mesh.field.lightnet import LitFace
from engines.mesh.fuse import width
from engines.mesh.gaze import Gaze
from engines.mesh.lips import Lips
from engines.mesh.shape import Fit, correction, fit, proportions, unfolded
from engines.mesh.source import SourceFace
from engines.mesh.spectacles import Spectacles
from engines.mesh.texture import CM, SIDE, layout
from engines.mesh.topology import WIDTH_CM
from engines.values import F32, U8, Patch, Region

SHAPE = 0.8  # how much of the source's proportions the target takes on
WORKING = 128.0  # face width, pixels, above which all but the last step run on a smaller copy
MEMORY = 2.0  # seconds over which the target's mean shape and grain are learned
LAYERS = 3  # times smaller than textures
SMALLEST = 12.0  # pixels of face width below which nothing is painted


@cache
def _layers() -> F32:
    """What is known of each texel beforehand, float32 (SIDE / LAYERS, SIDE / LAYERS, 4), to be sampled together: mask,
    edge, lips, and where hair may lie."""
    side = SIDE // LAYERS  # they are smooth, and at full size as large as a processor's cache
    return warp.shrink(np.dstack([region.layers(), hair.places()]).astype(np.float32), (side, side))


class MeshSwapper:
    """The swap of one track by one source. spectacles: keeps the target's own in front; None: they are painted over.
    field: finishes the light; None: as the classical steps leave it."""

    def __init__(
        self, source: SourceFace, spectacles: Spectacles | None = None, field: LightField | None = None
    ) -> None:
        self._source, self._spectacles, self._field = source, spectacles, field
        # four channels are sampled in half the time of three
        self._textures = [np.asarray(cv2.cvtColor(t, cv2.COLOR_RGB2RGBA), np.uint8) for t in source.textures]
        self._mean: F32 | None = None
        self._seen = 0.0
        self._lips = Lips()
        self._grain = grain.Grain()
        self._gaze = Gaze(source.textures[0], layout(), source.shape)

    def swap(self, view: Region, mesh: F32, elapsed: float, fade: float = 1.0) -> Patch | None:
        """The patch for one frame, None where the face is too small or out of the picture.

        view: the picture around the face. mesh: float32 (468, 3), picture pixels. elapsed: seconds since this track's
        last frame. fade: 0 to 1, times the patch's alpha.
        """
        wide = width(mesh)
        local = mesh - np.array([view.x, view.y, 0], np.float32)
        x0, y0, x1, y1 = warp.face_rect(local, wide, view.rgb.shape[:2])
        if wide < SMALLEST or x1 - x0 < 8 or y1 - y0 < 8:
            return None
        found = fit(local)
        local = self._lips(view.rgb, local, found, wide, elapsed)
        seen = self._spectacles(view.rgb, found, elapsed) if self._spectacles else None
        corner = np.array([x0, y0, 0], np.float32)
        shaped, local = self._reshape(local, found, elapsed) - corner, local - corner
        target = view.rgb[y0:y1, x0:x1]
        size = (y1 - y0, x1 - x0)
        maps = warp.maps(shaped, local, wide, size)
        worn = seen.onto(size, (x0, y0)) if seen else None
        eyes = self._gaze(target, local, elapsed)
        rgb, alpha = self._paint(target, maps, shaped, found.rotation, wide, elapsed, worn, eyes)
        return Patch(view.x + x0, view.y + y0, rgb, alpha * np.float32(fade) if fade < 1 else alpha)

    def _reshape(self, mesh: F32, found: Fit, elapsed: float) -> F32:
        """The target's mesh with the source's proportions."""
        canonical = found.to_canonical(mesh)
        self._seen += max(elapsed, 1e-3)
        share = min(1.0, max(elapsed, 1e-3) / min(self._seen, MEMORY))
        self._mean = canonical if self._mean is None else self._mean + np.float32(share) * (canonical - self._mean)
        moved = np.float32(SHAPE) * proportions(self._source.shape, self._mean) + correction(canonical)
        moved += unfolded(canonical + moved)
        return mesh + found.shift_to_image(moved)

    def _texture(self, maps: warp.WarpMaps, wide: float, size: tuple[int, int]) -> U8:
        """The source's warped pixels, uint8 (h, w, 3), from the pyramid level that neither aliases nor blurs."""
        level = int(np.clip(np.round(np.log2(WIDTH_CM * CM / wide)), 0, len(self._textures) - 1))
        where = warp.enlarge(warp.scaled(maps.texture, 0.5**level), size)
        return np.asarray(cv2.cvtColor(warp.sample(self._textures[level], where), cv2.COLOR_RGBA2RGB), np.uint8)

    def _paint(
        self,
        target: U8,
        maps: warp.WarpMaps,
        shaped: F32,
        rotation: F32,
        wide: float,
        elapsed: float,
        worn: F32 | None,
        eyes: tuple[float, float],
    ) -> tuple[U8, F32]:
        """The painted region, uint8 (h, w, 3), and its alpha, float32 (h, w). worn: (h, w), what eyewear hides. eyes:
        see `Gaze`."""
        size = (target.shape[0], target.shape[1])
        k = min(1.0, WORKING / wide)
        work = (max(8, round(size[0] * k)), max(8, round(size[1] * k)))
        full = self._texture(maps, wide, size)
        source, own = warp.shrink(full, work), warp.shrink(target, work)
        layers = np.asarray(warp.sample(_layers(), warp.scaled(maps.texture, 1 / LAYERS)), np.float32)
        covered = np.asarray(cv2.GaussianBlur(maps.seen, (0, 0), 0.03 * wide / maps.step), np.float32)
        mask = layers[..., 0] * np.clip(covered * 2 - 1, 0, 1)

        grid = light.grid(wide * k, work)
        cell = size[0] / grid[0]  # region pixels per grid cell
        coarse = light.fit(np.dstack([layers[..., 1:], maps.seen]), grid)
        edge, lips, free, seen = (np.ascontiguousarray(coarse[..., i]) for i in range(4))
        small = warp.shrink(own, grid)
        strands = hair.over(small, edge, free, seen, wide / cell)
        inside = np.asarray((edge > 0.4) * seen * (1 - strands), np.float32)
        if worn is not None:  # rims are no light on skin
            inside = inside * (1 - np.minimum(warp.shrink(worn, grid) * 1.5, 0.97))
        smooth = light.LowPass.over(inside, light.SIGMA * wide / cell)
        lit, low = smooth(small), smooth(warp.shrink(source, grid))
        fields = (warp.enlarge(f, work) for f in (low, *light.gains(lit, low), lit))
        detail = light.detail(source, *fields)
        fine = warp.shrink(detail, grid)
        base = lit - smooth(fine)
        base += light.rim(small, base + fine, lit, edge, seen, light.RIM * wide / cell)
        base += light.tint(small, base + fine, lips, light.RIM * wide / cell)
        painted = np.asarray(cv2.add(detail, warp.enlarge(base, work)), np.float32)
        within = light.fit(mask, work)
        if self._field is not None:
            there = np.asarray((shaped + np.float32(0.5)) * np.float32(work[1] / size[1]) - np.float32(0.5), np.float32)
            face = LitFace(own, painted, source, within, maps.texture, maps.seen, there, rotation)
            painted = np.asarray(cv2.multiply(painted, self._field(face, elapsed)), np.float32)
        painted = self._grain.match(painted, own, within, elapsed)
        if work != size:
            change = warp.enlarge(np.asarray(cv2.subtract(painted, source), np.float32), size)
            painted = np.asarray(cv2.accumulate(full, change), np.float32)  # a fifth of the time of `add`
        holes.keep(painted, target, maps, shaped, wide, eyes)
        alpha = warp.enlarge(mask * (1 - warp.enlarge(strands, mask.shape)), size)
        if worn is not None:
            alpha = np.asarray(alpha * (1 - worn), np.float32)
        alpha = np.asarray(cv2.threshold(alpha, 1 / 512, 0, cv2.THRESH_TOZERO)[1], np.float32)
        painted = np.asarray(cv2.threshold(painted, 0, 0, cv2.THRESH_TOZERO, dst=painted)[1], np.float32)
        return np.asarray(cv2.convertScaleAbs(painted), np.uint8), alpha
