"""Finding a light back: ambient part and lamp that explain a picture of a known surface best, by least squares."""

import numpy as np

from engines.relight.light import Illumination, Lamp
from engines.values import F32, Bool

ROUNDS = 8  # of telling which pixels the lamp reaches


def recover(shade: F32, normals: F32, where: Bool) -> Illumination:
    """The light of one lamp behind a shading (h, w), which is picture over albedo. normals: float32 (h, w, 3). where:
    (h, w), the pixels that count. The lamp's strength is 0 where the shading has no direction."""
    n, s = normals[where].astype(np.float64), shade[where].astype(np.float64)
    reached = np.ones(len(n), bool)
    ambient, lamp = float(s.mean()) if len(s) else 0.0, np.zeros(3)
    for _ in range(ROUNDS):
        # what the lamp does not reach shows the ambient part alone
        rows = np.concatenate([n * reached[:, None], np.ones((len(n), 1))], 1)
        solved = np.linalg.lstsq(rows, s, rcond=None)[0]
        lamp, ambient = solved[:3], float(solved[3])
        again = n @ lamp > 0
        if (again == reached).all():
            break
        reached = again
    strength = float(np.linalg.norm(lamp))
    if strength < 1e-9:
        return Illumination(ambient)
    x, y, z = lamp / strength
    azimuth = float(np.degrees(np.arctan2(y, x)) % 360)
    return Illumination(ambient, (Lamp(azimuth, float(np.degrees(np.arcsin(np.clip(z, -1, 1)))), strength),))


def apart(one: F32, other: F32) -> float:
    """The angle between two directions (3,), degrees."""
    cosine = float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-12))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
