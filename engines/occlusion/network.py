"""The occlusion network: what lies in front of a face, and where. Prepare, run, read around a Session.

It sees the face's crop, the clean plate (the same face without anything before it) rendered at the current pose, and
the mesh's mask. Without a plate it still works, with less certainty. Knows nothing of tracks, routes or time.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engines.landmarks import coarseness, shrunk
from engines.mesh.topology import OVAL
from engines.protocol import Engine, Session
from engines.values import F32, U8

SIDE = 128
MARGIN = 1.35  # crop side over the face's longer side
NONE, OPAQUE, TRANSPARENT = 0, 1, 2
CLASSES = ("none", "opaque", "transparent")
WEIGHTS = Path(__file__).parents[1] / "weights" / "occlusion.onnx"

_RIGHT, _LEFT = 33, 263


def frame_to_crop(mesh: F32, side: int = SIDE, margin: float = MARGIN) -> F32:
    """float32 (2, 3): frame pixels to the pixels of a square crop with level eyes. mesh: (468, >=2) frame pixels."""
    p = mesh[:, :2]
    across = p[_LEFT] - p[_RIGHT]
    angle = float(np.arctan2(across[1], across[0]))
    c, s = np.cos(angle), np.sin(angle)
    level = p[OVAL] @ np.array([[c, -s], [s, c]], np.float32)
    low, high = level.min(0), level.max(0)
    k = side / (float((high - low).max()) * margin + 1e-6)
    m = k * np.array([[c, s], [-s, c]])
    shift = (side - 1) / 2 - k * (low + high) / 2
    return np.concatenate([m, shift[:, None]], 1).astype(np.float32)


def move(points: F32, matrix: F32) -> F32:
    """Points (n, >=2) through a (2, 3) matrix; a third column (depth) is scaled along."""
    out = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    if points.shape[1] > 2:
        out = np.concatenate([out, points[:, 2:] * np.hypot(matrix[0, 0], matrix[1, 0])], 1)
    return np.asarray(out, np.float32)


@dataclass(frozen=True, slots=True)
class Occlusion:
    """What the network saw. logits: float32 (3,), none, opaque, transparent. The maps are float32 (128, 128), 0 to 1,
    in crop pixels: opaque: probability that something opaque covers the pixel; veil: alpha of smoke or steam; glass:
    probability that it is seen through something clear. matrix: (2, 3), frame pixels to crop pixels."""

    logits: F32
    opaque: F32
    veil: F32
    glass: F32
    matrix: F32

    def probabilities(self, temperature: float = 1.0) -> F32:
        """float32 (3,) that sum to 1."""
        z = self.logits / temperature
        e = np.exp(z - z.max())
        return np.asarray(e / e.sum(), np.float32)


def prepare(crop: U8, plate: F32 | U8 | None, mask: F32) -> F32:
    """The network's input, float32 (1, 7, 128, 128).

    crop: uint8 (128, 128, 3) RGB. plate: the clean face in the crop's pixels, (128, 128, 3) RGB 0 to 255, zero where
    it is not known; None before there is one. mask: float32 (128, 128), 1 on the mesh.
    """
    out = np.zeros((1, 7, SIDE, SIDE), np.float32)
    np.multiply(crop.transpose(2, 0, 1), np.float32(1 / 255), out=out[0, :3])
    if plate is not None:
        np.multiply(plate.transpose(2, 0, 1), mask / np.float32(255), out=out[0, 3:6])
    out[0, 6] = mask
    return out


def cut(image: U8, matrix: F32, size: tuple[int, int] = (SIDE, SIDE)) -> U8:
    """The crop, uint8 (h, w, 3) of size h, w, of an image that `matrix` refers to."""
    halvings = (coarseness(float(np.hypot(matrix[0, 0], matrix[1, 0]))) - 1).bit_length()
    times = 1 << halvings
    if times > 1:  # no need to make smaller what lies beside the crop
        corners = np.array([[0, 0], [size[1], 0], [0, size[0]], size[::-1]], np.float32)
        at = move(corners, np.asarray(cv2.invertAffineTransform(matrix), np.float32))
        h, w = image.shape[:2]
        x0, y0 = (int(np.clip(v - 2 * times, 0, n - 1)) for v, n in zip(at.min(0), (w, h), strict=True))
        x1, y1 = (int(v) + 3 * times for v in at.max(0))
        image, matrix = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)], shifted(matrix, (x0, y0))
    image, centre = halved(image, halvings), times / 2 - 0.5
    matrix = matrix @ np.array([[times, 0, centre], [0, times, centre], [0, 0, 1]], np.float32)
    out = cv2.warpAffine(image, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.uint8)


def halved(image: U8, often: int) -> U8:
    """The image halved and halved again: OpenCV takes five times as long to make it smaller by four at once."""
    for _ in range(often):
        image = shrunk(image, 2)
    return image


def shifted(matrix: F32, corner: tuple[int, int]) -> F32:
    """A matrix (2, 3) of a picture's pixels as one of those of a part of it that begins at `corner`."""
    out = matrix.copy()
    out[:, 2] += matrix[:, :2] @ np.array(corner, np.float32)
    return out


def chained(matrix: F32, other: F32) -> F32:
    """Both (2, 3), from the same pixels: (2, 3) from those that `other` leads to, to those that `matrix` does."""
    back = np.asarray(cv2.invertAffineTransform(other), np.float32)
    out = matrix[:, :2] @ back
    out[:, 2] += matrix[:, 2]
    return np.asarray(out, np.float32)


def read(outputs: dict[str, F32], matrix: F32) -> Occlusion:
    """The network's outputs `logits` (1, 3) and `maps` (1, 3, 128, 128) as an Occlusion."""
    maps = np.asarray(outputs["maps"], np.float32)[0]
    return Occlusion(np.asarray(outputs["logits"], np.float32)[0], maps[0], maps[1], maps[2], matrix)


class OcclusionNet:
    """One thread's right to ask the network."""

    def __init__(self, engine: Engine) -> None:
        self._session: Session = engine.session()

    def run(self, crop: U8, plate: F32 | U8 | None, mask: F32, matrix: F32) -> Occlusion:
        """See `prepare` and `read`."""
        feed = prepare(crop, plate, mask)
        out = self._session.run({"face": feed})
        return read({k: np.asarray(v, np.float32) for k, v in out.items()}, matrix)

    def close(self) -> None:
        self._session.close()
