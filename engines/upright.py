"""Which way up a detected face is: detections in turned copies of a picture, and faces that were found upside down.

BlazeFace finds a face at any roll. Up to about 100 degrees its six points are right; beyond, it takes the face for an
upright one: the eyes for a mouth, with a score that is lower than an upright face has (at most 0.83 in 100 pictures
turned by 120 to 240 degrees, 0.95 on the mean of the same upright). FaceMesh notices neither. So a face of a low score
is looked at once more, level as it was found and the other way up, and the better of the two is believed.
"""

import math
from collections.abc import Callable

import cv2
import numpy as np

from engines.detector import Detection
from engines.landmarks import Roi, coarseness, roi_from_eyes, shrunk
from engines.values import F32, U8, Box, Rect, Region

SURE = 0.88  # score of a detection from which its points are believed as they are
TURNED = 0.8  # least score of the face another way up: right ones have 0.88 and more
BETTER = 0.04  # by how much that score must exceed the one of the face as found
ASKEW = 0.5  # radians between two rolls from which they are two ways up
SIDE = 128  # pixels of the level crop: BlazeFace's own input
WIDE = 1.3  # side of that crop over FaceMesh's
QUARTERS = (1, 2, 3)  # quarter turns, against the clock, at which a picture is looked at where it shows nobody upright

Look = Callable[[U8], list[Detection]]
"""Finds the faces of uint8 (h, w, 3) RGB."""


def turned(image: U8, quarters: int) -> U8:
    """The image (h, w, 3) turned by so many quarter turns against the clock."""
    return np.ascontiguousarray(np.rot90(image, quarters))


def unturned(found: Detection, quarters: int, size: tuple[int, int]) -> Detection:
    """A detection of `turned(image, quarters)` in the image's own pixels. size: the image's width, height."""
    w, h = np.float32(size[0]), np.float32(size[1])
    box = np.array([[found.box.x0, found.box.y0], [found.box.x1, found.box.y1]], np.float32)

    def back(points: F32) -> F32:
        x, y = points[:, 0], points[:, 1]
        return np.stack(((x, y), (w - y, x), (w - x, h - y), (y, h - x))[quarters % 4], 1).astype(np.float32)

    corners = back(box)
    return Detection(Box(*map(float, (*corners.min(0), *corners.max(0)))), back(found.points), found.score)


def roll(found: Detection) -> float:
    """The angle from the right eye to the left, radians: 0 upright, positive clockwise on screen."""
    across = found.points[1] - found.points[0]
    return math.atan2(float(across[1]), float(across[0]))


def around(found: Detection) -> Rect:
    """The part of the picture that `righted` looks at; it may reach over the picture's edge."""
    half = round(0.75 * WIDE * _roi(found).side)
    x, y = map(round, found.box.centre)
    return Rect(x - half, y - half, 2 * half, 2 * half)


def righted(look: Look, region: Region, found: Detection) -> Detection:
    """The detection, or the same face found another way up where that fits better. look: BlazeFace. region: the
    picture about the face, `around` or what there is of it."""
    roi = _roi(found)

    def at(angle: float) -> Detection | None:
        return _best(look, region, Roi(roi.x, roi.y, roi.side, roi.angle + angle))

    seen = [at(0.0), at(math.pi)]
    if max(map(_score, seen)) < SURE:
        seen += [at(math.pi / 2), at(-math.pi / 2)]
    best = max(seen, key=_score)
    if best is not None and best.score < SURE:  # it was not quite level
        best = max(best, at(roll(best) - roi.angle) or best, key=_score)
    if best is None or not askew(roll(best), roll(found)):
        return found
    as_found = max((d.score for d in seen if d and not askew(roll(d), roll(found))), default=0.0)
    return best if best.score > max(TURNED, as_found + BETTER) else found


def _score(found: Detection | None) -> float:
    return found.score if found else 0.0


def askew(a: float, b: float) -> bool:
    """Whether two rolls, radians, are those of two ways up and not of one."""
    return abs(math.remainder(a - b, 2 * math.pi)) > ASKEW


def _roi(found: Detection) -> Roi:
    b = found.box
    roi = roi_from_eyes((b.x0, b.y0, b.x1, b.y1), found.points[0], found.points[1])
    return Roi(roi.x, roi.y, roi.side * WIDE, roi.angle)


def _best(look: Look, region: Region, roi: Roi) -> Detection | None:
    """The face in the middle of the level crop that roi names, in the picture's pixels."""
    k = SIDE / roi.side
    times = coarseness(k)
    image = shrunk(region.rgb, times)
    turn = k * np.array([[np.cos(roi.angle), np.sin(roi.angle)], [-np.sin(roi.angle), np.cos(roi.angle)]])
    shift = SIDE / 2 - turn @ np.array([roi.x - region.x, roi.y - region.y])  # edges of pixels, as detections count
    m = np.column_stack([turn * times, shift + (turn @ np.full(2, times / 2)) - 0.5])  # and their centres
    crop = cv2.warpAffine(image, m, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    middle = [d for d in look(np.asarray(crop, np.uint8)) if _holds(d.box, SIDE / 2)]
    if not middle:
        return None
    best = max(middle, key=lambda d: d.score)
    back, corner = np.linalg.inv(turn), np.array([region.x, region.y])
    points = (best.points - shift) @ back.T + corner
    x, y = back @ (np.array(best.box.centre) - shift) + corner
    half = max(best.box.width, best.box.height) / 2 / k
    return Detection(Box(x - half, y - half, x + half, y + half), points.astype(np.float32), best.score)


def _holds(box: Box, middle: float) -> bool:
    return box.x0 < middle < box.x1 and box.y0 < middle < box.y1
