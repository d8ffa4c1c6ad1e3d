"""Underlay: the new face beneath what lies before it. From a swapped face and what is seen in front, one patch.

Knows regions, plates and mattes; the lanes call it, it knows none of them.
"""

from dataclasses import dataclass, replace

import numpy as np

from engines import deocclude, glass, inverted, matting, plate, veil
from engines.mesh import warp
from engines.mesh.fuse import width
from engines.occlusion import Occlusion
from engines.refiners import bend
from engines.values import F32, Patch, Region
from stream.frame import FaceTrack
from stream.watch import blocking, onto

STEEP = 4.0  # the patch covers its rim in full from a quarter of the mask on: its pixels are composed already
FAINT = 0.1  # a mask is nothing below it, and whole as near to 1
SOME = 0.02  # share of the face that is enough to be worth solving for


@dataclass(slots=True)
class Memory:
    """What the last frame's solution leaves for the next of the same track."""

    airlight: F32 | None = None
    flow: F32 | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """One face's frame, plate and maps in the pixels of a region whose corner is x, y. All float32: frame, plate (h, w,
    3), 0 to 255; known, opaque, veil, glass (h, w). wide: the face's width."""

    x: int
    y: int
    frame: F32
    plate: F32
    known: F32
    opaque: F32
    veil: F32
    glass: F32
    wide: float

    def part(self, patch: Patch) -> "Before":
        """The pixels of a patch that lies within the region."""
        h, w = patch.alpha.shape
        x, y = patch.x - self.x, patch.y - self.y
        cut = np.s_[y : y + h, x : x + w]
        frame, lit, known = self.frame[cut], self.plate[cut], self.known[cut]
        opaque, thin, clear = self.opaque[cut], self.veil[cut], self.glass[cut]
        return Before(patch.x, patch.y, frame, lit, known, opaque, thin, clear, self.wide)


def gathered(track: FaceTrack, region: Region | None = None) -> Before | None:
    """What is known of what lies before a face; None where nothing is. region: a part of the track's own; None: all of
    it."""
    front, whole = track.front, region or track.region
    if whole is None or front is None or front.seen is None:
        return None
    frame = whole.rgb.astype(np.float32)
    local = track.face.mesh - np.array([whole.x, whole.y, 0], np.float32)
    wide = width(local)
    drawn = plate.drawn(front.plate, local, (frame.shape[0], frame.shape[1]))
    maps: Occlusion = front.seen
    opaque, thin, clear = (onto(m, maps.matrix, whole) for m in (maps.opaque, maps.veil, maps.glass))
    lit = plate.relit(drawn, frame, np.maximum(opaque, np.maximum(thin, clear)), 0.25 * wide)
    return Before(whole.x, whole.y, frame, lit, drawn.known, opaque, thin, clear, wide)


def face_only(track: FaceTrack) -> Region | None:
    """The part of a track's region that a mesh swap may touch."""
    region = track.region
    if region is None:
        return None
    local = track.face.mesh - np.array([region.x, region.y, 0], np.float32)
    x0, y0, x1, y1 = warp.face_rect(local, width(local), region.rgb.shape[:2])
    return Region(region.x + x0, region.y + y0, region.rgb[y0:y1, x0:x1])


def _beneath(track: FaceTrack, patch: Patch) -> Region | None:
    """The part of a track's region that a patch covers."""
    region = track.region
    if region is None:
        return None
    h, w = patch.alpha.shape
    x, y = patch.x - region.x, patch.y - region.y
    return Region(patch.x, patch.y, region.rgb[y : y + h, x : x + w])


def completed(b: Before, memory: Memory | None = None) -> Region:
    """The region as it would look with nothing before the face, for the swap to take light, eyes and mouth from: a veil
    is seen through, the rest is filled from the plate. memory: of the painter, not the refinement lane's."""
    frame = b.frame
    if float((b.veil > 0.1).mean()) > SOME:
        found = veil.solve(frame, b.plate, b.veil, b.known, b.wide, memory.airlight if memory else None)
        if memory:
            memory.airlight = found.airlight
        frame = np.asarray(np.clip(found.behind(frame) + 0.5, 0, 255), np.float32)
    hidden = blocking(b.opaque, b.veil, b.glass)
    return Region(b.x, b.y, deocclude.completed(frame, b.plate, b.known, hidden, b.wide))


