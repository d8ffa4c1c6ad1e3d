"""Observing: the faces of one frame, each measured, cut out and described, with its vector of identity and of looks.

One thread's stage. What a face means for a person's set is decided in `calib.identity`.
"""

from dataclasses import dataclass

import numpy as np

from calib.identity.buckets import Signs
from calib.identity.gates import FaceMeasures
from calib.identity.tracks import nearness
from calib.identity.vectors import IdVector, VisVector
from calib.thresholds import load as load_thresholds
from engines.backends.choose import open_engine
from engines.lids import NAME as LIDS
from engines.lids import Lids
from engines.mesh.appearance import NAME, body_appearance, face_appearance
from engines.nets.embedder import IdentityNet
from engines.nets.net import Net
from engines.nets.opened import RunOptions, open_net
from engines.nets.person import face_embedding
from engines.nets.vision import DINO, SIGLIP, Vision
from engines.occlusion.network import WEIGHTS
from engines.occlusion.opened import open_occlusion
from engines.store.catalog import Template
from engines.store.store import Store
from engines.values import F32, U8, Box, Rect
from stream.consent.embedder import FaceEmbedder
from stream.frame import FaceTrack, Frame
from stream.identity.crops import SteadyBox, body_crop, face_crop
from stream.identity.measuring import local, measured
from stream.identity.sighting import FaceSighting
from stream.perception.occlusion_tracker import OcclusionTracker


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no plain equality
class Observation:
    """A face of a frame. track: of this frame's tracks; numbers are new after a restart. area: share of the picture.
    centre: nearness to its middle. face_box: of the mesh, pixels. crop_box: what `picture`, uint8 (h, w, 3) RGB, shows
    of the frame; None once it is on the disk."""

    frame: int
    seconds: float
    track: int
    measures: FaceMeasures
    signs: Signs
    centre: float
    face_box: Box
    crop_box: Rect
    id: IdVector
    face: VisVector
    body: VisVector | None
    picture: U8 | None


class FaceObserver:
    """embedder: of identities. store: where networks of looks may lie; without them looks are `appearance-v1`."""

    def __init__(self, embedder: FaceEmbedder, store: Store) -> None:
        self._embedder, self._template = embedder, store.catalog.template("arcface_128")
        self._net = Net(embedder.model, embedder.engine)
        self._who = IdentityNet(self._net)
        occlusion = OcclusionTracker(open_occlusion(), load_thresholds(), always=True) if WEIGHTS.is_file() else None
        self._sighting = FaceSighting(embedder.finder.networks, occlusion)
        self._lids = Lids(open_engine(store.path(LIDS))) if store.holds(LIDS) else None
        self._dino, self._siglip = (_vision(store, name) for name in (DINO, SIGLIP))
        self._boxes: dict[int, SteadyBox] = {}

    @property
    def looks(self) -> str:
        """What describes looks, by name and version."""
        return self._dino.version if self._dino is not None else NAME

    def restart(self) -> None:
        """The next frame is the first of a piece of its own: nothing of those before is remembered."""
        self._sighting.restart()
        self._boxes.clear()

    def close(self) -> None:
        self._sighting.close()
        if self._lids is not None:
            self._lids.close()
        for net in (self._net, *(one.net for one in (self._dino, self._siglip) if one is not None)):
            net.close()

    def __call__(self, frame: Frame) -> list[Observation]:
        """Every face that is seen, in the order of the tracks."""
        return [self._observed(frame, track) for track in self._sighting(frame) if track.region is not None]

    def _observed(self, frame: Frame, track: FaceTrack) -> Observation:
        picture, region = frame.picture, track.region
        assert region is not None
        seen = measured(track, region, picture.width, picture.height, self._template, self._lids)
        box = self._steady(track, frame.seconds)
        rect = face_crop(box, picture.width, picture.height)
        rgb = picture.rgb(rect)
        raw = face_embedding(region, track.face.mesh, self._who, self._embedder.template)
        face = self._dino.embed([rgb])[0] if self._dino else self._described(track, region.rgb, self._template)
        body = body_crop(box, picture.width, picture.height)
        return Observation(
            frame=frame.index,
            seconds=frame.seconds,
            track=track.id,
            measures=seen.measures,
            signs=seen.signs,
            centre=nearness(*track.box.centre, picture.width, picture.height),
            face_box=track.box,
            crop_box=rect,
            id=IdVector(self._who.metric.prepared(raw), self._embedder.digest, self._who.metric),
            face=VisVector(face, self.looks),
            body=self._body(picture.rgb(body)) if body is not None else None,
            picture=rgb,
        )

    def _described(self, track: FaceTrack, rgb: U8, template: Template) -> F32:
        assert track.region is not None
        return face_appearance(rgb, local(track.face.mesh, track.region), template)

    def _body(self, rgb: U8) -> VisVector:
        if self._siglip is not None:
            return VisVector(self._siglip.embed([rgb])[0], self._siglip.version)
        return VisVector(np.asarray(body_appearance(rgb), np.float32), NAME)

    def _steady(self, track: FaceTrack, seconds: float) -> Box:
        steady = self._boxes.get(track.id)
        if steady is None:
            self._boxes[track.id] = SteadyBox(track.box, seconds)
            return track.box
        return steady.follow(track.box, seconds)


def _vision(store: Store, name: str) -> Vision | None:
    return Vision(open_net(store, name, RunOptions(precision="f32"))) if store.holds(name) else None
