"""What a clear surface of known depth bends, where flow may have seen it wrong. Arrays of one region."""

from dataclasses import replace

import numpy as np

from engines.occlusion.glass import Glass, look
from engines.refiners.relief import slope
from engines.values import F32

STRENGTHS = tuple(np.linspace(-0.1, 0.1, 21).tolist())  # of the longest displacement, in widths of the face
STEEP = 98.0  # percentile of the slope that counts as its longest
GAIN = 0.97  # share of what flow leaves unexplained that depth has to stay below


def better(g: Glass, frame: F32, plate: F32, depth: F32, trust: F32, size: float) -> Glass:
    """The glass with the displacement that depth speaks for, if frame and plate bear it out more than flow's.

    Thin glass displaces what is behind it along its slope, by one factor for all of it; which, is tried. frame, plate:
    float32 (h, w, 3). depth, trust: float32 (h, w). size: the face's width, pixels.
    """
    some = (g.region * trust) > 0.5
    s = slope(depth, max(1.0, size / 80))
    length = np.linalg.norm(s, axis=2)
    longest = float(np.percentile(length[some], STEEP)) if some.any() else 0.0
    if longest < 1e-5:
        return g
    unit = (s * np.minimum(1, longest / np.maximum(length, 1e-9))[..., None] / longest).astype(np.float32)

    def left(flow: F32) -> float:
        seen = g.rho * look(plate, flow * g.region[..., None])
        return float(np.minimum(np.abs(frame - seen), 40)[some].mean())  # a highlight is explained by neither

    tried = [np.asarray(unit * np.float32(k * size), np.float32) for k in STRENGTHS]
    best = min(tried, key=left)
    return replace(g, flow=best) if left(best) < GAIN * left(g.flow) else g
