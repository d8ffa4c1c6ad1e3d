"""FacePainting: the protocol of what paints faces, by mesh or by network, and what is common to both. Knows no routes'
meaning beyond whether anything before a face is to be looked at.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engines.mesh.shape import pose
from engines.values import F32, Patch
from stream.frame import FaceTrack, Plan, Route
from stream.painting.occluder import Occluder

SIDEWAYS = (60.0, 80.0)  # degrees of yaw between which the swap fades out: beyond, the mesh does not hold
RIGHT_CHEEK, LEFT_CHEEK = 234, 454  # points of the mesh, mirror images of each other


@dataclass(frozen=True, slots=True)
class FaceLayer:
    """One face painted as if nothing were before it. patch: None where it is not painted. occluder: what is known of
    what lies before it, None where nobody looked. route: how the layer is to be laid."""

    route: Route
    patch: Patch | None = None
    occluder: Occluder | None = None


class FacePainting(Protocol):
    """One stream's, on one thread, in order of time."""

    def __call__(self, plan: Plan) -> list[FaceLayer]:
        """One layer for each of the scene's tracks. Raises ModelError."""
        ...

    def forget(self) -> None:
        """A new shot begins: what is remembered of faces no longer holds."""
        ...

    def close(self) -> None: ...


def hold(mesh: F32) -> float:
    """How well the mesh, float32 (468, 3), holds at this pose: 1 up to 60 degrees of yaw, 0 from 80."""
    x, y, z = np.abs(mesh[LEFT_CHEEK] - mesh[RIGHT_CHEEK]).tolist()
    if z < 0.6 * x and y < 0.5 * x:  # far from it, whichever way the head is held: no need to fit a pose
        return 1.0
    yaw = abs(pose(mesh).yaw)
    return float(np.clip((SIDEWAYS[1] - yaw) / (SIDEWAYS[1] - SIDEWAYS[0]), 0, 1))


def opacity(track: FaceTrack) -> float:
    """0 to 1: how much of the swap may be shown of this face, whatever strength is wanted."""
    return track.fade * hold(track.face.mesh)
