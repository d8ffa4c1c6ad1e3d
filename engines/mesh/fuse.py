"""Steadier mesh points without lag: FaceMesh's measurement fused with optical flow.

FaceMesh trembles from frame to frame but does not drift; flow drifts but does not tremble. The flow's low-frequency
disagreement with the measurement is taken over, and forgotten slowly, faster where the two differ much.
"""

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from engines.landmarks import shrunk
from engines.mesh.topology import CANONICAL, I32, OVAL, modes
from engines.values import F32, U8

FACE = 160.0  # pixels of face width that flow sees
VIEW = 240  # side of the square that flow sees
WINDOW = 13
FORGET = 0.04  # share of the measurement taken over per frame where both agree
PULL = 0.05  # face widths of disagreement at which the measurement is taken over in full
LEVELS = 1  # halvings of the view that flow begins with; FaceMesh's guess is within a few pixels
PLACES = 156  # mesh points that flow follows; the deformations need no more
MODES = 80
RIDGE = 0.02


def width(points: F32) -> float:
    """Face width in pixels that does not shrink when the head turns: the oval's diagonal over 1.7."""
    x, y = points[:, 0].take(OVAL), points[:, 1].take(OVAL)
    return math.hypot(float(x.max() - x.min()), float(y.max() - y.min())) / 1.7


@dataclass(frozen=True, slots=True)
class FlowView:
    """A grey square for flow. grey: uint8 (VIEW, VIEW). A picture point p lies at `(p - origin) * scale` in it."""

    grey: U8
    origin: F32
    scale: float

    def locate(self, points: F32) -> F32:
        return np.ascontiguousarray((points[:, :2] - self.origin) * self.scale, np.float32)

    def lift(self, local: F32) -> F32:
        return (local / self.scale + self.origin).astype(np.float32)


def view(image: U8, corner: tuple[int, int], points: F32, scale: float | None) -> FlowView:
    """The square around a face. image: uint8 (h, w) grey or (h, w, 3) RGB, a region of the picture whose corner is
    given. scale: the last view's, kept while the face's size stays within a fifth, so that flow compares like with
    like."""
    wanted = FACE / width(points)
    if scale is None or abs(np.log(wanted / scale)) > 0.2:
        scale = wanted
    centre = (points[:, :2].min(0) + points[:, :2].max(0)) / 2
    origin = np.round(centre - VIEW / 2 / scale).astype(np.float32)
    times = max(1, int(1 / scale))
    k = scale * times
    # of the image only what the square shows; where it lies beside the image altogether the whole
    side = int(np.ceil(VIEW / scale)) + 2 * times
    x, y = (max(0, int(origin[i]) - corner[i] - times) for i in (0, 1))
    part = image[y : y + side, x : x + side] if x < image.shape[1] and y < image.shape[0] else image
    x, y = (x, y) if part is not image else (0, 0)
    grey = np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8) if part.ndim == 3 else part
    shift = (np.array([corner[0] + x, corner[1] + y], np.float32) + (times / 2 - 0.5) - origin) * scale
    m = np.array([[k, 0, shift[0]], [0, k, shift[1]]], np.float32)
    out = cv2.warpAffine(shrunk(grey, times), m, (VIEW, VIEW), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return FlowView(np.asarray(out, np.uint8), origin, scale)


@cache
def places() -> I32:
    """int32 (PLACES,): mesh points spread evenly over the face, each the farthest from those before it."""
    chosen = [1]
    near = np.linalg.norm(CANONICAL - CANONICAL[1], axis=1)
    while len(chosen) < PLACES:
        chosen.append(int(near.argmax()))
        near = np.minimum(near, np.linalg.norm(CANONICAL - CANONICAL[chosen[-1]], axis=1))
    return np.array(sorted(chosen), np.int32)


def smooth(residual: F32, weight: F32, among: I32 | None = None) -> F32:
    """The residual (n, 2) of the mesh points `among` (n,), None for all, seen through the mesh's smoothest
    deformations: (468, 2), weighted least squares. weight: (n,)."""
    values, vectors = modes(MODES)
    known = vectors if among is None else vectors.take(among, 0)
    left = (known * weight[:, None]).T
    gram = left @ known
    stiff = np.float32(max(float(weight.sum()) / 10, 1e-3))
    gram.ravel()[:: MODES + 1] += stiff * (np.float32(RIDGE) * values + np.float32(1e-6))
    return np.asarray(vectors @ np.linalg.solve(gram, left @ residual), np.float32)


def flow(before: FlowView, now: FlowView, points: F32, guess: F32) -> tuple[F32, F32]:
    """Where Lucas-Kanade sees the points (n, 2) of `before` in `now`, picture pixels, and its trust (n,), 0 to 1."""
    start, end = before.locate(points), now.locate(guess)
    grey = before.grey
    if before.scale != now.scale:
        k = now.scale / before.scale
        grey = np.asarray(cv2.warpAffine(grey, np.array([[k, 0, 0], [0, k, 0]], np.float32), (VIEW, VIEW)), np.uint8)
        start = start * np.float32(k)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03)
    found, status, error = cv2.calcOpticalFlowPyrLK(
        grey, now.grey, start, end.copy(), winSize=(WINDOW, WINDOW), maxLevel=LEVELS, criteria=criteria,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )  # fmt: skip
    good = (status.ravel() > 0) & np.isfinite(found).all(1) & np.isfinite(error.ravel())
    error = np.where(good, error.ravel(), 0)  # of points that were lost it holds anything
    trust = np.where(good, 1 / (1 + error / 6) ** 2, 0)
    seen = np.where(good[:, None], now.lift(np.asarray(found, np.float32)), guess)
    return seen.astype(np.float32), trust.astype(np.float32)


def forgetting(seconds: float) -> float:
    """FORGET for frames so far apart."""
    return float(1 - (1 - FORGET) ** (min(max(seconds, 0.0), 0.5) * 30))


def fuse(
    previous: F32, measured: F32, before: FlowView, now: FlowView, forget: float = FORGET, shown: F32 | None = None
) -> F32:
    """The steadied points (468, 3) of this frame. previous: last frame's steadied points; measured: FaceMesh's now.
    shown: float32 (468,), 1 where a point is the face's own and not something before it; None for all."""
    w = width(measured)
    some = places()
    seen, trust = flow(before, now, previous[some, :2], measured[some, :2])
    residual = seen - measured[some, :2]
    far = np.hypot(residual[:, 0], residual[:, 1])
    trust = np.where(far > 0.08 * w, 0, trust).astype(np.float32)
    if shown is not None:
        trust = trust * shown[some]
    if trust.sum() < PLACES / 23:
        return measured
    pull = smooth(residual, trust, some)
    gain = np.clip(np.float32(forget) + np.hypot(pull[:, 0], pull[:, 1]) / np.float32(PULL * w), 0, 1)
    middle = np.partition(gain, len(gain) // 2)[len(gain) // 2]  # the median; numpy's own takes ten times as long
    gain = np.maximum(gain, middle)[:, None].astype(np.float32)
    out = measured.copy()
    out[:, :2] += (1 - gain) * pull
    out[:, 2] += (1 - np.float32(forget * 3)) * np.clip(previous[:, 2] - measured[:, 2], -0.02 * w, 0.02 * w)
    return out
