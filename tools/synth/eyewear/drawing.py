"""Spectacles drawn on a picture of a face by its mesh, and what of the picture they hide."""

import cv2
import numpy as np

from engines.mesh import raster
from engines.mesh.shape import fit
from engines.mesh.topology import I32
from engines.values import F32, U8, Bool
from tools.synth.eyewear.shapes import SpectaclesShape
from tools.synth.noise import fractal

DARK = 0.5  # opacity from which a lens hides the eye, and is to stay in front
CLEAR = 0.8  # opacity below which a frame is seen through


class _SpectaclesDrawing:
    """A picture and where the canonical face lies in it."""

    def __init__(self, mesh: F32, size: tuple[int, int], deep: F32 | None) -> None:
        self.fit, self.size, self._deep = fit(mesh), size, deep
        self.cm = 1 / self.fit.scale  # pixels

    def at(self, points: F32) -> F32:
        """Canonical points (n, 3) in pixels and depth, seen from half a metre or more."""
        p = (points - self.fit.centre) @ self.fit.rotation / self.fit.scale + self.fit.origin
        near = 1 - p[:, 2:] / self.cm / 70
        return np.asarray(np.concatenate([self.fit.origin[:2] + (p[:, :2] - self.fit.origin[:2]) * near, p[:, 2:]], 1))

    def fill(self, into: F32, points: F32, value: float = 1.0) -> None:
        cv2.fillPoly(into, [np.round(points[:, :2] * 16).astype(np.int32)], value, cv2.LINE_AA, 4)

    def line(self, into: F32, points: F32, wide: float) -> None:
        """Along points (n, 3), `wide` centimetres; thinner ones than a pixel are paler."""
        pixels = wide * self.cm
        ink = np.zeros_like(into)
        corners = [np.round(points[:, :2] * 16).astype(np.int32)]
        cv2.polylines(ink, corners, False, min(1.0, pixels), max(1, round(pixels)), cv2.LINE_AA, 4)
        np.maximum(into, ink, out=into)

    def hidden(self, points: F32) -> Bool:
        """Whether the face lies before each of these points (n, 3) of `at`."""
        if self._deep is None:
            return np.zeros(len(points), bool)
        h, w = self._deep.shape
        x, y = (np.clip(np.round(points[:, i]).astype(int), 0, n - 1) for i, n in ((0, w), (1, h)))
        return np.asarray(points[:, 2] > self._deep[y, x] + 0.35 * self.cm)


def depth(mesh: F32, index: I32) -> F32:
    """float32 (h, w): how deep the mesh lies at each pixel, infinite beside it. index: `raster.cover` of it."""
    points = raster.with_skirt(mesh)
    z = raster.fields(index, np.ascontiguousarray(points[:, :2]), np.ascontiguousarray(points[:, 2:3]))[..., 0]
    return np.where(index >= raster.FIRST_FACE, z, np.inf).astype(np.float32)


def _lens(s: SpectaclesShape, side: float, grow: float | F32 = 0.0, back: float = 0.0) -> F32:
    """float32 (64, 3): a lens's outline in canonical space, grown by so many centimetres. side: -1 or 1."""
    ahead, behind = np.roll(s.outline, -1, 0), np.roll(s.outline, 1, 0)
    along = ahead - behind
    normal = np.stack([along[:, 1], -along[:, 0]], 1) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-6)
    flat = s.outline + normal * np.reshape(grow, (-1, 1)) + s.centre
    z = s.front + s.wrap * flat[:, 0] ** 2 + s.tilt * (flat[:, 1] - s.centre[1]) + back
    return np.asarray(np.stack([side * flat[:, 0], flat[:, 1], z], 1), np.float32)


def _arm(s: SpectaclesShape, side: float) -> F32:
    """float32 (24, 3): from the hinge back to the ear."""
    outer = s.outline[:, 0].max() + s.thick.max()
    x, y = s.centre[0] + outer - 0.1, s.centre[1] - s.hinge * float(np.ptp(s.outline[:, 1])) / 2
    start = np.array([x, y, s.front + s.wrap * x**2])
    end = np.array([7.5, -3.0 + 0.3 * (y + 3.0), 7.0])
    t = np.linspace(0, s.reach, 24)[:, None]
    out = start + (end - start) * t
    out[:, 0] += (7.3 - min(x, 7.2)) * np.sin(np.pi * np.clip(t[:, 0], 0, 1)) * 0.5  # bowed about the temple
    out[:, 0] *= side
    return np.asarray(out, np.float32)


