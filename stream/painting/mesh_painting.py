"""MeshPainting: faces painted by the mesh swapper, one swapper for each track, made when the track begins."""

from dataclasses import dataclass, field

from engines.mesh.field.lightfield import LightField
from engines.mesh.field.lightnet import LightNet
from engines.mesh.source import SourceFace
from engines.mesh.spectacles import Spectacles
from engines.mesh.swapper import MeshSwapper
from engines.occlusion.eyewear import EyewearNet
from stream.frame import FaceTrack, Plan, Route
from stream.painting.face_painting import FaceLayer, opacity
from stream.painting.occluders import face_only, gathered
from stream.painting.underlay import UnderlayState, completed
from stream.pipeline.control import Control

FORGET = 3.0  # seconds after which an unseen track's swapper is dropped


@dataclass(slots=True)
class _TrackSwapper:
    swapper: MeshSwapper
    source: SourceFace
    seconds: float
    underlay: UnderlayState = field(default_factory=UnderlayState)


class MeshPainting:
    """A `FacePainting`. eyewear: finds the spectacles of painted faces, which then stay in front. light: finishes the
    light on them; None: as the classical steps leave it. Both are closed with it."""

    def __init__(self, eyewear: EyewearNet | None = None, light: LightNet | None = None) -> None:
        self._eyewear, self._light = eyewear, light
        self._swappers: dict[int, _TrackSwapper] = {}

    def __call__(self, plan: Plan) -> list[FaceLayer]:
        scene, now = plan.scene, plan.scene.frame.seconds
        layers = [
            self._paint(track, route, scene.control, now)
            for track, route in zip(scene.tracks, plan.routes, strict=True)
        ]
        self._swappers = {i: s for i, s in self._swappers.items() if abs(now - s.seconds) < FORGET}
        return layers

    def forget(self) -> None:
        self._swappers.clear()

    def close(self) -> None:
        for net in (self._eyewear, self._light):
            if net is not None:
                net.close()

    def _paint(self, track: FaceTrack, route: Route, control: Control, now: float) -> FaceLayer:
        if track.source is None or track.region is None:
            return FaceLayer(route)
        kept = self._kept(track, control.sources.faces[track.source], now)
        elapsed, kept.seconds = max(now - kept.seconds, 0.0), now
        fade = opacity(track) * control.strength
        if fade <= 0:
            return FaceLayer(route)
        occluder = None if route is Route.FAST else gathered(track, face_only(track))
        view = completed(occluder, kept.underlay) if occluder else track.region
        return FaceLayer(route, kept.swapper.swap(view, track.face.mesh, elapsed, fade), occluder)

    def _kept(self, track: FaceTrack, source: SourceFace, now: float) -> _TrackSwapper:
        """The track's swapper; a new one where it has none, or has that of another source."""
        kept = self._swappers.get(track.id)
        if kept is None or kept.source is not source:
            worn = Spectacles(self._eyewear) if self._eyewear else None
            field = LightField(self._light) if self._light else None
            kept = self._swappers[track.id] = _TrackSwapper(MeshSwapper(source, worn, field), source, now)
        return kept