def under_opaque(b: Before, swapped: Patch) -> Patch:
    """The swap beneath something opaque: cut along its soft edge. b: of its region. What the network takes for glass in
    such a frame stays as it is, too: the network wavers between the two, and a thing half painted over is worse than
    the old face behind a pane."""
    b = b.part(swapped)
    b = replace(b, opaque=np.maximum(b.opaque, b.glass))
    alpha = _alpha(b)
    result = inverted.opaque(b.frame, swapped.rgb.astype(np.float32), b.plate, b.known, alpha, swapped.alpha)
    return _patch(b, swapped, result, alpha)


def under_transparent(track: FaceTrack, swapped: Patch, memory: Memory, depth: F32 | None = None) -> Patch:
    """The swap beneath smoke, steam, glass or liquid, which is laid back over it; what is opaque beside it is cut.

    depth: float32 (h, w) of the patch, of the glass's surface, from where that is known: what it bends is then tried
    as well as what flow says.
    """
    b = gathered(track, _beneath(track, swapped))
    if b is None:
        return swapped
    new, mask = swapped.rgb.astype(np.float32), swapped.alpha
    veiled, glassy = float((b.veil > 0.1).mean()), float((b.glass > 0.5).mean())
    if max(veiled, glassy) < SOME:
        return under_opaque(b, swapped)
    if _is_glass(b, veiled, glassy):
        before = memory.flow if memory.flow is not None and memory.flow.shape[:2] == mask.shape else None
        g = glass.solve(b.frame, b.plate, b.glass, b.known, b.wide, before)
        if depth is not None:
            g = bend.better(g, b.frame, b.plate, depth, b.known, b.wide)
        memory.flow = g.flow
        result = inverted.refracted(b.frame, new, b.plate, g.rho, g.flow, b.glass, mask, b.known)
    else:
        v = veil.solve(b.frame, b.plate, b.veil, b.known, b.wide, memory.airlight)
        memory.airlight = v.airlight
        result = veil.composed(b.frame, new, v, mask)
    alpha = _alpha(b)[..., None]
    return _patch(b, swapped, np.asarray(result + alpha * (b.frame - result), np.float32), np.zeros_like(mask))


def _is_glass(b: Before, veiled: float, glassy: float) -> bool:
    """By the larger area where one clearly leads, else by what each model leaves unexplained."""
    if glassy > 2 * veiled:
        return True
    if veiled > 2 * glassy:
        return False
    region = np.maximum(b.veil, b.glass)
    return matting.kind(b.frame, b.plate, region, b.veil, b.known, b.wide) is matting.Kind.GLASS


def _alpha(b: Before) -> F32:
    """The opaque mask, sharpened by what differs from the plate."""
    if float((b.opaque > 0.3).mean()) < 1e-3:
        return np.zeros_like(b.opaque)
    change = matting.changed(b.frame, b.plate, b.known, b.wide)
    found = matting.sharpened(b.opaque, change, b.known, b.wide)
    # a faint doubt is no edge: where there is one, the plate stands in for the frame, and a glance aside turns white
    return np.asarray(np.clip((found - FAINT) / (1 - 2 * FAINT), 0, 1), np.float32)


def _patch(b: Before, swapped: Patch, result: F32, cut: F32) -> Patch:
    """A patch whose pixels are `result` wherever the mask reaches; nothing where the cut hides all of the new face."""
    alpha = np.minimum(swapped.alpha * np.float32(STEEP), 1)
    rgb = b.frame + (result - b.frame) / np.maximum(alpha, 1e-3)[..., None]
    alpha = np.where(cut > 0.995, 0, alpha).astype(np.float32)
    return Patch(swapped.x, swapped.y, np.clip(rgb + 0.5, 0, 255).astype(np.uint8), alpha)
