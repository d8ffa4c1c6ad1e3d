"""Gates: which pictures of a face are good enough, strictly or loosely, and how good each is. Values only.

Source: momentscan, Phase 3 (`identity_builder`), gate version v1.
"""

from dataclasses import dataclass

VERSION = "v1"
SIZE = 0.01  # share of the picture that a face must take
DARKEST, BRIGHTEST = 40.0, 220.0  # mean luma of the face
OCCLUDED = 0.3  # share of the face that may be covered


@dataclass(frozen=True, slots=True)
class FaceMeasures:
    """Of one face in one frame. confidence: 0 to 1. blur: variance of the Laplacian of the aligned face, larger is
    sharper. area: share of the picture that its box takes. exposure: mean luma of the aligned face, 0 to 255.
    occlusion: share of the face that something covers. yaw, pitch: degrees; positive to the right of the screen and
    downwards."""

    confidence: float
    blur: float
    area: float
    exposure: float
    occlusion: float
    yaw: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Gate:
    """confidence, blur: least ones. whole: size, exposure and occlusion count too."""

    confidence: float
    blur: float
    whole: bool

    def passes(self, m: FaceMeasures) -> bool:
        enough = m.confidence >= self.confidence and m.blur >= self.blur and m.area >= SIZE
        return enough and (not self.whole or (DARKEST <= m.exposure <= BRIGHTEST and m.occlusion <= OCCLUDED))


STRICT = Gate(confidence=0.7, blur=50, whole=True)
"""For prototypes and anchors."""
LOOSE = Gate(confidence=0.5, blur=25, whole=False)
"""For everything else that is saved: dark, overexposed and covered faces are what challenge sets are made of."""


def quality(m: FaceMeasures) -> float:
    """0 to 1: sharpness .3, size .3, frontality .2, confidence .2."""
    return (
        0.3 * min(m.blur / 500, 1)
        + 0.3 * min(m.area / 0.3, 1)
        + 0.2 * max(0.0, 1 - abs(m.yaw) / 45)
        + 0.2 * min(m.confidence, 1)
    )
