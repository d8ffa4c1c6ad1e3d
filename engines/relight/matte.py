"""A person's matte: a coarse mask brought to the picture's own edges and hair, as alpha. Arrays only.

Source: He et al., "Guided image filtering", 2013, with colours as the guide; worked out small and applied at the
picture's size: He and Sun, "Fast guided filter", 2015.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from engines.relight.coarse import Rows, read
from engines.values import F32, U8

RADIUS = 1 / 64  # of the filter, in shares of the longer side
EPSILON = 2e-4  # variance of colour, 0 to 1, that counts as an edge
SURE = 0.05, 0.95  # coarse alphas that are taken for ground and for person
FAR = 1 / 40  # how far from anything else, in shares of the longer side, they are left alone
STRETCH = 0.12, 0.88  # filtered alphas that become 0 and 1


@dataclass(frozen=True, slots=True)
class Matte:
    """linear: float32 (4, h', w'): alpha is r, g, b (0 to 1) times the first three, and the fourth. sure: (h', w'), 1
    where `value` (h', w') is alpha already."""

    linear: F32
    sure: F32
    value: F32

    def alpha(self, rgb: U8, rows: Rows) -> U8:
        """uint8 (n, width), 255 on the person. rgb: uint8 (n, width, 3), those rows of the picture."""
        filtered = read(self.linear[3], rows)
        for c in range(3):
            filtered += read(self.linear[c], rows) * (rgb[..., c] * np.float32(1 / 255))
        low, high = STRETCH
        stretched = np.clip((filtered - np.float32(low)) / np.float32(high - low), 0, 1)
        alpha = stretched + (read(self.value, rows) - stretched) * read(self.sure, rows)
        return np.asarray(np.rint(np.clip(alpha, 0, 1) * 255), np.uint8)


def matte(rgb: U8, coarse: F32) -> Matte:
    """rgb: uint8 (h, w, 3), at the size to work at. coarse: float32 (h, w), 0 to 1, the person, roughly."""
    longest = max(coarse.shape)
    radius = max(2, round(longest * RADIUS))
    guide = np.asarray(rgb * np.float32(1 / 255), np.float32)
    far = max(1, round(longest * FAR))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * far + 1, 2 * far + 1))
    certain = np.zeros(coarse.shape, np.uint8)
    for region in (coarse < SURE[0], coarse > SURE[1]):
        certain |= np.asarray(cv2.erode(region.astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE), np.uint8)
    sure = cv2.GaussianBlur(certain.astype(np.float32), (0, 0), max(0.5, far / 4))
    # exactly 0 or 1 but for a soft border within
    sure = np.clip(sure * 2 - 1, 0, 1)
    return Matte(_guided(guide, coarse, radius), np.asarray(sure, np.float32), (coarse > 0.5).astype(np.float32))


def _guided(guide: F32, mask: F32, radius: int) -> F32:
    """float32 (4, h, w): the filter's linear map at each pixel."""
    side = (2 * radius + 1, 2 * radius + 1)

    def mean(a: F32) -> F32:
        return np.asarray(cv2.blur(a, side, borderType=cv2.BORDER_REFLECT), np.float32)

    middle, level = mean(guide), mean(mask)
    # sums of products lose their digits in float32 where colours hardly vary; EPSILON is far above that
    with_mask = mean(guide * mask[..., None]) - middle * level[..., None]
    spread = {
        (i, j): mean(guide[..., i] * guide[..., j]) - middle[..., i] * middle[..., j] + np.float32(EPSILON * (i == j))
        for i in range(3)
        for j in range(i, 3)
    }
    slope = _solved(spread, with_mask)
    offset = level - (slope * middle).sum(2)
    return np.ascontiguousarray(np.stack([*(mean(slope[..., c]) for c in range(3)), mean(offset)]), np.float32)


def _solved(matrix: Mapping[tuple[int, int], F32], right: F32) -> F32:
    """float32 (h, w, 3): `matrix @ slope = right` at each pixel. matrix: the upper half of a symmetric one, (h, w)
    each. By cofactors: numpy's solver takes ten times as long on a million small systems."""
    a, b, c, d, e, f = (matrix[key] for key in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    ca, cb, cc = d * f - e * e, c * e - b * f, b * e - c * d
    cd, ce, cf = a * f - c * c, b * c - a * e, a * d - b * b
    scale = 1 / (a * ca + b * cb + c * cc)
    x, y, z = right[..., 0], right[..., 1], right[..., 2]
    out = (ca * x + cb * y + cc * z, cb * x + cd * y + ce * z, cc * x + ce * y + cf * z)
    return np.stack([row * scale for row in out], -1)


def foreground(rgb: F32, alpha: F32, radius: int) -> F32:
    """float32 (h, w, 3): the person's own colours where they are mixed with the ground's: for another ground than the
    picture's own. rgb: float32 (h, w, 3). Source: Forte, "Approximate fast foreground colour estimation", 2021."""
    side = (2 * radius + 1, 2 * radius + 1)
    a = alpha[..., None]

    def around(weight: F32) -> F32:
        mass = cv2.blur(rgb * weight, side, borderType=cv2.BORDER_REPLICATE)
        total = cv2.blur(weight[..., 0], side, borderType=cv2.BORDER_REPLICATE)[..., None]
        return np.asarray(mass / (total + np.float32(1e-5)), np.float32)

    person, ground = around(a**4), around((1 - a) ** 4)  # what is hardly mixed
    own = person + a * (rgb - a * person - (1 - a) * ground)
    return np.where(a >= 1, rgb, np.clip(own, 0, None)).astype(np.float32)
