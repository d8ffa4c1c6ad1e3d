"""Cover: a patch that makes a face unrecognisable, and the halving of a face's pixels when time is short.

Knows pictures' regions only.
"""

from dataclasses import replace

import cv2
import numpy as np

from engines.values import Box, Patch, Rect, Region
from stream.frame import FaceTrack
from stream.picture import Picture

CELLS = 8  # blocks across a covered face: fewer than anybody is known by


def cover(picture: Picture, box: Box) -> Patch | None:
    """A blurred ellipse over the box, feathered outwards; None where the box lies outside the picture."""
    x0, y0 = max(0, int(box.x0)), max(0, int(box.y0))
    x1, y1 = min(picture.width, int(box.x1) + 1), min(picture.height, int(box.y1) + 1)
    w, h = x1 - x0, y1 - y0
    if w < 4 or h < 4:
        return None
    rgb = picture.rgb(Rect(x0, y0, w, h))
    coarse = cv2.resize(rgb, (CELLS, max(2, round(CELLS * h / w))), interpolation=cv2.INTER_AREA)
    veil = np.asarray(cv2.resize(coarse, (w, h), interpolation=cv2.INTER_CUBIC), np.uint8)
    (cx, cy), rx, ry = box.centre, box.width / 2, box.height / 2
    across = (np.arange(x0, x1, dtype=np.float32) + 0.5 - cx) / rx
    down = (np.arange(y0, y1, dtype=np.float32) + 0.5 - cy) / ry
    radius = np.sqrt(across[None] ** 2 + down[:, None] ** 2)
    return Patch(x0, y0, veil, np.clip((1.0 - radius) / 0.1, 0, 1).astype(np.float32))


def halved(track: FaceTrack) -> FaceTrack:
    """The track with its region at half the resolution and its mesh in that region's pixels, at the origin."""
    region = track.region
    if region is None or min(region.rgb.shape[:2]) < 32:
        return track
    h, w = region.rgb.shape[0] // 2 * 2, region.rgb.shape[1] // 2 * 2
    small = cv2.resize(region.rgb[:h, :w], (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    mesh = (track.face.mesh - np.array([region.x, region.y, 0], np.float32)) / np.float32(2)
    return replace(track, region=Region(0, 0, np.asarray(small, np.uint8)), face=replace(track.face, mesh=mesh))


def doubled(patch: Patch, region: Region) -> Patch:
    """What was painted on a halved track of `region`, back at full resolution."""
    h, w = patch.alpha.shape
    rgb = np.asarray(cv2.resize(patch.rgb, (2 * w, 2 * h), interpolation=cv2.INTER_LINEAR), np.uint8)
    alpha = np.asarray(cv2.resize(patch.alpha, (2 * w, 2 * h), interpolation=cv2.INTER_LINEAR), np.float32)
    return Patch(region.x + 2 * patch.x, region.y + 2 * patch.y, rgb, alpha)
