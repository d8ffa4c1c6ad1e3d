"""One face followed from frame to frame by its own landmarks. Knows one track; who is who is told from outside.

FaceMesh runs on the crop that the last points give, once more on the crop of its own result where that lies elsewhere
(steadier), and is fused with optical flow.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from engines.detector import Detection
from engines.landmarks import SIDE, Landmarks, Roi, coarseness, roi_from_eyes, roi_from_mesh, shrunk
from engines.mesh.fuse import FlowView, forgetting, fuse, view
from engines.values import F32, Box, Face, Rect, Region
from stream.frame import Frame

PRESENT = 0.5  # FaceMesh's presence score below which a face is lost
SETTLED = 0.02  # of the crop's side: how little its own result moves a crop when another look would show the same
BORDER = 0.62  # the region read, as a share of the crop's side to each side of its centre


@dataclass(frozen=True, slots=True)
class Look:
    """A face as followed up to one frame. seconds: that frame's time."""

    face: Face
    view: FlowView
    region: Region
    portrait: F32
    seconds: float
    age: int


def _region(frame: Frame, roi: Roi) -> Region:
    half = roi.side * BORDER
    x0, y0 = int(roi.x - half), int(roi.y - half)
    x1, y1 = int(np.ceil(roi.x + half)), int(np.ceil(roi.y + half))
    p = frame.picture
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(p.width, x1), min(p.height, y1)
    x0, y0 = x0 & ~1, y0 & ~1
    rect = Rect(x0, y0, max(2, x1 - x0), max(2, y1 - y0))
    return Region(x0, y0, p.rgb(rect))


def mesh_box(mesh: F32) -> Box:
    (x0, y0), (x1, y1) = mesh[:, :2].min(0), mesh[:, :2].max(0)
    return Box(float(x0), float(y0), float(x1), float(y1))


def portrait(region: Region, roi: Roi) -> F32:
    """What a face looks like, to tell people apart: float32 (432,), a levelled 12x12 thumbnail, standardised."""
    k = 24 / 192
    m = roi.matrix((region.x, region.y)) * k
    small = cv2.warpAffine(region.rgb, m, (24, 24), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    v = cv2.resize(small, (12, 12), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
    v -= v.mean()
    return np.asarray(v / (np.linalg.norm(v) + 1e-6), np.float32)


def _measure(landmarks: Landmarks, frame: Frame, roi: Roi, most: int) -> tuple[F32, float, Region]:
    region = _region(frame, roi)
    origin = (float(region.x), float(region.y))
    step = coarseness(SIDE / roi.side)
    small = shrunk(region.rgb, step)  # once for all looks
    mesh, score = landmarks.run(small, roi, origin, step)
    for _ in range(most - 1):
        better = roi_from_mesh(mesh)
        if score < PRESENT or better.apart(roi) < SETTLED:
            break
        roi = better
        mesh, score = landmarks.run(small, roi, origin, step)
    return mesh, score, region


def _look(frame: Frame, mesh: F32, score: float, region: Region, before: Look | None) -> Look:
    seen = view(region.rgb, (region.x, region.y), mesh, before.view.scale if before else None)
    if before is not None:
        mesh = fuse(before.face.mesh, mesh, before.view, seen, forgetting(frame.seconds - before.seconds))
    roi = roi_from_mesh(mesh)
    fresh = portrait(region, roi)
    if before is not None:
        fresh = before.portrait + np.float32(0.1) * (fresh - before.portrait)
        fresh /= np.linalg.norm(fresh) + np.float32(1e-6)
    points = mesh[[33, 263, 1, 13, 234, 454], :2].copy()
    face = Face(mesh_box(mesh), points, mesh, score)
    return Look(face, seen, region, fresh, frame.seconds, before.age + 1 if before else 0)


def begin(landmarks: Landmarks, frame: Frame, detection: Detection) -> Look | None:
    """A first look at a detected face; None where FaceMesh sees none."""
    b = detection.box
    roi = roi_from_eyes((b.x0, b.y0, b.x1, b.y1), detection.points[0], detection.points[1])
    mesh, score, region = _measure(landmarks, frame, roi, 3)
    return _look(frame, mesh, score, region, None) if score >= PRESENT else None


def held(frame: Frame, before: Look) -> Look:
    """A look at where the face was, with the mesh it had: for one that FaceMesh does not see behind something."""
    roi = roi_from_mesh(before.face.mesh)
    region = _region(frame, roi)
    seen = view(region.rgb, (region.x, region.y), before.face.mesh, before.view.scale)
    face = replace(before.face, score=0.0)
    return replace(before, face=face, view=seen, region=region, seconds=frame.seconds, age=before.age + 1)


def follow(landmarks: Landmarks, frame: Frame, before: Look) -> Look | None:
    """The next look; None where the face is lost. The crop is moved on by the last frame's motion only as FaceMesh's
    own margin allows: half a crop per frame."""
    roi = roi_from_mesh(before.face.mesh)
    mesh, score, region = _measure(landmarks, frame, roi, 2)
    if score < PRESENT:
        return None
    now, was = mesh_box(mesh), before.face.box
    grown = now.area / max(was.area, 1.0)
    if not 0.4 < grown < 2.5:  # the mesh slipped onto something else
        return None
    return _look(frame, mesh, score, region, before)
