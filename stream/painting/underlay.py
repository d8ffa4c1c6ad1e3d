"""Underlay: the new face beneath what lies before it. From a swapped face and what is before it, one patch.

What is before a face is solved at a working size, see `gather`; at the frame's own size nothing is done but to mix. The
lanes call it, it knows none of them.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from engines.mesh import holes, warp
from engines.occlusion import deocclude, edge, glass, inverted, matting, veil
from engines.refiners import bend
from engines.values import F32, Patch, Region
from stream.frame import FaceTrack
from stream.painting.occluder import Occluder
from stream.painting.occluders import beneath, gathered
from stream.perception.occlusion_tracker import blocking

FAINT = 0.1  # a mask is nothing below it, and whole as near to 1
SOME = 0.02  # share of the face that is enough to be worth solving for
BAND = 1.5  # working pixels by which a mask's edge may be off
ASIDE = 4  # working pixels beside a mask in which the face is looked at


@dataclass(slots=True)
class UnderlayState:
    """What the last frame's solution leaves for the next of the same track. flow: in working pixels."""

    airlight: F32 | None = None
    flow: F32 | None = None


def completed(b: Occluder, memory: UnderlayState | None = None) -> Region:
    """The region as it would look with nothing before the face, for the swap to take light, eyes and mouth from: a veil
    is seen through, the rest is filled from the plate. memory: of the painter, not the refinement lane's."""
    rgb = b.region.rgb
    if float((b.veil > 0.1).mean()) > SOME:
        found = veil.solve(b.frame, b.plate, b.veil, b.known, b.wide, memory.airlight if memory else None)
        if memory:
            memory.airlight = found.airlight
        rgb = found.lifted(rgb, b.spread(found.alpha))
    over = deocclude.filling(blocking(b.opaque, b.veil, b.glass), b.known, b.wide)
    found_at = b.touched(over, b.region)
    if found_at is None:
        return replace(b.region, rgb=rgb)
    here, _ = found_at
    out = rgb.copy()
    out[here] = inverted.mixed(rgb[here], b.spread(b.plate)[here], b.spread(over)[here])
    return replace(b.region, rgb=out)


def under_opaque(b: Occluder, swapped: Patch) -> Patch:
    """The swap beneath something opaque: cut along its soft edge. b: of a region that holds it. What the network takes
    for glass in such a frame stays as it is, too: the network wavers between the two, and a thing half painted over is
    worse than the old face behind a pane."""
    return _cut_out(b, swapped, _alpha(replace(b, opaque=np.maximum(b.opaque, b.glass))))


def under_transparent(
    track: FaceTrack, swapped: Patch, memory: UnderlayState, depth: F32 | None = None, before: Occluder | None = None
) -> Patch:
    """The swap beneath smoke, steam, glass or liquid, which is laid back over it; what is opaque beside it is cut.

    depth: float32 (h, w) of the patch, of the glass's surface, from where that is known: what it bends is then tried
    as well as what flow says. before: what the painter gathered, None where it did not.
    """
    if before is None or not before.covers(swapped):
        before = gathered(track, beneath(track, swapped))
    b = before
    if b is None:
        return swapped
    veiled, glassy = float((b.veil > 0.1).mean()), float((b.glass > 0.5).mean())
    if max(veiled, glassy) < SOME:
        return under_opaque(b, swapped)
    if _is_glass(b, veiled, glassy):
        out = _under_glass(b, track.face.mesh, swapped, memory, depth)
    else:
        v = veil.solve(b.frame, b.plate, b.veil, b.known, b.wide, memory.airlight)
        memory.airlight = v.airlight
        out = replace(swapped, rgb=v.over(swapped.rgb, b.spread(v.alpha)))
    return _cut_out(b, out, _alpha(b))


def _under_glass(b: Occluder, mesh: F32, swapped: Patch, memory: UnderlayState, depth: F32 | None) -> Patch:
    size = (b.known.shape[0], b.known.shape[1])
    before = memory.flow if memory.flow is not None and memory.flow.shape[:2] == size else None
    g = glass.solve(b.frame, b.plate, b.glass, b.known, b.wide, before)
    if depth is not None:
        g = bend.better(g, b.frame, b.plate, warp.shrink(depth, size), b.known, b.wide)
    memory.flow = g.flow
    new, mask = warp.shrink(swapped.rgb, size), warp.shrink(swapped.alpha, size)
    # the new face has eyes and mouth from the plate; as they are now, they are seen through the glass alone
    own = g.look(holes.covered(b.locate(mesh), size))
    change, rim = inverted.seen_through(b.frame, new, b.plate, g, mask, b.known, own, b.wide)
    rgb, alpha = inverted.laid(b.region.rgb, swapped.rgb, swapped.alpha, b.spread(change), b.spread(rim))
    return replace(swapped, rgb=rgb, alpha=alpha)


def _is_glass(b: Occluder, veiled: float, glassy: float) -> bool:
    """By the larger area where one clearly leads, else by what each model leaves unexplained."""
    if glassy > 2 * veiled:
        return True
    if veiled > 2 * glassy:
        return False
    region = np.maximum(b.veil, b.glass)
    return matting.kind(b.frame, b.plate, region, b.veil, b.known, b.wide) is matting.TransparentKind.GLASS


def _alpha(b: Occluder) -> F32:
    """The opaque mask, sharpened by what differs from the plate."""
    if float((b.opaque > 0.3).mean()) < 1e-3:
        return np.zeros_like(b.opaque)
    change = matting.changed(b.frame, b.plate, b.known, b.wide)
    found = matting.sharpened(b.opaque, change, b.known, b.wide)
    # a faint doubt is no edge: where there is one, the plate stands in for the frame, and a glance aside turns white
    return np.asarray(np.clip((found - FAINT) / (1 - 2 * FAINT), 0, 1), np.float32)


def _cut_out(b: Occluder, patch: Patch, mask: F32) -> Patch:
    """The patch but for what an opaque mask, (h, w) of the working size, hides; nothing where next to nothing would be
    left of it."""
    at = b.touched(np.asarray(cv2.dilate(mask, np.ones((2 * ASIDE + 1,) * 2, np.uint8)), np.float32), patch)
    if at is None:
        return patch
    here, there = at
    image = b.region.rgb[there]
    radius = max(1, round(BAND * b.region.rgb.shape[1] / mask.shape[1]))
    opaque, plate, known = (b.spread(f)[there] for f in (mask, b.plate, b.known))
    e = edge.found(image, opaque, plate, known, radius)
    rgb, alpha = patch.rgb.copy(), patch.alpha.copy()
    rgb[here] = inverted.beside(image, rgb[here], e.behind, e.sure)
    alpha[here] = cv2.multiply(alpha[here], cv2.threshold(1 - e.alpha, 0.005, 0, cv2.THRESH_TOZERO)[1])
    return replace(patch, rgb=rgb, alpha=alpha)
