"""Own masks: of which tracks the swapping network's own mask is taken, where something opaque is before the face, in
place of the occlusion network's. Remembers for each track how that went; the decision is `engines.nets.ownmask`'s.
"""

from collections.abc import Set as AbstractSet

import cv2
import numpy as np

from engines.mesh.fuse import width
from engines.nets.ownmask import claim, holds
from engines.occlusion.clean_plate import drawn
from engines.values import F32, Patch, Region
from stream.frame import FaceTrack
from stream.perception.occlusion_tracker import onto

PATIENCE = 10  # frames for which a doubted mask is not asked for again
GONE = 100  # scenes without a track after which it is forgotten: it may be hidden for a while
RIM = 0.12  # of the face's width: there a mask fades out anyway, and says nothing


class OwnMasks:
    """Call it with what the network painted of a face as it is, occluder and all."""

    def __init__(self) -> None:
        self._taken: set[int] = set()
        self._doubted: dict[int, int] = {}  # track: frames until its mask is looked at again
        self._last: dict[int, int] = {}  # track: the scene that it was in last
        self._scenes = 0

    def keep(self, ids: AbstractSet[int]) -> None:
        """One more scene, with these tracks in it; forgets who was in none for long."""
        self._scenes += 1
        self._last |= dict.fromkeys(ids, self._scenes)
        self._last = {i: n for i, n in self._last.items() if self._scenes - n < GONE}
        self._taken &= self._last.keys()
        self._doubted = {i: n for i, n in self._doubted.items() if i in self._last}

    def asked(self, track: FaceTrack) -> bool:
        """Whether to look at the track's own mask in this frame: a doubted one costs a second call of the network."""
        left = self._doubted.get(track.id, 0)
        self._doubted[track.id] = max(0, left - 1)
        return left == 0

    def __call__(self, track: FaceTrack, patch: Patch, fade: float) -> bool:
        """Whether the patch's own alpha decides. fade: what that alpha was multiplied by."""
        if track.front is None or track.front.seen is None:
            return True  # there is no other mask
        seen = track.front.seen
        opaque = onto(seen.opaque, seen.matrix, Region(patch.x, patch.y, patch.rgb))
        own = np.clip(patch.alpha / np.float32(max(fade, 1e-3)), 0, 1)
        taken = holds(claim(own, inside(track, patch), opaque), track.id in self._taken)
        (self._taken.add if taken else self._taken.discard)(track.id)
        self._doubted[track.id] = 0 if taken else PATIENCE
        return taken


def inside(track: FaceTrack, patch: Patch) -> F32:
    """float32 (h, w) of the patch: 1 well inside the face."""
    local = (track.face.mesh - np.array([patch.x, patch.y, 0], np.float32)).astype(np.float32)
    h, w = patch.alpha.shape
    rim = max(1, round(RIM * width(local)))
    return np.asarray(cv2.erode(drawn(None, local, (h, w)).mask, np.ones((2 * rim + 1,) * 2, np.uint8)), np.float32)
