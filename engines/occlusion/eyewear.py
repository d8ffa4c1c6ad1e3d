"""The eyewear network: does a person wear spectacles, and where are they. Prepare, run, read around a Session.

It sees the band of the face that spectacles lie in, levelled and of one scale at every pose. Knows nothing of tracks or
time.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engines.mesh.shape import Fit
from engines.occlusion.network import chained, cut, shifted
from engines.protocol import Engine, Session
from engines.values import F32, U8

HEIGHT, WIDTH = 80, 160  # pixels of the band
CM = 10.0  # pixels per centimetre of the canonical face
MIDDLE = np.array([0, -2.4, -1.5], np.float32)  # canonical: where the front of spectacles is, which so stays in place
WEIGHTS = Path(__file__).parents[1] / "weights" / "eyewear.onnx"


def frame_to_band(found: Fit) -> F32:
    """float32 (2, 3): frame pixels to band pixels. found: of a mesh in frame pixels."""
    at = (MIDDLE - found.centre) @ found.rotation / found.scale + found.origin
    # the axis downwards keeps its direction at any yaw, the one across does not
    down = found.rotation[1, :2]
    down = down / (np.linalg.norm(down) + 1e-6)
    m = np.float32(CM * found.scale) * np.array([[down[1], -down[0]], [down[0], down[1]]], np.float32)
    return np.asarray(np.concatenate([m, (_centre() - m @ at[:2])[:, None]], 1), np.float32)


def frame_to_front(found: Fit) -> F32:
    """float32 (2, 3): frame pixels to those of the front of spectacles, a plane, as seen squarely; of the band's size
    and scale. What is rigid lies at one place in it at any pose."""
    at = (MIDDLE - found.centre) @ found.rotation / found.scale + found.origin
    m = np.linalg.inv(found.rotation[:2, :2].T / (found.scale * CM))
    return np.asarray(np.concatenate([m, (_centre() - m @ at[:2])[:, None]], 1), np.float32)


def _centre() -> F32:
    return np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2], np.float32)


@dataclass(frozen=True, slots=True)
class Worn:
    """What the network saw. worn: the logit of spectacles being worn. map: float32 (80, 160), 0 to 1: how much of each
    pixel is rim, bridge, arm or dark lens. matrix: (2, 3), frame pixels to those of the map."""

    worn: float
    map: F32
    matrix: F32

    def squarely(self, found: Fit) -> "Worn":
        """The same in the pixels of the front. found: the pose it was seen at."""
        front = frame_to_front(found)
        m = chained(front, self.matrix)
        out = cv2.warpAffine(self.map, m, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return Worn(self.worn, np.asarray(out, np.float32), front)

    def onto(self, size: tuple[int, int], corner: tuple[int, int] = (0, 0)) -> F32:
        """The map in the frame's pixels from `corner` (x, y) on, float32 (h, w) of `size`, 0 beyond the band."""
        m = shifted(self.matrix, corner)
        flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
        out = cv2.warpAffine(self.map, m, size[::-1], flags=flags, borderMode=cv2.BORDER_CONSTANT)
        return np.asarray(out, np.float32)


def prepare(band: U8) -> F32:
    """The network's input, float32 (1, 3, 80, 160), of uint8 (80, 160, 3) RGB."""
    return np.multiply(band.transpose(2, 0, 1)[None], np.float32(1 / 255), dtype=np.float32)


class EyewearNet:
    """One thread's right to ask the network."""

    def __init__(self, engine: Engine) -> None:
        self._session: Session = engine.session()

    def run(self, image: U8, found: Fit) -> Worn:
        """image: uint8 (h, w, 3) RGB. found: the fit of the mesh in its pixels."""
        matrix = frame_to_band(found)
        out = self._session.run({"band": prepare(cut(image, matrix, (HEIGHT, WIDTH)))})
        seen = np.array(out["map"], np.float32)[0]
        return Worn(float(np.asarray(out["worn"], np.float32)[0]), seen, matrix)

    def close(self) -> None:
        self._session.close()
