"""Gather: all that is known of what lies before a face, brought to one size.

A plate is 256 texels wide and a network's map 128 pixels: on a larger face only the frame itself is known any finer.
"""

import cv2
import numpy as np

from engines.mesh import warp
from engines.mesh.fuse import width
from engines.occlusion import clean_plate as plate
from engines.occlusion.clean_plate import placed
from engines.occlusion.network import Occlusion, chained, cut, shifted
from engines.values import F32, U8, Patch, Region
from stream.frame import FaceTrack
from stream.painting.occluder import Occluder

WORKING = 144.0  # pixels of face width at which what is before it is solved, at most


def gathered(track: FaceTrack, region: Region | None = None) -> Occluder | None:
    """None where nothing is known to be before the face. region: a part of the track's own; None: all of it."""
    front, whole = track.front, region or track.region
    if whole is None or front is None or front.seen is None:
        return None
    h, w = whole.rgb.shape[:2]
    step = max(1.0, width(track.face.mesh) / WORKING)
    size = (max(2, round(h / step)), max(2, round(w / step)))
    across, down = size[1] / w, size[0] / h
    matrix = np.array(
        [[across, 0, (0.5 - whole.x) * across - 0.5], [0, down, (0.5 - whole.y) * down - 0.5]], np.float32
    )
    wide = width(track.face.mesh) * across
    frame = cut(whole.rgb, shifted(matrix, (whole.x, whole.y)), size).astype(np.float32)
    drawn = plate.drawn_at(front.plate, front.at or placed(track.face.mesh), matrix, size)
    opaque, thin, clear = _maps(front.seen, matrix, size)
    lit = plate.relit(drawn, frame, np.maximum(opaque, np.maximum(thin, clear)), 0.25 * wide)
    return Occluder(whole, frame, lit, drawn.known, opaque, thin, clear, wide)


def _maps(seen: Occlusion, matrix: F32, size: tuple[int, int]) -> tuple[F32, F32, F32]:
    """opaque, veil, glass at the working size. matrix: frame pixels to working ones."""
    stack = cv2.merge([seen.opaque, seen.veil, seen.glass])
    out = cv2.warpAffine(stack, chained(seen.matrix, matrix), size[::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    opaque, veil, glass = (np.asarray(m, np.float32) for m in cv2.split(out))
    return opaque, veil, glass


def face_only(track: FaceTrack) -> Region | None:
    """The part of a track's region that a mesh swap may touch."""
    region = track.region
    if region is None:
        return None
    local = track.face.mesh - np.array([region.x, region.y, 0], np.float32)
    x0, y0, x1, y1 = warp.face_rect(local, width(local), region.rgb.shape[:2])
    return Region(region.x + x0, region.y + y0, region.rgb[y0:y1, x0:x1])


def beneath(track: FaceTrack, patch: Patch) -> Region | None:
    """The part of a track's region that a patch covers."""
    region = track.region
    if region is None:
        return None
    h, w = patch.alpha.shape
    x, y = patch.x - region.x, patch.y - region.y
    picture: U8 = region.rgb[y : y + h, x : x + w]
    return Region(patch.x, patch.y, picture)
