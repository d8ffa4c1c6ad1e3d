"""Glass and liquid before a known background: attenuation, refraction, highlights. Arrays of one region.

The model: `I = rho B(x + W) + H`, rho per channel and smooth, W a smooth flow, H >= 0.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.mesh import warp
from engines.values import F32, U8

LOW, HIGH = 0.35, 1.05  # a transmission
EDGE = 9  # pixels of rim (of a 256-pixel face) that are left out: it reflects more than it transmits
WORKING = 144.0  # pixels of face width at which it is solved
BRIGHT = 18.0  # levels above rho B from which light hides what is behind
SPARK = 30.0  # levels above rho B from which light is a highlight, and no face that has changed


@dataclass(frozen=True, slots=True)
class Glass:
    """rho: float32 (h, w, 3). flow: float32 (h, w, 2), pixels, where each pixel's background lies. region: float32
    (h, w)."""

    rho: F32
    flow: F32
    region: F32

    def alpha(self) -> F32:
        """float32 (h, w): how much of the background's light does not arrive."""
        return np.asarray((1 - self.rho.mean(2)) * self.region, np.float32)

    def look(self, image: F32) -> F32:
        """What is seen of an image (h, w, c) in place of each pixel, bent, not darkened."""
        return look(image, self.flow * self.region[..., None])

    def seen(self, plate: F32) -> F32:
        """float32 (h, w, 3): the plate as it looks through the glass, highlights left out."""
        return np.asarray(self.rho * self.look(plate), np.float32)

    def shine(self, left: F32, trust: F32, size: float) -> F32:
        """float32 (h, w, 3): light that the glass adds, of what the plate leaves unexplained, `left` (h, w, 3): a
        reflection is bright in all colours, or smooth. The rest is the plate's: a face that smiles where it did not.

        trust: float32 (h, w), where the plate is known. size: the face's width, pixels.
        """
        white = np.asarray(left.min(2), np.float32)
        spark = (cv2.GaussianBlur(white, (0, 0), 1.2) > SPARK).astype(np.float32)
        spark = np.asarray(np.minimum(2 * cv2.GaussianBlur(spark, (0, 0), 1.5), 1), np.float32)
        calm = np.asarray((1 - spark) * trust * (self.region > 0.7), np.float32)
        sigma = max(1.0, size / 8)
        glare = cv2.GaussianBlur(white * calm, (0, 0), sigma) / (cv2.GaussianBlur(calm, (0, 0), sigma) + 0.05)
        glare = np.asarray(np.maximum(glare, 0), np.float32)[..., None]
        return np.asarray((glare + spark[..., None] * (left - glare)) * self.region[..., None], np.float32)


def transmission(frame: F32, plate: F32, inner: F32, size: float) -> F32:
    """float32 (h, w, 3): per channel `I / B`, its median over `inner` (h, w), and around it a local fit that only
    departs where there is enough to fit."""
    some = inner > 0.5
    if some.sum() < 30:
        return np.ones(frame.shape, np.float32)
    ratio = (frame[some] + 2) / (plate[some] + 2)
    middle = np.clip(np.median(ratio, axis=0), LOW, HIGH).astype(np.float32)
    # a highlight would pass for transmission, a dark edge that refraction moved for attenuation: both get no say
    off = np.abs(frame - plate * middle).max(2)
    weight = inner * np.exp(-((off / 30) ** 2))
    radius = max(2, round(size / 6))
    side = (2 * radius + 1,) * 2

    def box(a: F32) -> F32:
        return np.asarray(cv2.boxFilter(a, -1, side, borderType=cv2.BORDER_CONSTANT), np.float32)

    ridge = 400.0
    over = box(frame * plate * weight[..., None]) + ridge * middle
    under = box(plate**2 * weight[..., None]) + ridge
    return np.asarray(np.clip(over / under, LOW, HIGH), np.float32)


def refraction(frame: F32, plate: F32, rho: F32, inner: F32, size: float) -> F32:
    """float32 (h, w, 2): dense flow from the frame, its attenuation undone, to the plate, smoothed at a fortieth of the
    face and zero where a highlight or the glass's rim hides the background. Source of the flow: DIS, Kroeger et al.
    2016."""
    undone = np.clip(frame / np.maximum(rho, LOW), 0, 255)

    def grey(a: F32) -> U8:
        return np.asarray(cv2.cvtColor(np.clip(a, 0, 255).astype(np.uint8), cv2.COLOR_RGB2GRAY), np.uint8)

    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)  # type: ignore[attr-defined]
    seen = inner[..., None]
    flow = dis.calc(grey(undone * seen + plate * (1 - seen)), grey(plate), None)
    weight = inner * (frame - rho * plate < 2.5 * BRIGHT).all(2)
    sigma = max(1.0, size / 40)
    over = cv2.GaussianBlur(flow * weight[..., None], (0, 0), sigma)
    under = cv2.GaussianBlur(weight.astype(np.float32), (0, 0), sigma)[..., None]
    smooth = over / np.maximum(under, 0.05)
    length = np.linalg.norm(smooth, axis=2, keepdims=True)
    most = 0.12 * size  # a longer one is a mistake
    return np.asarray(smooth * np.minimum(1, most / np.maximum(length, 1e-3)), np.float32)


def look(image: F32, flow: F32) -> F32:
    """The image (h, w, c) seen along a flow (h, w, 2)."""
    h, w = flow.shape[:2]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    x, y = x + flow[..., 0], y + flow[..., 1]
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def solve(frame: F32, plate: F32, region: F32, trust: F32, size: float, before: F32 | None = None) -> Glass:
    """Glass over a face. frame, plate: float32 (h, w, 3), the plate in the frame's light; region: float32 (h, w), where
    the glass is; trust: float32 (h, w), where the plate is known; size: the face's width in pixels; before: the last
    frame's flow, in this frame's pixels."""
    h, w = region.shape
    step = max(1.0, size / WORKING)
    small = (max(8, round(h / step)), max(8, round(w / step)))
    seen, back, where, known = (warp.shrink(a, small) for a in (frame, plate, region, trust))
    scale = np.array([w / small[1], h / small[0]], np.float32)
    width = size / step
    radius = max(1, round(EDGE * width / 256))
    inner = cv2.erode(where, np.ones((2 * radius + 1,) * 2, np.uint8)) * known
    inner = (inner > 0.4).astype(np.float32)
    rho = transmission(seen, back, inner, width)
    flow = warp.enlarge(refraction(seen, back, rho, inner, width), (h, w)) * scale
    if before is not None:
        flow = 0.5 * (flow + before)
    return Glass(warp.enlarge(rho, (h, w)), flow.astype(np.float32), region)
