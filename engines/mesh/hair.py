"""The target's own hair within the mesh: strands and fringes before temples and forehead, which stay in front.

The occlusion network takes a person's hair for their own and says nothing of it. Hair is told from skin by being darker
than the middle of the face and of another colour, where hair may lie: above the mouth, away from brows and eyes.
"""

from functools import cache

import cv2
import numpy as np

from engines.mesh import light, region, texture
from engines.mesh.shape import smoothstep
from engines.mesh.topology import LEFT_BROW, LEFT_EYE, RIGHT_BROW, RIGHT_EYE
from engines.values import F32

DEEP = 3.2  # centimetres within the oval that hair may hang over
LOWEST = 1.5, 2.0  # canonical height, centimetres, down to which it may, and over how many that ends
AROUND = 0.25  # centimetres around brows and eyes that are left alone
SURE = 2.0  # centimetres within the oval from where the face says what its skin looks like
SIGMA = 0.25  # of that look's smoothing, in face widths
UNLIKE = 0.3, 0.55  # distance from skin, as a share of its brightness, at which hair begins and is certain
SOFT = 0.8  # blur, in cells of the grid


@cache
def places() -> F32:
    """float32 (SIDE, SIDE), in texture space: 1 where hair may lie before the face."""
    free = np.ones_like(region.edge())
    kernel = np.ones((2 * round(AROUND * texture.CM) + 1,) * 2, np.uint8)
    for ring in (LEFT_BROW, RIGHT_BROW, LEFT_EYE, RIGHT_EYE):
        free = np.minimum(free, 1 - np.asarray(cv2.dilate(region.polygon(ring), kernel), np.float32))
    free = np.asarray(cv2.GaussianBlur(free, (0, 0), 0.15 * texture.CM), np.float32)
    return free * smoothstep((DEEP - region.edge()) / 0.8) * smoothstep((LOWEST[0] - region.height()) / LOWEST[1])


def over(own: F32, edge: F32, allowed: F32, seen: F32, width: float) -> F32:
    """float32 (h, w), 0 to 1: how much of each cell is hair.

    own: float32 (h, w, 3), the target on a coarse grid, 0 to 255. edge: centimetres to the oval, allowed: `places`,
    seen: 1 where the face is, each (h, w) on that grid. width: the face's, in cells.
    """
    middle = np.asarray((edge > SURE) * seen * (1 - allowed), np.float32)
    skin = light.LowPass.over(middle, SIGMA * width)(own)
    bright = light.grey(skin)
    apart = np.sqrt(light.square(own - skin)) / (bright + np.float32(8))
    unlike = smoothstep((apart - np.float32(UNLIKE[0])) * np.float32(1 / (UNLIKE[1] - UNLIKE[0])))
    hair = unlike * (light.grey(own) < bright) * allowed * (seen > 0.5)
    return np.asarray(cv2.GaussianBlur(np.asarray(hair, np.float32), (0, 0), SOFT), np.float32)
