"""Which texels of a lifted source photo show its skin, and not its hair, its collar or what stood behind it."""

import cv2
import numpy as np

from engines.mesh import light, region, texture, warp
from engines.mesh.shape import smoothstep
from engines.mesh.topology import LEFT_BROW, LEFT_EYE, OUTER_LIPS, RIGHT_BROW, RIGHT_EYE
from engines.values import F32, U8, Bool

TOLERANCE = np.array([38.0, 13.0, 15.0], np.float32)  # L, a, b: how far skin strays over one face, in shade and flush
BEARD = 3.0  # times the tolerance for what is darker than skin below the nose
BAND = 2.6  # centimetres from the edge beyond which the middle of the face is taken as skin unseen
GRAZING, FRONT = 0.3, 0.65  # what faces the camera less is smeared; what faces it more is the face
HAIRLINE = -5.3  # canonical height, centimetres, above which it is forehead
FRINGE = 0.7  # share of the forehead that must be skin, or none of it is taken
ALIKE = np.array([14.0, 11.0, 12.0], np.float32)  # L, a, b: how far skin strays from the surer skin beside it
DARKER = 2.6  # times that, for what is darker: the side of a face lies in shade
NEARBY = 1.6  # centimetres: sigma of that
REACHES = 0.35, 0.9, 2.5  # centimetres: sigmas of the skin that fills, the nearest that has enough
GAPS = 0.35  # centimetres: strands and specks thinner than this are let through


def confidence(face: U8, seen: F32) -> F32:
    """float32 (SIDE, SIDE): 1 on skin and features, 0 on hair or background. face: uint8 (SIDE, SIDE, 3) RGB, lifted;
    seen: (SIDE, SIDE), as `texture.lift` gives it."""
    lab = cv2.cvtColor((face / np.float32(255)).astype(np.float32), cv2.COLOR_RGB2LAB)
    usual = np.median(lab[_cheeks()], axis=0)
    away = (lab - usual) / TOLERANCE
    low = (region.height() > 1.5) & (seen > FRONT)
    away[..., 0] = np.where(low & (away[..., 0] < 0), away[..., 0] / BEARD, away[..., 0])
    away[..., 1:] /= np.where(low & (lab[..., 0] < usual[0]), np.float32(1.6), np.float32(1))[..., None]
    like = np.asarray((away**2).sum(2) < 1, np.float32)
    like *= seen > GRAZING
    like *= _like_beside(np.asarray(lab, np.float32), np.asarray(like, np.float32), low)
    forehead = (region.height() < HAIRLINE) & (region.edge() > 0.4)
    if like[forehead].mean() < FRINGE:
        like[region.height() < HAIRLINE] = 0
    like = np.maximum(like, _certain(seen))
    size = 2 * round(GAPS * texture.CM / 2) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    like = np.asarray(cv2.morphologyEx(cv2.morphologyEx(like, cv2.MORPH_CLOSE, kernel), cv2.MORPH_OPEN, kernel))
    like = np.asarray(cv2.erode(like, kernel), np.float32)
    soft = np.asarray(cv2.GaussianBlur(like, (0, 0), 0.35 * texture.CM), np.float32)
    return np.maximum(smoothstep((soft - 0.3) / 0.7), _certain(seen, soft=0.15))


def fill(face: U8, sure: F32) -> U8:
    """The same texture with the person's own skin, smoothed, where it showed hair or background. sure: float32
    (SIDE, SIDE), see `confidence`."""
    pixels = face.astype(np.float32)
    plain = np.asarray(sure * region.skin_and_rim(), np.float32)
    *closer, (skin, _) = light.broad(pixels, plain, tuple(s * texture.CM for s in REACHES))
    for near, total in reversed(closer):
        share = smoothstep(total * 3)[..., None]
        skin = skin + share * (near - skin)
    skin = warp.enlarge(np.asarray(skin, np.float32), plain.shape)
    return np.asarray(np.clip(pixels * sure[..., None] + skin * (1 - sure[..., None]) + 0.5, 0, 255), np.uint8)


def _like_beside(lab: F32, like: F32, low: Bool) -> F32:
    """float32 (SIDE, SIDE): 1 where a texel is like the skin beside it that lies farther inside: what shades into hair,
    into the background or into its own dark side is not. low: where a beard may be, and what is darker is one."""
    inner = np.asarray(like * smoothstep((region.edge() - 1.0) / 2.0) * region.skin_and_rim(), np.float32)
    ((near, _),) = light.broad(lab, inner, (NEARBY * texture.CM,))
    away = (lab - warp.enlarge(near, inner.shape)) / ALIKE
    darker = away[..., 0] < 0
    away[darker] /= DARKER
    return np.asarray(((away**2).sum(2) < 1) | (low & darker), np.float32)


def _cheeks() -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    y = region.height()
    return np.asarray((region.skin() > 0.5) & (y > -1.5) & (y < 3.0) & (region.edge() > 2.0))


def _certain(seen: F32, soft: float = 0.0) -> F32:
    """The middle of the face with its features: taken as the face, whatever its colour."""
    inner = (region.edge() > BAND) & (region.height() > -3.2) & (seen > FRONT)
    out = np.asarray(inner, np.float32)
    for ring in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS, RIGHT_BROW, LEFT_BROW):
        out = np.maximum(out, region.polygon(ring))
    return out if soft == 0 else np.asarray(cv2.GaussianBlur(out, (0, 0), soft * texture.CM), np.float32)
