"""Refiners: what lays a swapped face beneath the transparent thing before it. One protocol; the built-in one needs
nothing, the generative ones are programs of their own and are used only when they are asked for.
"""

from collections import deque
from collections.abc import Set as AbstractSet
from typing import Protocol

import cv2
import numpy as np

from engines.align import crop
from engines.occlusion.network import frame_to_crop, move
from engines.refiners import controlnet, relief
from engines.refiners.controlnet import ControlNet
from engines.refiners.dkt import Dkt
from engines.values import F32, U8, Patch, Region
from stream.frame import FaceTrack, Pending
from stream.painting.underlay import UnderlayState, under_transparent
from stream.perception.occlusion_tracker import onto

WINDOW = 5  # frames that DKT sees at once: its lengths are 4 k + 1
EVERY = 4  # frames between two questions to it; in between the last depth is kept, in the face's own frame
DKT_SIDE = 384
SOME = 0.02  # share of a crop that has to be seen through something for it to be painted over


class Refiner(Protocol):
    """One thread's. Raises RefinerError where it cannot; the built-in one is then used. What it asks (a program) may be
    shared with others, and is closed by whoever opened it."""

    def __call__(self, pending: Pending, memory: UnderlayState) -> Patch:
        """The face as it is to be laid. memory: this track's, for as long as the track lasts."""
        ...

    def keep(self, ids: AbstractSet[int]) -> None:
        """Forgets all other tracks."""
        ...


class Inverted:
    """The built-in one: inverted compositing, see `engines.occlusion.inverted`."""

    def __call__(self, pending: Pending, memory: UnderlayState) -> Patch:
        return under_transparent(pending.track, pending.patch, memory, before=pending.before)

    def keep(self, ids: AbstractSet[int]) -> None:
        """It has nothing of its own to forget."""


class Deepened:
    """The built-in one, led by DKT's depth of the glass: where what that bends explains the frame better than flow."""

    def __init__(self, dkt: Dkt) -> None:
        self._dkt = dkt
        self._seen: dict[int, deque[U8]] = {}
        self._depth: dict[int, tuple[F32, int]] = {}  # and for how many frames more it will do

    def __call__(self, pending: Pending, memory: UnderlayState) -> Patch:
        track, patch = pending.track, pending.patch
        if track.region is None or track.front is None or track.front.seen is None:
            return under_transparent(track, patch, memory, before=pending.before)
        matrix = frame_to_crop(track.face.mesh, DKT_SIDE)
        window = self._seen.setdefault(track.id, deque(maxlen=WINDOW))
        window.append(square(track.region, matrix, DKT_SIDE))
        depth, left = self._depth.get(track.id, (None, 0))
        if depth is None or left == 0:
            depth, left = self._dkt.depth(np.stack(window))[-1], EVERY
        self._depth[track.id] = depth, left - 1
        depth = onto(depth, matrix, Region(patch.x, patch.y, patch.rgb))
        return under_transparent(track, patch, memory, depth, pending.before)

    def keep(self, ids: AbstractSet[int]) -> None:
        self._seen = {i: w for i, w in self._seen.items() if i in ids}
        self._depth = {i: d for i, d in self._depth.items() if i in ids}


class Repainted:
    """What the built-in one gives, painted over by ControlNet where it is seen through something."""

    def __init__(self, net: ControlNet, side: int = controlnet.SIDE) -> None:
        self._net, self._side = net, side

    def __call__(self, pending: Pending, memory: UnderlayState) -> Patch:
        track = pending.track
        laid = under_transparent(track, pending.patch, memory, before=pending.before)
        mask = self._mask(track)
        if track.region is None or mask is None or float(mask.mean()) < SOME:
            return laid
        matrix = frame_to_crop(track.face.mesh, self._side)
        image = square(pasted(track.region, laid), matrix, self._side)
        new = self._net.repaint(image, mask, relief.of_mesh(move(track.face.mesh, matrix), self._side))
        place = Region(laid.x, laid.y, laid.rgb)
        # what it changed, not what it gave: the crop is coarser than the frame
        change = onto(new.astype(np.float32) - image, matrix, place)
        over = np.clip(laid.alpha, 1e-3, 1)[..., None]
        rgb = np.where(laid.alpha[..., None] > 0, laid.rgb + change / over, laid.rgb)
        return Patch(laid.x, laid.y, np.clip(rgb + 0.5, 0, 255).astype(np.uint8), laid.alpha)

    def _mask(self, track: FaceTrack) -> F32 | None:
        """float32 (side, side): where something transparent is, soft."""
        if track.front is None or track.front.seen is None:
            return None
        seen = track.front.seen
        thin = np.maximum(np.clip(seen.veil / 0.2, 0, 1), seen.glass)
        large = cv2.resize(thin * (seen.opaque < 0.5), (self._side, self._side), interpolation=cv2.INTER_LINEAR)
        return np.where(large > 0.5, np.clip(2 * large - 1, 0, 1), 0).astype(np.float32)

    def keep(self, ids: AbstractSet[int]) -> None:
        """It remembers nobody: the same seed for every frame keeps it steady."""


def square(region: Region, matrix: F32, side: int) -> U8:
    """uint8 (side, side, 3) of a region. matrix: (2, 3), frame pixels to the square's."""
    local = matrix.copy()
    local[:, 2] += matrix[:, :2] @ np.array([region.x, region.y], np.float32)
    return crop(region.rgb, local, side)


def pasted(region: Region, patch: Patch) -> Region:
    """The region with a patch, which lies inside it, laid over it."""
    out = region.rgb.copy()
    h, w = patch.alpha.shape
    x, y = patch.x - region.x, patch.y - region.y
    under = out[y : y + h, x : x + w].astype(np.float32)
    out[y : y + h, x : x + w] = np.rint(under + patch.alpha[..., None] * (patch.rgb - under)).astype(np.uint8)
    return Region(region.x, region.y, out)
