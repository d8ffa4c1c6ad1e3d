"""Where each pixel of a region comes from, in the source's texture and in the target itself, seen through the mesh.

Maps are computed on a coarse raster and enlarged: inside a triangle they are affine, so nothing is lost but at the
edges of self-occlusion.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.mesh import raster, texture
from engines.values import F32, U8

RASTER = 72.0  # the coarse raster's pixels across a face
MARGIN = 0.04  # face widths beyond the mesh that a swap looks at


@dataclass(frozen=True, slots=True)
class WarpMaps:
    """texture: float32 (h, w, 2), texture pixels. shift: float32 (h, w, 2), from a pixel to the target's own point, in
    region pixels. seen: float32 (h, w), 1 where the face's front covers the pixel. All at the coarse raster, whose
    pixel i lies at `(i + .5) * step - .5` of the region."""

    texture: F32
    shift: F32
    seen: F32
    step: float


def maps(shaped: F32, own: F32, width: float, size: tuple[int, int]) -> WarpMaps:
    """shaped: mesh (468, 3) as it shall look, own: the target's as it is, both in region pixels; width: face width in
    pixels; size: region height, width."""
    h, w = size
    step = max(1.0, width / RASTER)
    sh, sw = max(1, round(h / step)), max(1, round(w / step))
    scale = np.array([w / sw, h / sh], np.float32)
    points = raster.with_skirt(shaped)
    shift = raster.with_skirt(own)[:, :2] - points[:, :2]
    coarse = ((points[:, :2] + 0.5) / scale - 0.5).astype(np.float32)
    index = raster.cover(coarse, points[:, 2], sw, sh)
    values = np.concatenate([texture.layout(), shift], 1).astype(np.float32)
    out = raster.planes(index, coarse, values)
    beside = index < 0
    for plane, nowhere in zip(out, (-1e3, -1e3, 0, 0), strict=True):
        plane[beside] = nowhere
    seen = (index >= raster.FIRST_FACE).astype(np.float32)
    texture_map, shift_map = (np.asarray(cv2.merge(pair), np.float32) for pair in (out[:2], out[2:]))
    return WarpMaps(texture_map, shift_map, seen, step)


def enlarge(field: F32, size: tuple[int, int]) -> F32:
    """A coarse field (h, w[, c]) at size height, width."""
    if field.shape[:2] == size:
        return field
    return np.asarray(cv2.resize(field, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def shrink(image: F32 | U8, size: tuple[int, int]) -> F32:
    """An image at a smaller size height, width, each pixel about the mean of what it covers."""
    h, w = size
    times = min(image.shape[0] // max(h, 1), image.shape[1] // max(w, 1))
    whole = image.shape[:2] == (h * times, w * times)
    # OpenCV takes means of whole blocks seven times as fast as of crooked ones, and less than one halving by lines
    if not whole and times in (2, 4, 5) and not (image.shape[0] % 2 or image.shape[1] % 2):
        half = cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA)
        return shrink(half, size)  # type: ignore[arg-type]
    if not whole and times > 0:
        image = cv2.resize(image, (w * times, h * times), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    small = image if image.shape[:2] == size else cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def scaled(where: F32, times: float) -> F32:
    """Places in a picture (h, w, 2) as places in one that is `times` as large."""
    return where if times == 1 else where * np.float32(times) + np.float32(0.5 * times - 0.5)


def sample(image: F32 | U8, where: F32) -> F32 | U8:
    """The image (h, w[, c]) looked up at where (h', w', 2), x and y."""
    # the stub does not know that both maps may come as one
    return cv2.remap(image, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore


def face_rect(mesh: F32, width: float, size: tuple[int, ...]) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of the pixels that a swap may touch: the mesh's box and a little more, within the region."""
    low, high = mesh[:, :2].min(0) - MARGIN * width, mesh[:, :2].max(0) + MARGIN * width
    (x0, x1), (y0, y1) = (_even(int(np.floor(low[i])), int(np.ceil(high[i])), size[1 - i]) for i in (0, 1))
    return x0, y0, x1, y1


def _even(start: int, stop: int, length: int) -> tuple[int, int]:
    """A span cut to 0..length, of an even number of pixels where it has an end inside: so it is quickly halved."""
    start, stop = max(0, start), min(length, stop)
    odd = (stop - start) % 2 if stop > start else 0
    return (start, stop - odd) if stop < length else (start + odd if start else start, stop)
