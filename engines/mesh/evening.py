"""The light that lies in a photo's own skin: shade of eye sockets and under the eyes, highlights, blotches. Texture
space; knows nothing of the target.

What is broad of a photo's light goes when the target's light comes; what is as large as a feature would stay. It is
told from features by where it lies and by its colour: a highlight has less of the skin's, a blotch more. All of it is
done gently: a person's own shade is part of what they are known by.
"""

from functools import cache

import cv2
import numpy as np

from engines.mesh import light, region, texture, warp
from engines.mesh.shape import smoothstep
from engines.mesh.topology import LEFT_BROW, LEFT_EYE, OUTER_LIPS, RIGHT_BROW, RIGHT_EYE
from engines.values import F32, U8

NEAR, FAR = 0.45, 1.6  # centimetres: sigmas between which shade and highlights lie
SOCKETS = 0.3  # how much of the shade around the eyes goes: twice as much costs .01 of identity
GLOSS = 0.2  # how much of the highlights goes
FLUSH = 0.25  # how much of what differs from the skin around it in hue goes
PALE = 0.03, 0.12  # how much less of the skin's colour a highlight has: where it begins to be one, and is certain
AROUND = 1.5  # centimetres about the eyes that are sockets


@cache
def sockets() -> F32:
    """float32 (SIDE, SIDE): 1 around the eyes and under them, soft."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(AROUND * texture.CM) + 1,) * 2)
    eyes = np.maximum(region.polygon(RIGHT_EYE), region.polygon(LEFT_EYE))
    return np.asarray(cv2.GaussianBlur(cv2.dilate(eyes, kernel), (0, 0), 0.5 * texture.CM), np.float32)


@cache
def features() -> F32:
    """float32 (SIDE, SIDE): 1 on eyes, brows and lips, soft: they are left as they are."""
    out = np.zeros((texture.SIDE, texture.SIDE), np.float32)
    for ring in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS, RIGHT_BROW, LEFT_BROW):
        out = np.maximum(out, region.polygon(ring))
    out = np.asarray(cv2.dilate(out, np.ones((9, 9), np.uint8)), np.float32)
    return np.asarray(cv2.GaussianBlur(out, (0, 0), 0.12 * texture.CM), np.float32)


def even(face: U8, skin: F32) -> U8:
    """The same texture with less of the photo's light in it. face: uint8 (SIDE, SIDE, 3) RGB. skin: float32
    (SIDE, SIDE), how sure each texel is skin, as `skin.confidence` gives it."""
    log = np.log(face.astype(np.float32) + 8)
    weight = np.asarray(skin * region.skin_and_rim(), np.float32)
    (near, total), (far, _) = light.broad(log, weight, (NEAR * texture.CM, FAR * texture.CM))
    told = smoothstep(total * 2)[..., None]  # by enough skin
    near = np.asarray(far + told * (near - far), np.float32)
    band = np.asarray(near - far, np.float32)
    size = (band.shape[0], band.shape[1])
    level = band.mean(2, keepdims=True)
    # pale: a highlight takes red from blue
    pale = smoothstep(((far[..., :1] - far[..., 2:]) - (near[..., :1] - near[..., 2:]) - PALE[0]) / (PALE[1] - PALE[0]))
    around = warp.shrink(sockets(), size)[..., None]
    shade = np.minimum(level, 0) * SOCKETS * around
    gloss = np.maximum(level, 0) * GLOSS * (0.4 + 0.6 * pale)
    less = np.asarray(shade + gloss + FLUSH * (band - level), np.float32)
    room = (1 - features())[..., None]
    out = log - warp.enlarge(less, face.shape[:2]) * room
    fine = log - warp.enlarge(near, face.shape[:2])
    bright = np.maximum(fine.mean(2, keepdims=True), 0)
    out -= GLOSS * bright * warp.enlarge(np.asarray(pale[..., 0], np.float32), face.shape[:2])[..., None] * room
    return np.asarray(np.clip(np.exp(out) - 8 + 0.5, 0, 255), np.uint8)