def _ink(s: SpectaclesShape, easel: _SpectaclesDrawing) -> tuple[F32, F32]:
    """Frame and lenses, each float32 (h, w)."""
    ink, glass, front = (np.zeros(easel.size, np.float32) for _ in range(3))
    for side in (-1.0, 1.0):
        arm = easel.at(_arm(s, side))
        seen = ~easel.hidden(arm)
        for i in np.flatnonzero(seen[:-1] & seen[1:]):
            a, b, tall = arm[i], arm[i + 1], np.array([0, s.arm * easel.cm / 2, 0])
            easel.fill(ink, np.stack([a - tall, b - tall, b + tall, a + tall]))
            easel.line(ink, arm[i : i + 2], min(s.arm, 0.15))
    for side in (-1.0, 1.0):
        inner = easel.at(_lens(s, side))
        if s.thick.max() > 0:
            for back in (s.deep, 0.0):
                ring = np.zeros(easel.size, np.float32)
                easel.fill(ring, easel.at(_lens(s, side, s.thick, back)))
                if back:
                    np.maximum(ink, np.maximum(ring - _filled(easel, easel.at(_lens(s, side, 0.0, back))), 0), out=ink)
                    continue
                ring = np.maximum(ring - _filled(easel, inner), 0)
                slim = s.thick * easel.cm < 1.2  # lost between pixels
                if slim.any():
                    loop = np.concatenate([inner, inner[:1]])
                    for i in np.flatnonzero(slim & (s.thick > 0)):
                        easel.line(ring, loop[i : i + 2], float(s.thick[i]))
                np.maximum(front, ring, out=front)
        easel.fill(glass, inner)
        if s.pads:
            pad = easel.at(np.array([[side * 0.85, s.centre[1] + 0.5, s.front + 0.9]], np.float32))[0]
            size = (max(1, round(0.13 * easel.cm)), max(1, round(0.3 * easel.cm)))
            if not easel.hidden(pad[None])[0]:
                cv2.ellipse(ink, np.round(pad[:2]).astype(int).tolist(), size, 15 * side, 0, 360, 0.7, -1, cv2.LINE_AA)
    _bridge(s, easel, front)
    return np.maximum(ink, front), glass * (1 - front)


def _filled(easel: _SpectaclesDrawing, points: F32) -> F32:
    out = np.zeros(easel.size, np.float32)
    easel.fill(out, points)
    return out


def _bridge(s: SpectaclesShape, easel: _SpectaclesDrawing, into: F32) -> None:
    inner = s.outline[:, 0].argmin()
    x, top = s.centre[0] + s.outline[inner, 0] + 0.05, float(np.ptp(s.outline[:, 1])) / 2
    for rise in (0.25, 0.8)[: 1 + s.double]:
        t = np.linspace(-1, 1, 13)
        y = s.centre[1] - rise * top - s.arch * (1 - t**2)
        out = np.stack([x * t, y, np.full(13, s.front - 0.1)], 1)
        easel.line(into, easel.at(np.asarray(out, np.float32)), s.bar)


def _surface(s: SpectaclesShape, size: tuple[int, int], ink: F32, rng: np.random.Generator) -> F32:
    """float32 (h, w, 3): the frame's colour at each pixel."""
    out = np.empty((*size, 3), np.float32)
    out[:] = s.colour
    if s.mottled is not None:
        spots = np.clip((fractal(*size, rng, 3, 4) - 0.45) * 6, 0, 1)[..., None]
        out += (s.mottled - out) * spots
    shine = fractal(*size, rng, 2, 3) - 0.5
    out *= (1 + (0.3 + 1.5 * s.metal) * shine)[..., None]
    # light from above catches upper edges
    above = np.clip(ink - np.roll(ink, 1, 0), 0, 1) * rng.uniform(0, 0.7 + 0.3 * s.metal) * (rng.random() < 0.6)
    out += (rng.uniform(180, 255) - out) * above[..., None]
    return np.asarray(np.clip(out, 0, 255), np.float32)


