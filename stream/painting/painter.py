"""The stage that paints: one swapper per track, made when the track begins and dropped when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from engines.mesh.shape import pose
from engines.mesh.source import SourceFace
from engines.mesh.spectacles import Spectacles
from engines.mesh.swapper import MeshSwapper
from engines.nets.pasted import Asked, Together
from engines.occlusion.eyewear import EyewearNet
from engines.values import F32, Patch
from stream.frame import Done, FaceTrack, Pending, Plan, Route
from stream.painting.occluder import Occluder
from stream.painting.occluders import face_only, gathered
from stream.painting.own_masks import OwnMasks
from stream.painting.underlay import UnderlayState, completed, under_opaque
from stream.route import ORDER, Routing, track_route

SIDEWAYS = (60.0, 80.0)  # degrees of yaw between which the swap fades out: beyond, the mesh does not hold
RIGHT_CHEEK, LEFT_CHEEK = 234, 454  # points of the mesh, mirror images of each other
FORGET = 3.0  # seconds after which an unseen track's swapper is dropped


@dataclass(slots=True)
class _Hand:
    swapper: MeshSwapper
    source: int
    seconds: float
    memory: UnderlayState = field(default_factory=UnderlayState)


def hold(mesh: F32) -> float:
    """How well the mesh holds at this pose: 1 up to 60 degrees of yaw, 0 from 80."""
    x, y, z = np.abs(mesh[LEFT_CHEEK] - mesh[RIGHT_CHEEK]).tolist()
    if z < 0.6 * x and y < 0.5 * x:  # far from it, whichever way the head is held: no need to fit a pose
        return 1.0
    yaw = abs(pose(mesh).yaw)
    return float(np.clip((SIDEWAYS[1] - yaw) / (SIDEWAYS[1] - SIDEWAYS[0]), 0, 1))


Laid = tuple[Patch | None, Occluder | None]
"""A face painted as if nothing were before it, and what is."""


def _fade(track: FaceTrack) -> float:
    return track.fade * hold(track.face.mesh)


class Painter:
    """Call it with plans in order, on one thread.

    defer: faces behind something transparent are left pending for the refinement lane. Without it they are cut out like
    opaque things, at once: for live, which never waits. together: a swapping network, which takes all faces of a frame
    in one call; it then paints, and not the mesh swapper with `sources`. own: its masks are its own (dual head): where
    something opaque is before a face, such a mask is taken in place of the occlusion network's while it can be trusted.
    eyewear: finds the spectacles of mesh-swapped faces, which then stay in front.
    """

    def __init__(
        self,
        sources: Sequence[SourceFace],
        routing: Routing = Routing.AUTO,
        *,
        defer: bool = False,
        together: Together | None = None,
        own: bool = False,
        eyewear: EyewearNet | None = None,
    ) -> None:
        self._eyewear = eyewear
        self._own = OwnMasks() if own else None
        self._sources, self._routing, self._defer, self._together = tuple(sources), routing, defer, together
        self._hands: dict[int, _Hand] = {}

    def __call__(self, plan: Plan) -> Done:
        scene = plan.scene
        now = scene.frame.seconds
        if scene.cut:
            self._hands.clear()
        if plan.route is Route.PASS:
            return Done(plan)
        patches: list[Patch] = []
        pending: list[Pending] = []
        routes = [min(track_route(track, self._routing), plan.route, key=ORDER.index) for track in scene.tracks]
        if self._own is not None:
            routes, laid = self._paint_by_own_masks(self._own, scene.tracks, routes)
        else:
            laid = self._paint_together(scene.tracks, routes) if self._together else self._paint_each(plan, routes)
        for track, route, (patch, before) in zip(scene.tracks, routes, laid, strict=True):
            if patch is None:
                continue
            if route is Route.REFINE and self._defer:
                pending.append(Pending(track, patch, before))
            else:
                patches.append(under_opaque(before, patch) if before else patch)
        self._hands = {i: h for i, h in self._hands.items() if abs(now - h.seconds) < FORGET}
        return Done(plan, tuple(patches), tuple(pending))

    def _paint_each(self, plan: Plan, routes: Sequence[Route]) -> list[Laid]:
        now = plan.scene.frame.seconds
        return [self._paint(track, route, now) for track, route in zip(plan.scene.tracks, routes, strict=True)]

    def _paint_together(self, tracks: Sequence[FaceTrack], routes: Sequence[Route]) -> list[Laid]:
        """As `_paint`, for all faces at once."""
        assert self._together is not None
        befores = [None if r is Route.FAST else gathered(t) for t, r in zip(tracks, routes, strict=True)]
        asked: dict[int, Asked] = {}
        for i, (track, before) in enumerate(zip(tracks, befores, strict=True)):
            view, fade = completed(before) if before else track.region, _fade(track)
            if track.source is not None and view is not None and fade > 0:
                asked[i] = Asked(view, track.face.mesh, track.source, fade)
        laid = dict(zip(asked, self._together(list(asked.values())), strict=True))
        return [(laid.get(i), before) for i, before in enumerate(befores)]

    def _paint_by_own_masks(
        self, own: OwnMasks, tracks: Sequence[FaceTrack], routes: Sequence[Route]
    ) -> tuple[list[Route], list[Laid]]:
        """As `_paint_together`: faces behind something opaque as they are, cut by their own masks, which leaves nothing
        to be done (FAST); where such a mask is doubted, once more as if nothing were there."""
        own.keep({track.id for track in tracks})
        bare = [Route.FAST if r is Route.XSEG and own.asked(t) else r for t, r in zip(tracks, routes, strict=True)]
        laid = self._paint_together(tracks, bare)
        doubted = []
        for i, (track, (patch, _)) in enumerate(zip(tracks, laid, strict=True)):
            if bare[i] is not routes[i] and patch is not None and not own(track, patch, _fade(track)):
                doubted.append(i)
        again = self._paint_together([tracks[i] for i in doubted], [routes[i] for i in doubted])
        for i, one in zip(doubted, again, strict=True):
            bare[i], laid[i] = routes[i], one
        return bare, laid

    def _paint(self, track: FaceTrack, route: Route, now: float) -> Laid:
        """The swapped face as if nothing were before it, and what is known of that."""
        if track.source is None or track.region is None:
            return None, None
        hand = self._hands.get(track.id)
        if hand is None or hand.source != track.source:
            worn = Spectacles(self._eyewear) if self._eyewear else None
            hand = self._hands[track.id] = _Hand(MeshSwapper(self._sources[track.source], worn), track.source, now)
        elapsed, hand.seconds = max(now - hand.seconds, 0.0), now
        fade = _fade(track)
        if fade <= 0:
            return None, None
        before = None if route is Route.FAST else gathered(track, face_only(track))
        view = completed(before, hand.memory) if before else track.region
        return hand.swapper.swap(view, track.face.mesh, elapsed, fade), before
