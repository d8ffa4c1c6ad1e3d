"""Who is in a picture: every face's mesh, and the person's mask by the first method that can run here."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from engines.detector import Detector
from engines.errors import SourceError, UnderstudyError
from engines.landmarks import Landmarks
from engines.mesh.source import PRESENT, SMALLEST, locate, measure
from engines.mesh.topology import OVAL
from engines.relight import grabcut
from engines.relight.selfie import NAME, Selfie
from engines.store.store import Store
from engines.values import F32, U8, Box
from tools.relight import sam
from tools.relight.settings import PersonMethod, SegmentationSettings

PersonMask = Callable[[U8, Sequence[F32]], F32]
"""uint8 (h, w, 3) RGB and meshes (468, 3) in, float32 (h, w) out: the person, 0 to 1."""

SAME = 0.3  # overlap of boxes from which on two are one face


def meshes(rgb: U8, detector: Detector, landmarks: Landmarks) -> list[F32]:
    """The mesh (468, 3) of every face, the main one first. rgb: uint8 (h, w, 3)."""
    try:
        found = [locate("", rgb, detector, landmarks)[0]]
    except SourceError:
        return []
    for detection in detector.whole(rgb):
        mesh, score = measure(rgb, landmarks, detection)
        apart = all(_box(mesh).iou(_box(other)) < SAME for other in found)
        if score >= PRESENT and apart and np.ptp(mesh[OVAL, 0]) >= SMALLEST:
            found.append(mesh)
    return found


def scaled(mesh: F32, across: float, down: float) -> F32:
    """The mesh (468, 3) in a picture that is so many times smaller."""
    x, y = (mesh[:, 0] + 0.5) / across - 0.5, (mesh[:, 1] + 0.5) / down - 0.5
    return np.stack([x, y, mesh[:, 2] / across], 1).astype(np.float32)


def _box(mesh: F32) -> Box:
    (x0, y0), (x1, y1) = mesh[:, :2].min(0).tolist(), mesh[:, :2].max(0).tolist()
    return Box(x0, y0, x1, y1)


def chosen(settings: SegmentationSettings, store: Store) -> tuple[PersonMethod, tuple[str, ...]]:
    """The first method that can run here, and why those before it cannot, where somebody would want to know. Raises
    UnderstudyError where none can."""
    notes: list[str] = []
    for method in settings.methods:
        why = _missing(method, settings, store)
        if why is None:
            return method, tuple(notes)
        if why:
            notes.append(f"{method}: {why}")
    told = "; ".join(notes) or "SAM wants a checkpoint"
    raise UnderstudyError(f"segmentation.methods: none can run here ({told}); add selfie or grabcut")


def _missing(method: PersonMethod, settings: SegmentationSettings, store: Store) -> str | None:
    """Why a method cannot run: None where it can, empty where nobody asked for it."""
    if method is PersonMethod.GRABCUT:
        return None
    if method is PersonMethod.SELFIE:
        return None if store.holds(NAME) else f"the model {NAME} is not here; `understudy models pull` brings it"
    given = settings.sam3_checkpoint if method is PersonMethod.SAM3 else settings.sam2_checkpoint
    if not given:
        return ""
    return None if sam.installed(method) else f"a checkpoint is given, and the package {method} is not installed"


def open_method(method: PersonMethod, settings: SegmentationSettings, selfie: Path | None) -> PersonMask:
    """selfie: the file of that network, where it is the method. Raises ModelError."""
    if method is PersonMethod.GRABCUT:
        return grabcut.person
    if method is PersonMethod.SELFIE:
        if selfie is None:
            raise UnderstudyError(f"the model {NAME} is not here; `understudy models pull` brings it")
        network = Selfie(selfie)
        return lambda rgb, _: grabcut.settled(rgb, network.person(rgb))
    return (sam.Sam3 if method is PersonMethod.SAM3 else sam.Sam2)(settings).person


def covers(mask: F32, mesh: F32) -> bool:
    """Whether a mask (h, w) holds most of a face: a person without their face is none. mesh: (468, 3), its pixels."""
    h, w = mask.shape
    at = np.rint(mesh[:, :2]).astype(int)
    inside = ((at >= 0) & (at < (w, h))).all(1)
    return bool(inside.any() and mask[at[inside, 1], at[inside, 0]].mean() > 0.5)
