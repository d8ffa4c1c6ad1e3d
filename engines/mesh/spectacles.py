"""The target's own spectacles: whether one person wears any, and where they are in each frame, so that they stay in
front of the new face. One instance per track, called in order.

The network is asked seldom while none are worn; while some are, whenever the head has turned: seen from another side
they lie elsewhere before the face. In between its map stays where it is on the head.
"""

import math

import cv2
import numpy as np

from engines.mesh.shape import Fit, smoothstep
from engines.occlusion.eyewear import EyewearNet, Worn, frame_to_front
from engines.values import F32, U8

FIRST = 0.1, 0.2, 0.4  # seconds until the second question and the next
EVERY = 1.0  # seconds between questions while none are worn
UNSURE = 2.0  # belief nearer to 0 than this is asked about more often, every
SOON = 0.2  # seconds
WORN_EVERY = 0.15  # seconds between questions while some are worn and the head keeps still
TURNED = 0.07  # radians by which it must turn to be asked about sooner, yet not within
LEAST = 0.09  # seconds
ON, OFF = 0.8, -1.0  # belief, a logit, from which they are worn, and from which no longer
MOST = 5.0  # of one answer's weight
LEARNED = 0.12, 0.5, 1.0  # least and greatest share of an answer in the belief, and the seconds that would be all of it
STEADY = 0.35  # seconds over which maps are averaged
FAR = 0.5  # radians of turning after which none of the old map is kept: what is no plane lies elsewhere
OWN = 3.0  # seconds over which the shape of this person's is learned
AROUND = 1.0  # blur of that shape, pixels: the front is no perfect plane, and a mesh is a little off
USUAL, HELP = -2.1, 2.5  # the odds of any place before that shape is known, and by how much it may raise them
FAINT = 0.15, 0.75  # probability from which a pixel is shown, and from which in full
SPECK, PIECE = 40, 0.07  # pixels, and share of all that is worn, below which a piece by itself is none
APPEAR = 0.25  # seconds in which they come or go


class Spectacles:
    """Call it for each frame of a track."""

    def __init__(self, net: EyewearNet) -> None:
        self._net = net
        self._asked, self._now, self._times = -1e9, 0.0, 0
        self._belief, self._level, self._on = 0.0, 0.0, False
        self._map: F32 | None = None  # of late, as the answers say
        self._own: F32 | None = None  # of old: the shape of this person's
        self._shown: F32 | None = None
        self._from: F32 | None = None

    def __call__(self, image: U8, found: Fit, elapsed: float) -> Worn | None:
        """What of the image eyewear hides; None where none is worn.

        image: uint8 (h, w, 3) RGB. found: the fit of the mesh in its pixels. elapsed: seconds since the last frame.
        """
        self._now += elapsed
        if self._due(found):
            self._ask(image, found)
        step = elapsed / APPEAR
        self._level = min(self._level + step, 1.0) if self._on else max(self._level - step, 0.0)
        if self._level <= 0 or self._shown is None:
            return None
        shown = self._shown * np.float32(self._level) if self._level < 1 else self._shown
        return Worn(self._belief, shown, frame_to_front(found))

    def _due(self, found: Fit) -> bool:
        """Whether to ask the network."""
        waited = self._now - self._asked
        if self._times == 0:
            return True
        if self._on:
            return waited >= WORN_EVERY or (waited >= LEAST and _apart(found.rotation, self._from) > TURNED)
        if abs(self._belief) < UNSURE:
            return waited >= SOON
        return waited >= (FIRST[self._times - 1] if self._times <= len(FIRST) else EVERY)

    def _ask(self, image: U8, found: Fit) -> None:
        seen = self._net.run(image, found).squarely(found)
        answer = float(np.clip(seen.worn, -MOST, MOST))
        least, most, whole = LEARNED
        waited = self._now - self._asked
        share = 1.0 if self._times == 0 else min(max(waited / whole, least), most)
        self._belief += share * (answer - self._belief)
        if self._times == 0:
            self._level = float(self._belief > ON)  # from the first frame on, with nothing to fade in from
        self._on = self._belief > (OFF if self._on else ON)
        new = 1 - math.exp(-waited / STEADY) + _apart(found.rotation, self._from) / FAR
        self._map = _mixed(self._map, seen.map, new)
        about = np.asarray(cv2.GaussianBlur(seen.map, (0, 0), AROUND), np.float32)
        self._own = _mixed(self._own, about, 1 - math.exp(-waited / OWN))
        if self._on:
            # each a probability; what this person's spectacles never covered is none of theirs, what they mostly do is
            odds = _odds(self._map) + np.minimum(_odds(self._own) - USUAL, HELP)
            self._shown = opacity(np.asarray(1 / (1 + np.exp(-odds)), np.float32))
        self._asked, self._from, self._times = self._now, found.rotation, self._times + 1


def opacity(p: F32) -> F32:
    """A map of probabilities as opacity: what is likely in full, what is unlikely or a speck by itself not at all."""
    out = smoothstep((p - FAINT[0]) / (FAINT[1] - FAINT[0]))
    count, parts, told, _ = cv2.connectedComponentsWithStats((out > 0.2).astype(np.uint8))
    areas = told[:, cv2.CC_STAT_AREA]
    small = areas < max(SPECK, PIECE * float(areas[1:].sum()))
    if count > 1 and small.any():
        out[small[parts] & (parts > 0)] = 0
    return out


def _mixed(old: F32 | None, new: F32, share: float) -> F32:
    return new if old is None or share >= 1 else np.asarray(old + np.float32(share) * (new - old), np.float32)


def _odds(p: F32) -> F32:
    p = np.clip(p, 0.02, 0.98)
    return np.asarray(np.log(p / (1 - p)), np.float32)


def _apart(a: F32, b: F32 | None) -> float:
    """About the angle between two rotations (3, 3), radians."""
    return float(np.linalg.norm(a - b)) / 2**0.5 if b is not None else 0.0