def _glint(size: tuple[int, int], glass: F32, rng: np.random.Generator) -> tuple[F32, F32]:
    """Opacity (h, w) and colour (3,) of what the lenses mirror: windows, lamps, screens."""
    shine = np.zeros(size, np.float32)
    ys, xs = np.nonzero(glass > 0.5)
    if len(xs) == 0 or rng.random() < 0.4:
        return shine, np.zeros(3, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        i, wide = int(rng.integers(len(xs))), float(np.ptp(xs)) * rng.uniform(0.02, 0.16)
        box = ((float(xs[i]), float(ys[i])), (wide, wide * rng.uniform(0.4, 3)), rng.uniform(-40, 40))
        if rng.random() < 0.5:
            cv2.fillPoly(shine, [np.round(cv2.boxPoints(box)).astype(np.int32)], float(rng.uniform(0.1, 0.9)))
        else:
            cv2.ellipse(shine, box, float(rng.uniform(0.1, 0.9)), -1)
    if rng.random() < 0.3:
        shine = np.maximum(shine, (fractal(*size, rng, 2, 2) > 0.6).astype(np.float32) * rng.uniform(0.05, 0.4))
    shine = cv2.GaussianBlur(shine, (0, 0), rng.uniform(0.5, 4)) * glass
    coating = rng.uniform(60, 255, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(190, 255))
    return np.asarray(shine, np.float32), np.asarray(coating, np.float32)


def put_on(
    image: F32 | U8, mesh: F32, s: SpectaclesShape, rng: np.random.Generator, glint: np.random.Generator,
    deep: F32 | None = None,
) -> tuple[F32, F32]:  # fmt: skip
    """The picture with spectacles, float32 (h, w, 3), and what of it they hide, float32 (h, w): frame and dark lenses.

    mesh: (468, 3), the picture's pixels. rng: of their surface; glint: of what may differ between two looks. deep:
    `depth` of the mesh, which hides what lies behind it; None: nothing does.
    """
    size = (image.shape[0], image.shape[1])
    easel = _SpectaclesDrawing(mesh, size, deep)
    ink, glass = _ink(s, easel)
    out = np.asarray(image, np.float32)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    if abs(s.power) > 0.005:  # the eye behind the lens is smaller, or larger
        dx, dy = np.zeros(size, np.float32), np.zeros(size, np.float32)
        for side in (-1.0, 1.0):
            middle = easel.at(_lens(s, side)).mean(0)
            here = _filled(easel, easel.at(_lens(s, side)))
            dx += here * (x - middle[0]) * s.power
            dy += here * (y - middle[1]) * s.power
        out = np.asarray(cv2.remap(out, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
    if s.shadow:
        drop = np.array([[1, 0, rng.normal(0, 0.15) * easel.cm], [0, 1, rng.uniform(0.1, 0.6) * easel.cm]], np.float32)
        soft = cv2.GaussianBlur(cv2.warpAffine(ink, drop, size[::-1]), (0, 0), rng.uniform(0.06, 0.25) * easel.cm)
        out = out * (1 - s.shadow * soft)[..., None]
    dark = np.full(size, s.dark, np.float32)
    if s.graded:
        lower = easel.at(np.array([[0, s.centre[1], s.front]], np.float32))[0, 1]
        dark *= np.clip(1 - (y - lower) / (3 * easel.cm), 0.2, 1)
    out = out + (s.tint - out) * (dark * glass)[..., None]
    faint = rng.uniform(0, 0.5) * (cv2.dilate(glass, np.ones((3, 3), np.uint8)) - glass) * (s.thick.max() == 0)
    out = out + (rng.uniform(60, 255) - out) * faint[..., None]  # the edge of a lens without a rim
    shine, coating = _glint(size, glass, glint)
    out = out + (coating - out) * shine[..., None]
    surface, solid = _surface(s, size, ink, rng), ink * s.solid
    if s.solid < CLEAR:  # its edges gather light or lose it, its middle shows the skin
        edge = np.abs(ink - cv2.GaussianBlur(ink, (0, 0), 0.06 * easel.cm)) * ink * 2
        surface = surface * (1 + rng.uniform(-0.6, 0.5) * np.clip(edge, 0, 1))[..., None]
        solid = np.clip(solid + 0.6 * edge, 0, ink)
    out = out + (surface - out) * solid[..., None]
    hides = np.maximum(ink, glass * np.clip((dark - DARK) * 20 + 0.5, 0, 1))
    return np.asarray(np.clip(out, 0, 255), np.float32), np.asarray(hides, np.float32)
