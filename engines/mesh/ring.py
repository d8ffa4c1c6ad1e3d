"""The rim of the face: near the edge the painted skin takes on what is left of the target's own tone."""

import cv2
import numpy as np

from engines.mesh import light, warp
from engines.values import F32

REACH = 1.0  # centimetres from the edge where the target's rim is read
FADE = 0.7  # centimetres over which its tone is given
BLUR = 0.06  # face widths
UNLIKE = 40.0  # levels of colour distance at which a pixel hardly counts as skin


def blend(painted: F32, target: F32, base: F32, layers: F32, seen: F32, width: float, size: tuple[int, int]) -> F32:
    """painted, target, base: float32 (h, w, 3); layers, seen: coarse (region.layers sampled; front covered); width:
    face width in pixels of painted. base: the low-pass light, to tell skin from hair and background."""
    edge = layers[..., 1]
    step = max(1.0, BLUR * width / 2.5)
    grid = (max(4, round(size[0] / step)), max(4, round(size[1] / step)))
    own, mine, tone = warp.shrink(target, grid), warp.shrink(painted, grid), warp.shrink(base, grid)
    fit = warp.shrink if grid[0] < edge.shape[0] else warp.enlarge
    distance = fit(np.ascontiguousarray(edge), grid)
    skin = np.exp(-((np.linalg.norm(own - tone, axis=2) / UNLIKE) ** 2))
    weight = np.exp(-((distance / REACH) ** 2)) * skin * (distance > 0.05) * fit(seen, grid)
    rest = light.low_pass(own - mine, weight.astype(np.float32), BLUR * width * grid[0] / size[0])
    give = np.exp(-distance / FADE)[..., None] * rest
    return np.asarray(cv2.add(painted, warp.enlarge(np.asarray(give, np.float32), size)), np.float32)
