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
    h, w = mask.shape
    step = max(1, radius // 2)  # the colours nearby are means: every so many pixels tell them as well
    few, coarse, near = image[::step, ::step], mask[::step, ::step], radius // step
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * near + 1,) * 2)
    thing = np.asarray(cv2.erode(np.asarray(coarse > THING, np.uint8), kernel), np.uint8)
    face = 1 - np.asarray(cv2.dilate(np.asarray(coarse > FACE, np.uint8), kernel), np.uint8)
    rows, columns = (thing | face).shape
    between = cv2.resize(thing | face, (columns * step, rows * step), interpolation=cv2.INTER_NEAREST)[:h, :w] == 0
    band = np.flatnonzero(between)
    at = band // w // step * columns + band % w // step
    reach = (2 * max(2, round(WINDOW * near)) + 1,) * 2

    def around(which: U8) -> tuple[F32, F32]:
        """The mean colour near each pixel of the band of what is marked (0 or 1), and how much of it there is."""
        weighted = cv2.boxFilter(cv2.merge([*cv2.split(cv2.copyTo(few, which)), which]), cv2.CV_32F, reach)
        some = np.asarray(weighted, np.float32).reshape(-1, 4).take(at, 0)
        return some[:, :3] / (some[:, 3:] + np.float32(1e-4)), np.minimum(30 * some[:, 3:], np.float32(1))

    front, much = around(thing)
    back, enough = around(face)
    told = known.take(band)[:, None] > KNOWN
    back = np.where(told, plate.reshape(-1, 3).take(band, 0), back)
    line, here, old = front - back, image.reshape(-1, 3).take(band, 0) - back, mask.take(band)[:, None]
    square = np.einsum("ij,ij->i", line, line)[:, None]
    share = np.clip(np.einsum("ij,ij->i", here, line)[:, None] / (square + np.float32(1e-3)), 0, 1)
    trust = much * np.maximum(enough, told) * square / (square + np.float32(3 * APART**2))
    alpha, behind, sure = mask.copy(), np.zeros_like(plate), np.zeros_like(mask)
    alpha.reshape(-1, 1)[band] = old + trust * (share - old)
    behind.reshape(-1, 3)[band], sure.reshape(-1, 1)[band] = back, trust
    return Edge(np.asarray(cv2.GaussianBlur(alpha, (0, 0), SMOOTH), np.float32), behind, sure)
