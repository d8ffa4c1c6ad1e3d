"""What light, lens, codec and a mesh that is slightly off do to a crop and its plate. Arrays only."""

import cv2
import numpy as np

from engines.occlusion.network import SIDE
from engines.values import F32, U8


def shadowed(image: F32, alpha: F32, rng: np.random.Generator) -> F32:
    """The occluder's shadow on what lies behind it: its outline, moved and blurred."""
    dx, dy = rng.normal(0, 6, 2)
    m = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    soft = cv2.GaussianBlur(cv2.warpAffine(alpha, m, (SIDE, SIDE)), (0, 0), rng.uniform(1.5, 7))
    return np.asarray(image * (1 - rng.uniform(0.1, 0.55) * soft)[..., None], np.float32)


def lit(images: tuple[F32, F32], rng: np.random.Generator) -> tuple[F32, F32]:
    """One light on both pictures: exposure, white balance, a slope across; the plate's lags a little behind."""
    gain = rng.uniform(0.45, 1.25) * rng.uniform(0.9, 1.1, 3)
    slope, angle = rng.uniform(0, 0.45), rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    field = (1 + slope * (x * np.cos(angle) + y * np.sin(angle)))[..., None] * gain
    lag = rng.normal(1, 0.04, 3) * (1 + rng.normal(0, 0.05) * x + rng.normal(0, 0.05) * y)[..., None]
    gamma = rng.uniform(0.8, 1.25)
    haze = rng.uniform(0, 0.35) if rng.random() < 0.35 else 0.0  # the scene's own: in the plate as well, so no veil
    air = rng.uniform(120, 240, 3)
    out = [255 * np.clip(im * f / 255, 0, 1) ** gamma for im, f in zip(images, (field, field * lag), strict=True)]
    out = [im + haze * (air - im) for im in out]
    return np.asarray(out[0], np.float32), np.asarray(out[1] * (images[1].max(2, keepdims=True) > 0), np.float32)


def astray(plate: F32, mask: F32, rng: np.random.Generator) -> tuple[F32, F32]:
    """Plate and mask as a mesh that is slightly off would place them: a smooth displacement, and a soft, partly unseen
    plate."""
    strength = rng.choice([0.6, 1.6, 3.5], p=[0.5, 0.35, 0.15])
    bend = np.stack(
        [
            cv2.resize(rng.normal(0, 1, (3, 3)).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
            for _ in "xy"
        ],
        -1,
    )
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    bend = np.asarray(bend * strength, np.float32)
    at = (x + bend[..., 0], y + bend[..., 1])
    plate, mask = (np.asarray(cv2.remap(a, *at, cv2.INTER_LINEAR), np.float32) for a in (plate, mask))
    if rng.random() < 0.6:
        plate = np.asarray(cv2.GaussianBlur(plate, (0, 0), rng.uniform(0.4, 1.4)), np.float32)
    if rng.random() < 0.1:
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(10, 40)
        known = 1 / (1 + np.exp(-((x - 64) * np.cos(angle) + (y - 64) * np.sin(angle) + offset) / 2))
        plate = plate * known[..., None]
    return np.asarray(plate, np.float32), np.asarray(mask, np.float32)


def filmed(image: F32, rng: np.random.Generator) -> U8:
    """As a camera and a codec would leave it: motion, loss of detail, noise, blocks."""
    if rng.random() < 0.3:
        small = int(SIDE / rng.uniform(1.2, 2.6))
        few = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(few, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.float32)
    if rng.random() < 0.15:
        length, angle = int(rng.integers(3, 11)), rng.uniform(0, np.pi)
        kernel = np.zeros((length, length), np.float32)
        half = (length - 1) / 2
        ends = [
            tuple(np.round(half + s * half * np.array([np.cos(angle), np.sin(angle)])).astype(int).tolist())
            for s in (-1, 1)
        ]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        image = np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.float32)
    if rng.random() < 0.5:
        image = np.asarray(image + rng.normal(0, rng.uniform(0.5, 5), image.shape), np.float32)
    out = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        ok, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
        out = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8) if ok else out
    return out
