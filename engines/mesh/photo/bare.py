"""Spectacles taken off a lifted source photo: where the eyewear network sees them, the skin beneath is made up from
what is beside it. Texture space; knows nothing of targets."""

import cv2
import numpy as np

from engines.mesh import texture
from engines.mesh.shape import fit
from engines.mesh.spectacles import opacity
from engines.occlusion.eyewear import EyewearNet, Worn
from engines.values import F32, U8

SURE = 1.0  # logit from which the photo's person wears some
FROM = 0.3  # opacity from which a texel is rim
AROUND = 0.14  # centimetres about the rims that are made up, too: their shadow and blur
REACH = 0.25  # centimetres about a texel that say what it is made up from
HALF = 2  # times smaller than the texture, at which that is worked out
TRUSTED = 0.25  # of how well such texels count as seen, so that another photo's win


def rims(image: U8, mesh: F32, net: EyewearNet) -> F32 | None:
    """float32 (SIDE, SIDE), 0 to 1: the spectacles of a photo, uint8 (h, w, 3) RGB, in texture space; None where none
    are worn. mesh: float32 (468, 3), its pixels."""
    seen = net.run(image, fit(mesh))
    if seen.worn < SURE:
        return None
    found = Worn(seen.worn, opacity(seen.map), seen.matrix)
    flat = np.asarray(found.onto((image.shape[0], image.shape[1])) * 255, np.uint8)
    lifted, _ = texture.lift(np.dstack([flat] * 3), mesh)
    return np.asarray(lifted[..., 0] / np.float32(255), np.float32)


def without(lifted: U8, seen: F32, worn: F32) -> tuple[U8, F32]:
    """A lifted photo without its spectacles, uint8 (SIDE, SIDE, 3), and how well each texel counts as seen then.
    lifted, seen: as `texture.lift` gives them. worn: as `rims` does."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(AROUND * texture.CM) + 1,) * 2)
    there = np.asarray(cv2.dilate((worn > FROM).astype(np.uint8), kernel), np.uint8)
    side = texture.SIDE // HALF
    small = cv2.resize(lifted, (side, side), interpolation=cv2.INTER_AREA)
    hidden = (cv2.resize(there.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)
    made = cv2.inpaint(small, hidden, REACH * texture.CM / HALF, cv2.INPAINT_TELEA)
    made = cv2.resize(made, (texture.SIDE, texture.SIDE), interpolation=cv2.INTER_CUBIC)
    soft = np.asarray(cv2.GaussianBlur(there.astype(np.float32), (0, 0), 0.05 * texture.CM), np.float32)
    out = lifted + (made.astype(np.float32) - lifted) * soft[..., None]
    return np.asarray(np.clip(out + 0.5, 0, 255), np.uint8), np.asarray(seen * (1 - (1 - TRUSTED) * soft), np.float32)
