"""The light field of one track: what the light network said of late, smoothed in time. One instance per track, called
in order.

Light changes slowly: the network is asked three times a second, sooner where the head turned or the light changed,
and what it says comes in gradually, frame by frame.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from engines.mesh.field import lightnet
from engines.mesh.field.lightnet import LitFace
from engines.values import F32

EVERY = 0.3  # seconds between questions
LEAST = 0.08  # seconds between two in a turning head or changing light
TURNED = 0.12  # radians of turning after which it is asked sooner
CHANGED = 0.12  # change of the target's mean brightness, as a share, after which it is asked sooner
SMOOTH = 0.2  # seconds over which the field follows what was said


class GainNet(Protocol):
    """What tells the gains of a painted face."""

    def run(self, face: LitFace) -> F32:
        """See `LightNet.run`."""
        ...


@dataclass(slots=True)
class LightField:
    """Call it for each frame of a track."""

    net: GainNet
    _said: F32 | None = None
    _shown: F32 | None = None
    _waited: float = 0.0
    _from: F32 | None = None
    _bright: float = 0.0

    def __call__(self, face: LitFace, elapsed: float) -> F32:
        """The gains, float32 (h, w, 3), of each pixel of the face's region. elapsed: seconds since the last frame."""
        self._waited += elapsed
        bright = sum(cv2.mean(face.target)[:3]) / 3
        if self._said is None or self._due(face.rotation, bright):
            self._said, self._waited, self._from, self._bright = self.net.run(face), 0.0, face.rotation, bright
        if self._shown is None:
            self._shown = self._said
        else:
            share = np.float32(1 - math.exp(-elapsed / SMOOTH))
            self._shown = np.asarray(self._shown + share * (self._said - self._shown), np.float32)
        return laid(self._shown, face)

    def _due(self, rotation: F32, bright: float) -> bool:
        if self._waited < LEAST or self._from is None:
            return False
        turned = float(np.linalg.norm(rotation - self._from)) / 2**0.5 > TURNED
        changed = abs(bright - self._bright) > CHANGED * (self._bright + 8)
        return self._waited >= EVERY or turned or changed


def laid(field: F32, face: LitFace) -> F32:
    """A field of logarithms over a face's crop, float32 (32, 32, 3), as gains of its region's pixels (h, w, 3)."""
    matrix = lightnet.matrix_of(face.mesh)
    k = lightnet.CELLS / lightnet.SIDE
    matrix = np.asarray(matrix * np.float32(k), np.float32)
    matrix[:, 2] += np.float32(0.5 * k - 0.5)
    h, w = face.target.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(cv2.exp(field), matrix, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.float32)
