"""The light that a surface's direction explains: a smooth function of normals, fitted to the skin of faces.

What is fitted is light from all around as a matt surface shows it: spherical harmonics up to the second degree. Skin is
of about one colour, so how bright it is tells how it is lit; brows, lips, beards and highlights are not of that colour
and are left out by a robust fit. Source: Ramamoorthi and Hanrahan, "An efficient representation for irradiance
environment maps", 2001.
"""

import cv2
import numpy as np

from engines.values import F32

ROUNDS = 8
APART = 0.35  # share of the fit that a pixel may be off before it counts as something else
LEAST = 0.15  # of the mean light: what no fit goes below
LIMIT = 1.2  # of the log light, either way
BROAD = 0.06  # sigma, in face widths, to which normals are smoothed: small forms are not exact enough to divide by
BEYOND = 0.3  # sigma, in face widths, of how far a face tells the light on what is around it
HARDLY = 0.2  # share of faces nearby below which they tell little
RIDGE = 0.02  # pull of the second degree towards none: faces show half of all directions


def explained(luminance: F32, normals: F32, sure: F32, person: F32) -> F32:
    """float32 (h, w): log of the light on each pixel, relative to what the skin has on the whole; 0 where there is no
    face. luminance: (h, w), linear. normals: (h, w, 3), unit vectors. sure: (h, w), 1 on faces. person: (h, w), 1 on
    the person."""
    skin = (sure > 0.5) & (person > 0.5)
    if int(skin.sum()) < 64:
        return np.zeros(luminance.shape, np.float32)
    width = float(np.sqrt(sure.sum() / max(1, _faces(sure))))
    broad = _around(normals, sure, BROAD * width)
    seen, basis = luminance[skin].astype(np.float64), _basis(broad[skin])
    # a face has more skin than anything else, and is hardly darker than half its own median but where it is no skin
    middle = float(np.median(seen))
    weight = ((seen > 0.3 * middle) & (seen < 3 * middle)).astype(np.float64)
    ridge = np.diag([0.0] * 4 + [RIDGE] * 5) * len(seen)
    level = middle
    light = np.zeros(9)
    for _ in range(ROUNDS):
        light = np.linalg.solve(
            (basis * weight[:, None]).T @ basis + ridge + 1e-6 * np.eye(9), (basis * weight[:, None]).T @ seen
        )
        fitted = np.maximum(basis @ light, LEAST * level)
        off = (seen - fitted) / (APART * fitted)
        weight = np.clip(1 - off**2, 0, 1) ** 2  # Tukey's
        level = float(np.vdot(weight, fitted) / max(float(weight.sum()), 1e-6))
    everywhere = np.maximum((_basis(broad.reshape(-1, 3)) @ light).reshape(luminance.shape), LEAST * level)
    log = np.clip(np.log(everywhere / max(level, 1e-6)), -LIMIT, LIMIT).astype(np.float32)
    mass, share = (_blur(a, BEYOND * width) for a in (log * sure, sure))
    beyond = mass / (share + np.float32(HARDLY))
    return _blur(
        np.asarray(beyond + (log - beyond) * sure, np.float32), BROAD / 2 * width
    )  # no seam at the mesh's edge


def _faces(sure: F32) -> int:
    """How many faces there are."""
    return int(cv2.connectedComponents((sure > 0.5).astype(np.uint8))[0]) - 1


def _around(normals: F32, sure: F32, sigma: float) -> F32:
    """Normals of faces, smoothed among themselves, unit vectors."""
    mass = _blur(np.asarray(normals * sure[..., None], np.float32), sigma)
    return np.asarray(mass / np.maximum(np.linalg.norm(mass, axis=2, keepdims=True), 1e-6), np.float32)


def _blur(image: F32, sigma: float) -> F32:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(0.5, sigma), borderType=cv2.BORDER_REPLICATE), np.float32)


def _basis(n: F32) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """(m, 9): the harmonics, up to their factors, of unit vectors (m, 3)."""
    x, y, z = n.astype(np.float64).T
    return np.stack([np.ones_like(x), x, y, z, x * y, y * z, x * z, x * x - y * y, 3 * z * z - 1], 1)
