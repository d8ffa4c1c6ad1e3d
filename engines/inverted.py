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

from engines.values import F32

RIM = 0.09  # of the root of a pane's area: how far its edge shines beyond it
TOUCHED = 0.02  # opacity below which a pixel counts as clear: there the frame itself is what is seen


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


def opaque(frame: F32, swapped: F32, plate: F32, known: F32, alpha: F32, mask: F32) -> F32:
    """Under something opaque: at its soft edge the plate tells what shines through, elsewhere the frame does.

    plate: the clean face in the frame's light; known: float32 (h, w), how sure it is. Where it is not, the edge is cut
    harder, since the old face would show in it.
    """
    touched = alpha > TOUCHED
    sure = known * touched
    behind = frame + sure[..., None] * (plate - frame)
    # (1 - a)(S - I) at an edge with no plate keeps half of the old face: squaring a's complement keeps a quarter
    cut = np.where(touched, alpha + (1 - known) * alpha * (1 - alpha), 0).astype(np.float32)
    return difference(frame, swapped, behind, cut, mask)


def refracted(frame: F32, swapped: F32, plate: F32, rho: F32, flow: F32, region: F32, mask: F32, known: F32) -> F32:
    """Seen through glass or liquid: `I + m rho [(S - B) warped by W]`; highlights ride along in I.

    rho: float32 (h, w, 3), transmission. flow: float32 (h, w, 2), pixels, from where each pixel is seen. region:
    float32 (h, w), 1 in the glass: around it a rim only adds light, beside that the face is swapped plainly. known:
    float32 (h, w), trust in the plate.
    """
    h, w = mask.shape
    rim = _rim(region)
    rho = 1 + (rho - 1) * region[..., None]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    # the change carries its own mask through the refraction: outside the face there is none
    change = (swapped - plate) * (mask * known)[..., None]
    at_x, at_y = x + flow[..., 0] * region, y + flow[..., 1] * region
    through = rho * cv2.remap(change, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    plain = (swapped - frame) * mask[..., None]
    inside = rim[..., None]
    return np.asarray(np.clip(frame + inside * through + (1 - inside) * plain, 0, 255), np.float32)


def _rim(region: F32) -> F32:
    """The region widened by what a pane's edge may reach beyond it, softly, float32 (h, w)."""
    reach = max(1, round(RIM * float(np.sqrt((region > 0.5).sum()))))
    wide = cv2.dilate(region, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2))
    return np.asarray(cv2.max(region, cv2.GaussianBlur(wide, (0, 0), max(0.8, reach / 3))), np.float32)
