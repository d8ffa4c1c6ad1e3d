"""Comparing: what a swap's pixels and the original's say about each other around one face. Arrays only."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.mesh.topology import OVAL
from engines.values import F32, U8

MOST = 256  # pixels of the longer side on which pictures are compared
SOFT = 1.5  # of the blur that takes away most of what coding adds
LEAST = 3.0  # levels that differ where something was painted
SHARE = 0.2  # of the face that must be painted for a boundary to be looked for
FLOOR = 2.0  # levels a pixel that are added to both gradients: where the original is smooth, a ratio says little


@dataclass(frozen=True, slots=True)
class Compared:
    """changed, coding: mean difference within the face and about it, levels of 255. seam: gradients along the painted
    region's boundary over the original's there; None where no boundary is seen."""

    changed: float
    coding: float
    seam: float | None


def compared(swap: U8, original: U8, mesh: F32) -> Compared:
    """swap, original: uint8 (h, w, 3) RGB, the same part of both. mesh: float32 (468, 3), pixels of that part."""
    scale = min(1.0, MOST / max(swap.shape[:2]))
    now, was = _shrunk(swap, scale), _shrunk(original, scale)
    face = _face(mesh * np.float32(scale), now.shape[:2])
    apart = np.abs(_soft(now) - _soft(was)).mean(axis=2)
    room = max(3, round(0.15 * np.sqrt(face.sum())))
    about = cv2.dilate(face, _disc(room)) == 0
    inside = cv2.erode(face, _disc(max(1, room // 3))) > 0
    coding = float(apart[about].mean()) if about.any() else 0.0
    changed = float(apart[inside].mean()) if inside.any() else 0.0
    return Compared(changed, coding, _seam(now, was, apart, face, max(LEAST, 2.5 * coding)))


def around(region: U8, mesh: F32) -> float:
    """Median brightness about a face, 0 to 255. mesh: float32 (468, 3), pixels of the region."""
    scale = min(1.0, MOST / max(region.shape[:2]))
    small = _shrunk(region, scale)
    face = _face(mesh * np.float32(scale), small.shape[:2])
    about = cv2.dilate(face, _disc(max(3, round(0.15 * np.sqrt(face.sum()))))) == 0
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    return float(np.median(grey[about])) if about.any() else float(np.median(grey))


def _seam(now: U8, was: U8, apart: F32, face: U8, bound: float) -> float | None:
    near = cv2.dilate(face, _disc(max(3, round(0.15 * np.sqrt(face.sum()))))) > 0
    painted = ((apart > bound) & near).astype(np.uint8)
    painted = np.asarray(cv2.morphologyEx(painted, cv2.MORPH_CLOSE, _disc(3)), np.uint8)
    outlines, _ = cv2.findContours(painted, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    largest = max(outlines, key=cv2.contourArea)
    if cv2.contourArea(largest) < SHARE * float(face.sum()):
        return None
    band = np.zeros(face.shape, np.uint8)
    cv2.drawContours(band, [largest], -1, 1, 3)
    line = band > 0
    return (float(_gradient(now)[line].mean()) + FLOOR) / (float(_gradient(was)[line].mean()) + FLOOR)


def _face(mesh: F32, shape: tuple[int, ...]) -> U8:
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(mesh[OVAL, :2]).astype(np.int32)], 1)
    return mask


def _gradient(rgb: U8) -> F32:
    """Levels a pixel."""
    grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), 1.0).astype(np.float32)
    dx, dy = (cv2.Sobel(grey, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(dx, dy), np.float32)


def _soft(rgb: U8) -> F32:
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), SOFT), np.float32)


def _shrunk(rgb: U8, scale: float) -> U8:
    if scale == 1.0:
        return rgb
    return np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _disc(radius: int) -> U8:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)
