"""Measuring: how good the picture of a face is: sharpness and light of the aligned face, size, and what covers it."""

from dataclasses import dataclass

import cv2
import numpy as np

from calib.identity.buckets import Signs
from calib.identity.gates import FaceMeasures
from engines.align import crop, five_points, to_template
from engines.lids import Lids
from engines.mesh.expression import expression
from engines.mesh.topology import OVAL
from engines.occlusion.network import NONE, SIDE, move
from engines.store.catalog import Template
from engines.values import F32, Region
from stream.frame import FaceTrack

FACE = 128  # side of the aligned face on which sharpness and light are measured, whatever the frame's size
_MIDDLE = slice(24, 104)  # of the aligned face: skin, without hair and wall


@dataclass(frozen=True, slots=True)
class Measured:
    """measures: for the gates. signs: of the expression."""

    measures: FaceMeasures
    signs: Signs


def measured(
    track: FaceTrack, region: Region, width: int, height: int, template: Template, lids: Lids | None = None
) -> Measured:
    """region: pixels about the track's face. width, height: of the frame. lids: of what tells how open eyes are; the
    mesh if None."""
    mesh = local(track.face.mesh, region)
    face = crop(region.rgb, to_template(five_points(mesh), template, FACE), FACE)
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[_MIDDLE, _MIDDLE]
    shown = expression(track.face.mesh)
    box = track.face.box
    measures = FaceMeasures(
        confidence=track.face.score,
        blur=float(cv2.Laplacian(grey, cv2.CV_64F).var()),
        area=min(1.0, box.area / (width * height)),
        exposure=float(grey.mean()),
        occlusion=covered(track),
        yaw=shown.yaw,
        pitch=shown.pitch,
    )
    eye_open = lids.open(region.rgb, mesh) if lids is not None else shown.eye_open
    return Measured(measures, Signs(shown.mouth_open, shown.smile, eye_open))


def local(mesh: F32, region: Region) -> F32:
    """The mesh (468, 3) in the region's pixels."""
    return np.asarray(mesh - np.array([region.x, region.y, 0], np.float32), np.float32)


def covered(track: FaceTrack) -> float:
    """The share of the face that something covers, 0 to 1, by the occlusion network's maps; 0 where it was not asked,
    or takes the face for clear."""
    seen = track.front.seen if track.front is not None else None
    if seen is None or int(seen.logits.argmax()) == NONE:
        return 0.0
    mask = np.zeros((SIDE, SIDE), np.float32)
    cv2.fillPoly(mask, [np.round(move(track.face.mesh, seen.matrix)[OVAL, :2]).astype(np.int32)], 1.0)
    return float((np.maximum(seen.opaque, seen.veil) * mask).sum() / max(float(mask.sum()), 1.0))
