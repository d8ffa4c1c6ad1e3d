"""Small moving pictures for the watermark's tests: a drifting pattern with texture and flat ground, and noise."""

import cv2
import numpy as np

from engines.values import U8
from engines.watermark.embed import Embedder
from engines.watermark.payload import Payload

PAYLOAD = Payload(0x2B0B5, 0xC0FFEE11)


def scene(count: int, width: int = 640, height: int = 360, seed: int = 1) -> list[U8]:
    """`count` luma planes: blobs of several sizes that drift over a gradient, with a sensor's noise of one level."""
    rng = np.random.default_rng(seed)
    big = rng.random((height + 80, width + 80), np.float32)
    ground = sum(cv2.GaussianBlur(big, (0, 0), s) * s for s in (1, 4, 16, 40))
    ground = np.asarray(np.interp(ground, (np.min(ground), np.max(ground)), (40, 210)), np.float32)
    ground[: height // 3] = np.linspace(90, 130, width + 80, dtype=np.float32)
    out = []
    for n in range(count):
        x, y = round(20 + 15 * np.sin(n / 9)), round(20 + 10 * np.cos(n / 7))
        still = ground[y : y + height, x : x + width]
        out.append(np.clip(still + rng.normal(0, 1, (height, width)), 0, 255).astype(np.uint8))
    return out


def marked(pictures: list[U8], payload: Payload = PAYLOAD) -> list[U8]:
    height, width = pictures[0].shape
    embedder = Embedder(payload, width, height)
    return [embedder.mark8(picture, index) for index, picture in enumerate(pictures)]
