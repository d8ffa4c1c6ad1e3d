"""Inverted compositing: the new face under what lies in front of it. Arrays of one region; knows no networks, no
tracks.

`I` the frame, `S` the swapped clean face, `f` what is seen of the old one through the occluder, `a` the occluder's
opacity, `m` the face mask. A frame is `I = a F + (1 - a) f`; wanted is `a F + (1 - a) S`, hence `I' = I + m (1 - a) (S
- f)`, in which the occluder's own colour F never appears. All images float32 (h, w, 3), 0 to 255; a and m float32 (h,
w).
"""

from enum import StrEnum

import cv2
import numpy as np

from engines.occlusion.glass import Glass
from engines.values import F32, U8

RIM = 0.09  # of the root of a pane's area: how far its edge shines beyond it
STEEP = 4.0  # what is laid for glass covers its rim in full from a quarter of the mask on: it is composed already


class Mode(StrEnum):
    """How a frame with something in front is put together. PUBLISHED is the formula of the original description, kept
    by name for comparison: it fades the occluder to a^2 F and lets a (1 - a) of the old face through."""

    DIFFERENCE = "difference"
    PUBLISHED = "published"


def difference(frame: F32, swapped: F32, behind: F32, alpha: F32, mask: F32) -> F32:
    """`I + m (1 - a) (S - f)`."""
    share = (mask * (1 - alpha))[..., None]
    return np.asarray(np.clip(frame + share * (swapped - behind), 0, 255), np.float32)


def published(frame: F32, swapped: F32, alpha: F32, mask: F32) -> F32:
    """`S (1 - a) + I a` inside the mask. Source: the published inverted-compositing formula; see Mode."""
    a = alpha[..., None]
    return np.asarray(np.clip(frame + mask[..., None] * ((1 - a) * (swapped - frame)), 0, 255), np.float32)


def combined(frame: F32, swapped: F32, behind: F32, alpha: F32, mask: F32, mode: Mode = Mode.DIFFERENCE) -> F32:
    """One of the two."""
    if mode is Mode.PUBLISHED:
        return published(frame, swapped, alpha, mask)
    return difference(frame, swapped, behind, alpha, mask)


def beside(frame: U8, swapped: U8, behind: F32, sure: F32) -> U8:
    """What to lay over the frame along the edge of something opaque, with the mask times `1 - a`, for `I + m (1 - a)
    (S - f)`: `S + I - f`, uint8 (h, w, 3). behind: float32 (h, w, 3), f as far as it is known; sure: (h, w), how far;
    else it is the frame."""
    change = cv2.multiply(cv2.subtract(frame, behind, dtype=cv2.CV_32F), cv2.merge([sure] * 3))
    return np.asarray(cv2.add(swapped, change, dtype=cv2.CV_8U), np.uint8)


def mixed(frame: U8, other: F32, share: F32) -> U8:
    """`I + share (other - I)`, uint8 (h, w, 3). share: (h, w)."""
    change = cv2.multiply(cv2.subtract(other, frame, dtype=cv2.CV_32F), cv2.merge([share] * 3))
    return np.asarray(cv2.add(frame, change, dtype=cv2.CV_8U), np.uint8)


def seen_through(
    frame: F32, swapped: F32, plate: F32, pane: Glass, mask: F32, known: F32, own: F32, size: float
) -> tuple[F32, F32]:
    """Through glass or liquid: what the swap changes in the frame, float32 (h, w, 3), and where that counts, (h, w):
    around the glass a rim only adds light, beside that the face is swapped plainly.

    With H the light that the glass adds (`Glass.shine`), a frame is `I = rho B(x + W) + H + e`. Wanted is
    `rho S(x + W) + H`: e is the old face where its expression is not the plate's, and would show through the new one.
    It stays where `own` (h, w) is 1: eyes and mouth, which the new face has from the plate. known: float32 (h, w),
    trust in the plate. size: the face's width, pixels.
    """
    weight = mask * known
    # the change carries its own mask through the refraction: outside the face there is none
    both = pane.look(np.concatenate([(swapped - plate) * weight[..., None], weight[..., None]], 2))
    rho = 1 + (pane.rho - 1) * pane.region[..., None]
    left = frame - pane.seen(plate)
    old = (1 - own) * both[..., 3] * np.clip(1.5 * pane.region - 0.5, 0, 1)
    change = rho * both[..., :3] - old[..., None] * (left - pane.shine(left, known, size))
    return np.asarray(change, np.float32), _rim(pane.region)


def refracted(frame: F32, swapped: F32, plate: F32, pane: Glass, mask: F32, known: F32, own: F32, size: float) -> F32:
    """The frame with the swap as `seen_through` glass."""
    through, rim = seen_through(frame, swapped, plate, pane, mask, known, own, size)
    plain = (swapped - frame) * mask[..., None]
    inside = rim[..., None]
    return np.asarray(np.clip(frame + inside * through + (1 - inside) * plain, 0, 255), np.float32)


def laid(frame: U8, swapped: U8, mask: F32, change: F32, rim: F32) -> tuple[U8, F32]:
    """`refracted` as something to lay over the frame: uint8 (h, w, 3), and with which alpha, (h, w). change, rim: of
    `seen_through`."""
    alpha = np.asarray(np.minimum(mask * np.float32(STEEP), 1), np.float32)
    whole = np.maximum(alpha, np.float32(1e-3))
    plain = cv2.merge([cv2.multiply(1 - rim, cv2.divide(mask, whole))] * 3)
    through = cv2.multiply(change, cv2.merge([cv2.divide(rim, whole)] * 3))
    both = cv2.add(cv2.multiply(cv2.subtract(swapped, frame, dtype=cv2.CV_32F), plain), through)
    return np.asarray(cv2.add(frame, both, dtype=cv2.CV_8U), np.uint8), alpha


def _rim(region: F32) -> F32:
    """The region widened by what a pane's edge may reach beyond it, softly, float32 (h, w)."""
    reach = max(1, round(RIM * float(np.sqrt((region > 0.5).sum()))))
    wide = cv2.dilate(region, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2))
    return np.asarray(cv2.max(region, cv2.GaussianBlur(wide, (0, 0), max(0.8, reach / 3))), np.float32)
