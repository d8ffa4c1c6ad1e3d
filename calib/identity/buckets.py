"""Buckets: by head pose, expression, occlusion and light, which kind of picture of a face one is. Values only.

Source: momentscan, Phase 3 (`identity_builder`), section 5. Where two expressions hold, closed eyes go before an open
mouth, that before a smile, and neutral is what is left.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

YAW_EDGES = (-45.0, -30.0, -15.0, -5.0, 5.0, 15.0, 30.0, 45.0)
PITCH_EDGES = (-20.0, -8.0, 8.0, 20.0)  # degrees, positive downwards
OPEN_MOUTH, SMILE, OPEN_EYES = 0.3, 0.3, 0.3
DARK, OVEREXPOSED = 60.0, 200.0  # mean luma


class Pitch(StrEnum):
    """From the highest to the lowest; the values are the seed's words."""

    UP = "up"
    SLIGHT_UP = "slight-up"
    NEUTRAL = "neutral"
    SLIGHT_DOWN = "slight-down"
    DOWN = "down"


class Expression(StrEnum):
    """In the order of precedence, the last first."""

    NEUTRAL = "neutral"
    SMILE = "smile"
    MOUTH_OPEN = "mouth_open"
    EYES_CLOSED = "eyes_closed"


class OcclusionBin(StrEnum):
    """How much of the face is covered: under .1, up to .4, more."""

    NONE = "none"
    PARTIAL = "partial"
    HEAVY = "heavy"


class LightingBin(StrEnum):
    """Mean luma of the face: under 60, over 200, between."""

    NORMAL = "normal"
    DARK = "dark"
    OVEREXPOSED = "overexposed"


YAW_NAMES = tuple(f"[{low:g},{high:g}]" for low, high in pairwise(YAW_EDGES))
BEYOND_LEFT, BEYOND_RIGHT = "[-90,-45]", "[45,90]"
"""Yaws of no bucket: pictures for challenge sets alone."""

# in file names: the bin's edge away from zero; positive pitch is up there, as people read it
_YAW_NUMBER = dict(zip(YAW_NAMES, (-45, -30, -15, 0, 15, 30, 45), strict=True))
_PITCH_NUMBER = dict(zip(Pitch, (45, 20, 0, -20, -45), strict=True))


@dataclass(frozen=True, slots=True)
class Signs:
    """Of a face's expression, 0 to 1. mouth_open: the lips' opening over the mouth's width. smile: none to broad.
    eye_open: closed to open."""

    mouth_open: float
    smile: float
    eye_open: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """yaw: one of YAW_NAMES, or beyond them."""

    yaw: str
    pitch: Pitch
    expression: Expression
    occlusion: OcclusionBin
    lighting: LightingBin

    @property
    def key(self) -> str:
        """The seed's: what coverage sets keep the best of."""
        return f"yaw{self.yaw}_pitch{self.pitch}_{self.expression}"

    @property
    def stem(self) -> str:
        """The same for file names: `yaw30_pitch0_neutral`."""
        return f"yaw{_YAW_NUMBER[self.yaw]}_pitch{_PITCH_NUMBER[self.pitch]}_{self.expression}"

    @property
    def inside(self) -> bool:
        """Whether the yaw has a bucket: others are for challenge sets alone."""
        return self.yaw in _YAW_NUMBER


def bucket(yaw: float, pitch: float, signs: Signs, occlusion: float, exposure: float) -> Bucket:
    """yaw, pitch: degrees. occlusion: share of the face. exposure: mean luma."""
    return Bucket(
        yaw_bin(yaw), pitch_bin(pitch), expression_bin(signs), occlusion_bin(occlusion), lighting_bin(exposure)
    )


def yaw_bin(yaw: float) -> str:
    """An edge belongs to the bin nearer to the front; -45 and 45 to the outermost bins."""
    if yaw < YAW_EDGES[0]:
        return BEYOND_LEFT
    if yaw > YAW_EDGES[-1]:
        return BEYOND_RIGHT
    passed = sum(abs(yaw) > edge for edge in YAW_EDGES[4:-1])
    return YAW_NAMES[3 + (passed if yaw > 0 else -passed)]


def pitch_bin(pitch: float) -> Pitch:
    """An edge belongs to the bin nearer to the front."""
    passed = sum(abs(pitch) > edge for edge in PITCH_EDGES[2:])
    return tuple(Pitch)[2 + (passed if pitch > 0 else -passed)]


def expression_bin(signs: Signs) -> Expression:
    if signs.eye_open < OPEN_EYES:
        return Expression.EYES_CLOSED
    if signs.mouth_open >= OPEN_MOUTH:
        return Expression.MOUTH_OPEN
    return Expression.SMILE if signs.smile >= SMILE else Expression.NEUTRAL


def occlusion_bin(share: float) -> OcclusionBin:
    if share < 0.1:
        return OcclusionBin.NONE
    return OcclusionBin.PARTIAL if share <= 0.4 else OcclusionBin.HEAVY


def lighting_bin(exposure: float) -> LightingBin:
    if exposure < DARK:
        return LightingBin.DARK
    return LightingBin.OVEREXPOSED if exposure > OVEREXPOSED else LightingBin.NORMAL
