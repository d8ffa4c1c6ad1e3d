"""Aligned crops: the similarity that lays five points of a face onto a template, the crop it cuts, and the way back.

Knows points and pixels; nothing of networks. Pixel centres lie at whole numbers, as in OpenCV.
"""

from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

import cv2
import numpy as np

from engines.store.catalog import CORNERS, Template
from engines.values import F32, U8, Box, Patch

Pixels = TypeVar("Pixels", U8, F32)

# mesh vertices: corners and lids of the eye on the screen's left, of the other, nose, corners of the mouth. The
# templates' nose lies between FaceMesh's two vertices of the tip: 0.49 of the way from eyes to mouth, theirs 0.45, 0.56
EYES = ((33, 133, 159, 145), (362, 263, 386, 374))
NOSE, MOUTH = (1, 4), (61, 291)
DLIB = (33, 133, 263, 362, 2)  # corners of the eyes and the base of the nose: dlib's five


def five_points(mesh: F32) -> F32:
    """float32 (5, 2): left eye, right eye, nose, left and right mouth corner, as seen on screen; of a (468, 3) mesh."""
    flat = mesh[:, :2]
    eyes = [flat[list(eye)].mean(axis=0) for eye in EYES]
    return np.stack([*eyes, flat[list(NOSE)].mean(axis=0), flat[MOUTH[0]], flat[MOUTH[1]]]).astype(np.float32)


def template_points(mesh: F32, template: Template) -> F32:
    """float32 (5, 2): those points of a (468, 3) mesh that the template is made of, in its order."""
    return mesh[list(DLIB), :2].astype(np.float32) if template.by == CORNERS else five_points(mesh)


def similarity(source: F32, target: F32) -> F32:
    """float32 (2, 3): rotation, uniform scale and shift that lay `source` (n, 2) onto `target` with the least squares.

    Source: S. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991; in
    the plane, with points as complex numbers, it is one line. Never mirrors.
    """
    a = source[:, 0] + 1j * source[:, 1].astype(np.float64)
    b = target[:, 0] + 1j * target[:, 1].astype(np.float64)
    centred = a - a.mean()
    spread = float(np.vdot(centred, centred).real)
    turn = np.vdot(centred, b - b.mean()) / spread if spread > 0 else 1 + 0j
    shift = b.mean() - turn * a.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]], np.float32)


def to_template(points: F32, template: Template, side: int) -> F32:
    """float32 (2, 3): frame pixels to crop pixels of a `side` square."""
    return similarity(points, np.asarray(template.points, np.float32) * side)


def crop(image: U8, matrix: F32, side: int) -> U8:
    """uint8 (side, side, 3) in the image's colour order. Beyond the image its border repeats."""
    shrink = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    # a warp samples single pixels: a face much larger than the crop is made smaller first, or it would flicker
    if shrink < 0.5:
        half = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        doubled = matrix.copy()
        doubled[:, :2] *= 2
        doubled[:, 2] += matrix[:, :2].sum(axis=1) / 2  # the centre of pixel 0 of the half is 0.5 of the whole
        return crop(np.asarray(half, np.uint8), doubled, side)
    cut = cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def inverse(matrix: F32) -> F32:
    return np.asarray(cv2.invertAffineTransform(matrix), np.float32)


def moved(points: F32, matrix: F32) -> F32:
    """float32 (n, 2): points under a (2, 3) matrix."""
    return (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)


def box_mask(side: int, blur: float = 0.3) -> F32:
    """float32 (side, side), 1 within, falling to 0 at the border. blur: width of the fall, in shares of the side."""
    border = max(1, round(side * blur * 0.5))
    mask = np.zeros((side, side), np.float32)
    mask[border:-border, border:-border] = 1
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), border / 4), np.float32)
    soft[[0, -1]] = 0
    soft[:, [0, -1]] = 0
    return soft


def combined(*masks: F32) -> F32:
    """The smallest of all masks, per pixel."""
    return reduce(np.minimum, masks)


def shrunk(values: Pixels, matrix: F32) -> tuple[Pixels, F32]:
    """A crop halved until no pixel of it is skipped where `matrix` (frame to crop) lays it back; and its matrix."""
    while float(np.hypot(matrix[0, 0], matrix[1, 0])) > 2:
        values = np.asarray(cv2.resize(values, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), values.dtype)
        half = matrix / 2 - np.array([[0, 0, 0.25], [0, 0, 0.25]])  # pixel centres lie at whole numbers
        matrix = half.astype(np.float32)
    return values, matrix


@dataclass(frozen=True, slots=True)
class Extent:
    """Size of the frame that a patch is cut for."""

    width: int
    height: int


def paste(rgb: U8, mask: F32, matrix: F32, extent: Extent) -> Patch | None:
    """The crop (side, side, 3) laid back where `matrix` took it from, as a patch; None where it lies outside the frame.

    mask: float32 (side, side), 0 to 1. Only pixels whose whole neighbourhood lies in the crop are given alpha.
    """
    (rgb, small), (mask, _) = shrunk(rgb, matrix), shrunk(mask, matrix)
    matrix, side = small, rgb.shape[0]
    back = inverse(matrix)
    corners = moved(np.array([[0, 0], [side - 1, 0], [side - 1, side - 1], [0, side - 1]], np.float32), back)
    box = Box(*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())
    x0, y0 = max(0, int(np.floor(box.x0))), max(0, int(np.floor(box.y0)))
    x1, y1 = min(extent.width, int(np.ceil(box.x1)) + 1), min(extent.height, int(np.ceil(box.y1)) + 1)
    if x1 <= x0 or y1 <= y0:
        return None
    shifted = back - np.array([[0, 0, x0], [0, 0, y0]], np.float32)
    size = (x1 - x0, y1 - y0)
    laid = cv2.warpAffine(rgb, shifted, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(mask, shifted, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return Patch(x0, y0, np.asarray(laid, np.uint8), np.clip(np.asarray(alpha, np.float32), 0, 1))
