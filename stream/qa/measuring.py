"""Measuring: one wanted face of one frame of a finished swap, beside the original where that is at hand, as figures.

One thread's stage. Remembers the last two looks of each face, for what is told by their difference.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from calib.qa.figures import Beside, FaceFigures, Motion
from engines.align import crop, five_points, template_points, to_template
from engines.landmarks import Landmarks, Roi, roi_from_mesh
from engines.mesh.expression import expression
from engines.nets.embedder import IdentityNet
from engines.nets.net import Net
from engines.store.catalog import Template
from engines.values import F32, U8, Rect, Region
from stream.consent.embedder import FaceEmbedder
from stream.frame import FaceTrack, Frame, LostTrack
from stream.perception.face_finding import Perception
from stream.perception.tracker import mesh_box
from stream.qa.comparing import around, compared

SIDE = 64  # of the levelled face on which brightness and motion are measured
REACH = 0.65  # of the landmark network's crop, that is read to each side of its middle
_SKIN = slice(12, 52)  # of the levelled face: without hair and wall


@dataclass(slots=True)
class _Last:
    """A face's last two levelled looks, the newest last."""

    swap: deque[tuple[int, F32]] = field(default_factory=lambda: deque(maxlen=2))
    original: deque[tuple[int, F32]] = field(default_factory=lambda: deque(maxlen=2))


class FaceMeasuring:
    """embedder: None leaves identities out. people: float32 (k,) each, the sources' embeddings as the embedder's metric
    prepares them. template: by which faces are levelled."""

    def __init__(
        self,
        models: Perception,
        template: Template,
        embedder: FaceEmbedder | None = None,
        people: Sequence[F32] = (),
    ) -> None:
        self._landmarks, self._template = Landmarks(models.landmarks), template
        self._embedder, self._people = embedder, tuple(people)
        self._net = Net(embedder.model, embedder.engine) if embedder is not None else None
        self._who = IdentityNet(self._net) if self._net is not None else None
        self._last: dict[int, _Last] = {}

    def restart(self) -> None:
        """The next frame does not follow the last one."""
        self._last.clear()

    def close(self) -> None:
        self._landmarks.close()
        if self._net is not None:
            self._net.close()

    def __call__(self, swap: Frame, track: FaceTrack, original: Frame | None = None) -> FaceFigures:
        """track: of the original where there is one, else of the swap."""
        roi = roi_from_mesh(track.face.mesh)
        here = _region(swap, roi)
        last = self._last.setdefault(track.id, _Last())
        if original is None:
            mesh, confidence = track.face.mesh, track.face.score
        else:
            mesh, confidence = self._landmarks.run(here.rgb, roi, (here.x, here.y))
        level = self._levelled(here, track.face.mesh)
        figures = FaceFigures(
            frame=swap.index,
            seconds=swap.seconds,
            track=track.id,
            box=mesh_box(track.face.mesh),
            confidence=confidence,
            level=float(np.median(level[_SKIN, _SKIN])),
            around=around(here.rgb, _local(track.face.mesh, here)),
            mouth=expression(mesh).mouth_open,
            motion=_motion(last.swap, swap.index, level),
        )
        if original is None:
            return _with(figures, self._likenesses(track.source, [self._aligned(here, mesh)]), None)
        there = _region(original, roi)
        was, _ = self._landmarks.run(there.rgb, roi, (there.x, there.y))
        likeness = self._likenesses(track.source, [self._aligned(here, mesh), self._aligned(there, was)])
        level = self._levelled(there, track.face.mesh)
        pixels = compared(here.rgb, there.rgb, _local(track.face.mesh, here))
        beside = Beside(
            level=float(np.median(level[_SKIN, _SKIN])),
            mouth=expression(was).mouth_open,
            motion=_motion(last.original, swap.index, level),
            changed=pixels.changed,
            coding=pixels.coding,
            seam=pixels.seam,
            own=likeness[1] if likeness is not None else None,
        )
        return _with(figures, likeness, beside)

    def lost(self, swap: Frame, track: LostTrack) -> FaceFigures:
        """A face that is known and not seen."""
        return FaceFigures(swap.index, swap.seconds, track.id, track.box, 0.0)

    def _levelled(self, region: Region, mesh: F32) -> F32:
        """float32 (SIDE, SIDE): the face's brightness, levelled by the mesh, 0 to 255."""
        face = crop(region.rgb, to_template(five_points(_local(mesh, region)), self._template, SIDE), SIDE)
        return np.asarray(cv2.GaussianBlur(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), (0, 0), 1.0), np.float32)

    def _aligned(self, region: Region, mesh: F32) -> U8 | None:
        if self._embedder is None:
            return None
        template, px = self._embedder.template, self._embedder.model.px
        return crop(region.rgb, to_template(template_points(_local(mesh, region), template), template, px), px)

    def _likenesses(self, source: int | None, crops: list[U8 | None]) -> tuple[float, float | None] | None:
        """Of the first crop to the source and to the second crop, where there is one; None without an embedder."""
        faces = [one for one in crops if one is not None]
        if self._who is None or source is None or not faces:
            return None
        metric = self._who.metric
        each = metric.prepared(self._who.embed(np.stack(faces)))
        own = float(metric.likeness(each[:1], each[1:])[0, 0]) if len(faces) > 1 else None
        return float(metric.likeness(each[:1], self._people[source])[0, 0]), own


def _with(figures: FaceFigures, likeness: tuple[float, float | None] | None, beside: Beside | None) -> FaceFigures:
    return replace(figures, likeness=likeness[0] if likeness is not None else None, beside=beside)


def _region(frame: Frame, roi: Roi) -> Region:
    half = roi.side * REACH
    x0, y0 = int(np.floor(roi.x - half)), int(np.floor(roi.y - half))
    side = int(np.ceil(2 * half))
    return Region(x0, y0, frame.picture.rgb(Rect(x0, y0, side, side)))


def _local(mesh: F32, region: Region) -> F32:
    return np.asarray(mesh - np.array([region.x, region.y, 0], np.float32), np.float32)


def _motion(last: deque[tuple[int, F32]], frame: int, level: F32) -> Motion | None:
    """Remembers the look, and tells how far it is from those before, if they are of the frames just before."""
    apart = {frame - index: float(np.abs(level - other).mean()) for index, other in last}
    last.append((frame, level))
    return Motion(apart[1], apart.get(2)) if 1 in apart else None
