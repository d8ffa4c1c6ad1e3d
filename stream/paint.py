"""The stage that paints: one swapper per track, made when the track begins and dropped when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.mesh.shape import pose
from engines.mesh.source import SourceFace
from engines.mesh.swapper import MeshSwapper
from engines.values import F32, Patch
from stream.frame import Done, FaceTrack, Plan, Route

SIDEWAYS = (60.0, 80.0)  # degrees of yaw between which the swap fades out: beyond, the mesh does not hold
FORGET = 3.0  # seconds after which an unseen track's swapper is dropped


@dataclass(slots=True)
class _Hand:
    swapper: MeshSwapper
    source: int
    seconds: float


def hold(mesh: F32) -> float:
    """How well the mesh holds at this pose: 1 up to 60 degrees of yaw, 0 from 80."""
    yaw = abs(pose(mesh).yaw)
    return float(np.clip((SIDEWAYS[1] - yaw) / (SIDEWAYS[1] - SIDEWAYS[0]), 0, 1))


class Painter:
    """Call it with plans in order, on one thread."""

    def __init__(self, sources: Sequence[SourceFace]) -> None:
        self._sources = tuple(sources)
        self._hands: dict[int, _Hand] = {}

    def __call__(self, plan: Plan) -> Done:
        scene = plan.scene
        now = scene.frame.seconds
        if scene.cut:
            self._hands.clear()
        if plan.route is Route.PASS:
            return Done(plan)
        patches = [p for t in scene.tracks if (p := self._paint(t, now)) is not None]
        self._hands = {i: h for i, h in self._hands.items() if abs(now - h.seconds) < FORGET}
        return Done(plan, tuple(patches))

    def _paint(self, track: FaceTrack, now: float) -> Patch | None:
        if track.source is None or track.region is None:
            return None
        hand = self._hands.get(track.id)
        if hand is None or hand.source != track.source:
            hand = self._hands[track.id] = _Hand(MeshSwapper(self._sources[track.source]), track.source, now)
        elapsed, hand.seconds = max(now - hand.seconds, 0.0), now
        fade = track.fade * hold(track.face.mesh)
        return hand.swapper.swap(track.region, track.face.mesh, elapsed, fade) if fade > 0 else None
