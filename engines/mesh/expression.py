"""What a face does, told by its mesh alone: how open mouth and eyes are, and how much it smiles. Arrays only.

The scales are those of 111 photographs of known expression (London set, neutral and smiling) and of frames of talking
faces; they hold for the usual face, and for nobody in particular.
"""

from dataclasses import dataclass

import numpy as np

from engines.mesh.gaze import opening
from engines.mesh.shape import fit, pose
from engines.values import F32

LEVEL = 3.0
"""Degrees of pitch that FaceMesh gives a face that looks straight ahead: the mean of neutral portraits."""
FLAT_YAW, FLAT_PITCH = 1.15, 1.25
"""What a turn is more than the mesh shows: against a head-pose network on seven clips the mesh turned by .94 and .64 of
what it said, against renders of known turns by .78 and .83 of them. Between the two."""
CORNERS, INNER, LIPS, EYES = (61, 291), (78, 308), (13, 14), (33, 263)
SHUT, WIDE = 0.12, 0.34  # lids' opening over the eye's width: closed, and as usual
_WIDTH, _BROADER = 0.56, 0.14  # mouth over the distance of the eyes' outer corners: at rest, and added by a smile
_LIFT, _RAISED = 0.02, 0.07  # corners below the middle of the lips, in mouth widths: at rest, and taken by a smile


@dataclass(frozen=True, slots=True)
class FacialState:
    """0 to 1 each, but mouth_open, which is the lips' opening over the mouth's width. smile: none to broad. eye_open:
    closed to as usual. yaw, pitch: degrees, positive to the right of the screen and downwards; 0 straight ahead."""

    mouth_open: float
    smile: float
    eye_open: float
    yaw: float
    pitch: float


def expression(mesh: F32) -> FacialState:
    """mesh: float32 (468, 3), pixels."""
    shape = fit(mesh).to_canonical(mesh)
    head = pose(mesh)

    def apart(pair: tuple[int, int]) -> float:
        return float(np.linalg.norm(shape[pair[0]] - shape[pair[1]]))

    width = apart(CORNERS) + 1e-6
    lift = float(shape[list(CORNERS), 1].mean() - shape[list(LIPS), 1].mean()) / width  # y points down
    broad = (width / (apart(EYES) + 1e-6) - _WIDTH) / _BROADER
    raised = (_LIFT - lift) / _RAISED
    return FacialState(
        mouth_open=apart(LIPS) / (apart(INNER) + 1e-6),
        smile=min(1.0, max(0.0, (broad + raised) / 2)),
        eye_open=min(1.0, max(0.0, (float(opening(shape).mean()) - SHUT) / (WIDE - SHUT))),
        yaw=FLAT_YAW * head.yaw,
        pitch=FLAT_PITCH * (head.pitch - LEVEL),
    )
