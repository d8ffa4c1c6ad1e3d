"""Matting with a known background: what differs from the clean plate, how an opaque mask is sharpened by it, and which
kind of transparent thing explains a frame best. Arrays of one region; knows no networks and no time but the last frame.
"""

from enum import StrEnum

import cv2
import numpy as np

from engines.mesh import warp
from engines.occlusion import glass, veil
from engines.occlusion.clean_plate import gain
from engines.values import F32

WORKING = 160.0  # pixels of face width at which change is looked for


class TransparentKind(StrEnum):
    VEIL = "veil"
    GLASS = "glass"


def changed(frame: F32, plate: F32, trust: F32, size: float) -> F32:
    """float32 (h, w): the largest channel's difference to the plate, levels, both blurred, after one gain for the
    whole. size: the face's width, pixels."""
    h, w = trust.shape
    step = max(1.0, size / WORKING)
    small = (max(2, round(h / step)), max(2, round(w / step)))
    image, clean, sure = (warp.shrink(a, small) for a in (frame, plate, trust))
    change = np.abs(cv2.GaussianBlur(image - clean * gain(image, clean, sure), (0, 0), 1.2))
    red, green, blue = cv2.split(change)
    return warp.enlarge(np.asarray(cv2.max(cv2.max(red, green), blue), np.float32), (h, w))


def sharpened(mask: F32, change: F32, trust: F32, size: float, threshold: float = 12.0, weight: float = 4.0) -> F32:
    """An opaque mask, probability (h, w), moved by the change that is seen: up where the frame differs from the plate
    by more than `threshold` levels, down where by less, and only near what the mask already holds.

    size: the face's width, pixels. The sum is in logits: `logit(o) + w clip((d - th) / th, -1, 1)`.
    """
    reach = max(1, round(size / 28))
    near = cv2.dilate(
        (mask > 0.35).astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)
    )
    p = np.clip(mask, 0.01, 0.99)
    push = weight * np.clip((change - threshold) / threshold, -1, 1) * trust
    z = np.log(p / (1 - p)) + push
    out = np.where(near > 0, 1 / (1 + np.exp(-z)), mask)
    return np.asarray(cv2.GaussianBlur(out.astype(np.float32), (0, 0), 0.8), np.float32)


def kind(frame: F32, plate: F32, region: F32, guess: F32, trust: F32, size: float) -> TransparentKind:
    """Which model leaves less unexplained under `region` (h, w): a veil of opacity `guess`, or glass. A veil pays for
    its one colour, glass for its flow: where both explain, the veil, which has fewer freedoms."""
    some = (region * trust) > 0.3
    if some.sum() < 40:
        return TransparentKind.VEIL
    v = veil.solve(frame, plate, np.maximum(guess, 0.05 * region), trust, size)
    left_veil = np.abs(frame - (1 - v.alpha[..., None]) * plate - v.alpha[..., None] * v.airlight)[some].mean()
    g = glass.solve(frame, plate, region, trust, size)
    left = frame - g.seen(plate)
    left_glass = np.abs(left - g.shine(left, trust, size))[some].mean()
    return TransparentKind.GLASS if left_glass < 0.85 * left_veil else TransparentKind.VEIL


def settled(now: F32, before: F32 | None, most: float = 0.1, keep: float = 0.4) -> F32:
    """An alpha that does not jump: the last one (both (h, w), in the face's own frame) kept in part, and the mean
    change from frame to frame held to `most`."""
    if before is None:
        return now
    out = now + np.float32(keep) * (before - now)
    jump = abs(float(out.mean()) - float(before.mean()))
    if jump > most:
        out = before + np.float32(most / jump) * (out - before)
    return np.asarray(out, np.float32)
