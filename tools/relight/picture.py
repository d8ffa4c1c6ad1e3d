"""One picture through the stages: the person's matte, albedo, new light, and back onto the ground. Pure; some rows at a
time, so that a large picture takes little more memory than its own pixels."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.relight import albedo as without
from engines.relight import light, normals
from engines.relight.albedo import AlbedoMethod, KnownLight
from engines.relight.coarse import Rows, read, work_size
from engines.relight.explained import explained
from engines.relight.linear import luminance, to_linear, to_srgb
from engines.relight.matte import Matte, foreground, matte
from engines.values import F32, U8
from tools.relight.lighting import Lighting
from tools.relight.patterns import bent
from tools.relight.settings import Ground, RelightSettings

STRIP = 256  # rows at a time
FRINGE = 1 / 48  # of the longer side: how far person and ground mix, where the ground is another


@dataclass(frozen=True, slots=True)
class RelightSubject:
    """A picture with what is known of it before any light is drawn. rgb: uint8 (h, w, 3). small: the same at the size
    to work at. alpha: uint8 (h, w). weight: float32 of the work's size, 1 where certainly the person. normals: float32
    of the work's size, unit vectors. sure: float32 of the work's size, 1 on faces."""

    rgb: U8
    small: U8
    matte: Matte
    alpha: U8
    weight: F32
    normals: F32
    sure: F32

    @property
    def coverage(self) -> float:
        """The person's share of the picture."""
        return float(self.alpha.mean() / 255)


@dataclass(frozen=True, slots=True)
class Relit:
    """albedo, degraded, composite: uint8 (h, w, 3), sRGB; the first two 0 off the person. method: of the albedo."""

    albedo: U8
    degraded: U8
    composite: U8
    method: AlbedoMethod


def work_copy(rgb: U8, longest: int) -> U8:
    """uint8: the picture at the size at which masks and normals are worked out."""
    height, width = work_size(rgb.shape[0], rgb.shape[1], longest)
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def subject(rgb: U8, small: U8, mask: F32, meshes: list[F32], known_normals: F32 | None = None) -> RelightSubject:
    """rgb: uint8 (h, w, 3). small: by `work_copy`. mask: float32, the person, of small's size. meshes: (468, 3) each,
    in pixels of `small`. known_normals: in the place of those by the meshes."""
    found = matte(small, mask)
    whole = Rows.all(*rgb.shape[:2])
    alpha = np.concatenate([found.alpha(rgb[r.start : r.stop], r) for r in whole.parts(STRIP)])
    here = found.alpha(small, Rows.all(*small.shape[:2]))
    seen, sure = normals.of_faces(meshes, *small.shape[:2])
    facing = known_normals
    if facing is None:
        facing = normals.carried_on(seen, sure, here * np.float32(1 / 255))
    return RelightSubject(rgb, small, found, alpha, (here > 240).astype(np.float32), facing, sure)


def relight(seen: RelightSubject, lighting: Lighting, settings: RelightSettings) -> Relit:
    """The subject in a new light."""
    method, known = _albedo(seen, lighting, settings)
    shade, mirrored = shades(seen, lighting)
    height, width = seen.alpha.shape
    out = [np.empty((height, width, 3), np.uint8) for _ in range(3)]
    for rows in Rows.all(height, width).parts(STRIP):
        part = slice(rows.start, rows.stop)
        colours, ground = _layers(seen, rows, settings)
        surface = without.albedo(colours, known, lighting.original, rows)
        glint = read(mirrored, rows) if mirrored is not None else None
        new = light.lit(surface, read(shade, rows), glint)
        alpha = seen.alpha[part]
        on, share = alpha[..., None] > 0, alpha[..., None] * np.float32(1 / 255)
        out[0][part] = np.where(on, to_srgb(surface), 0)
        out[1][part] = np.where(on, to_srgb(new), 0)
        own = settings.recombination.background is Ground.ORIGINAL
        under = seen.rgb[part] if own else to_srgb(ground)
        # the very bytes where the person is not
        out[2][part] = np.where(on, to_srgb(ground + (new - ground) * share), under)
    return Relit(out[0], out[1], out[2], method)


def shades(seen: RelightSubject, lighting: Lighting) -> tuple[F32, F32 | None]:
    """Of the work's size: what falls on the surface, and what it mirrors (None: nothing)."""
    size = seen.normals.shape[:2]
    blocked = None
    if lighting.pattern is not None:
        thrown = bent(lighting.pattern.blocked(*size), seen.normals)
        blocked = [thrown] * len(lighting.light.lamps)
    shade = light.shading(seen.normals, lighting.light, blocked)
    if lighting.gloss is None:
        return shade, None
    return shade, light.specular(seen.normals, lighting.light, lighting.gloss, blocked)


def _albedo(seen: RelightSubject, lighting: Lighting, settings: RelightSettings) -> tuple[AlbedoMethod, KnownLight]:
    """The first of the settings' methods that does not blow out too much of the person, or the last one."""
    wanted = settings.albedo
    scale = max(seen.small.shape) / wanted.reference
    sigmas = [max(1.0, s * scale) for s in wanted.scales]
    before, whole = to_linear(seen.small), Rows.all(*seen.small.shape[:2])
    even = np.zeros(seen.weight.shape, np.float32)
    if wanted.lambert:
        even = explained(luminance(before), seen.normals, seen.sure, seen.weight)
    for method in wanted.methods:
        known: KnownLight
        if method is AlbedoMethod.RETINEX:
            known = without.retinex(before, seen.weight, even, sigmas, wanted.alike)
        else:
            known = without.lab(before, seen.weight, even, sorted(sigmas)[len(sigmas) // 2])
        surface = without.albedo(before, known, lighting.original, whole)
        if without.blown(surface, before, seen.weight) <= wanted.blown:
            break
    return method, known


def _layers(seen: RelightSubject, rows: Rows, settings: RelightSettings) -> tuple[F32, F32]:
    """Some rows' colours of the person, and of the ground, both (n, width, 3), linear."""
    part = slice(rows.start, rows.stop)
    own = to_linear(seen.rgb[part])
    if settings.recombination.background is Ground.ORIGINAL:
        # seams keep the picture's own mix of both: the person's share of it is what gets the new light
        return own, own
    grey = np.full((1, 1, 3), round(settings.recombination.grey * 255), np.uint8)
    ground = np.broadcast_to(to_linear(grey), own.shape)
    radius = max(2, round(max(seen.alpha.shape) * FRINGE))
    low, high = max(0, rows.start - radius), min(rows.height, rows.stop + radius)
    alpha = seen.alpha[low:high] * np.float32(1 / 255)
    inner = foreground(to_linear(seen.rgb[low:high]), alpha, radius)
    return inner[rows.start - low : rows.stop - low], np.asarray(ground, np.float32)
