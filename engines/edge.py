"""Edge: how opaque something is along its soft edge, told by the colours on its two sides. Arrays of one region; knows
no networks and no time.

A network's mask is coarser than the frame. Next to it, thing and face are seen plainly: between the two, a pixel
`I = a F + (1 - a) B` says itself how much it has of each. Source: matting by projection onto the line between the two
colours, as in Chuang et al., 2001, with local means for F, and the clean plate or local means for B.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32, U8

THING, FACE = 0.8, 0.2  # opacity above and below which a pixel, away from the edge, is one or the other
WINDOW = 2.5  # how far colours are fetched from, in widths of the edge
APART = 25.0  # levels by which the colours must differ for the pixel to be believed as much as the mask
KNOWN = 0.3  # confidence from which the plate says what lies behind
SMOOTH = 0.7  # blur of the result, pixels


@dataclass(frozen=True, slots=True)
class Edge:
    """alpha: float32 (h, w), opacity, off the edge the mask itself. behind: float32 (h, w, 3), what lies behind the
    edge. sure: float32 (h, w), 0 to 1, how far that holds; 0 off the edge."""

    alpha: F32
    behind: F32
    sure: F32


def found(image: U8, mask: F32, plate: F32, known: F32, radius: int) -> Edge:
    """image: uint8 (h, w, 3). mask: float32 (h, w), opacity as far as it is known. plate: float32 (h, w, 3), the clean
    face in the image's light; known: (h, w), how sure it is. radius: half the width of the band in which the mask may
    err, pixels."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    thing = cv2.erode((mask > THING).astype(np.float32), kernel)
    face = np.float32(1) - cv2.dilate((mask > FACE).astype(np.float32), kernel)
    reach = (2 * max(2, round(WINDOW * radius)) + 1,) * 2
    frame = image.astype(np.float32)

    def around(which: F32) -> tuple[F32, F32]:
        """The mean colour nearby of what is marked, and how much of it there is."""
        weighted = cv2.merge([*cv2.split(cv2.multiply(frame, cv2.merge([which] * 3))), which])
        mean = np.asarray(cv2.blur(weighted, reach, borderType=cv2.BORDER_REPLICATE), np.float32)
        return mean[..., :3] / (mean[..., 3:] + np.float32(1e-4)), np.minimum(30 * mean[..., 3], np.float32(1))

    front, much = around(np.asarray(thing, np.float32))
    behind, enough = around(np.asarray(face, np.float32))
    told = known > KNOWN
    behind = np.where(told[..., None], plate, behind)
    line = front - behind
    square = np.einsum("hwc,hwc->hw", line, line)
    share = np.clip(np.einsum("hwc,hwc->hw", frame - behind, line) / (square + np.float32(1e-3)), 0, 1)
    sure = much * np.maximum(enough, told) * square / (square + np.float32(3 * APART**2)) * (thing + face == 0)
    alpha = cv2.GaussianBlur((mask + sure * (share - mask)).astype(np.float32), (0, 0), SMOOTH)
    return Edge(np.asarray(alpha, np.float32), np.asarray(behind, np.float32), np.asarray(sure, np.float32))
