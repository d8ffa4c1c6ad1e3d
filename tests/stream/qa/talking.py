"""A talking head made of a portrait, and finished swaps of it, for the tests of QA: what is wrong in them is known."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from engines.mesh.source import locate
from engines.values import F32, U8, Rect
from stream.frame import Frame
from stream.perception.face_finding import face_finding
from stream.pipeline.choices import Routing
from stream.pipeline.pipeline import open_pipeline
from stream.pipeline.spec import SwapSpec
from tests.stream.portraits import FACES, framed, networks, noisy, outline, photo, wall

SIZE = (320, 240)
FACE = 84.0  # pixels, of the head's face
STEP = 40  # milliseconds between two frames


@cache
def mesh(name: str) -> F32:
    with face_finding(networks()) as (detector, landmarks):
        return locate(name, photo(name), detector, landmarks)[0]


@cache
def opened(name: str, gap: float) -> U8:
    """The portrait with its mouth open. gap: between the lips, as a share of the mouth's width."""
    image, points = photo(name), mesh(name)
    h, w = image.shape[:2]
    left, right = points[78, :2], points[308, :2]
    line = (points[13, :2] + points[14, :2]) / 2
    width = float(np.linalg.norm(right - left))
    drop = gap * width
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    across = np.clip(1 - ((x - line[0]) / (0.62 * width)) ** 2, 0, 1)
    chin = float(points[152, 1])
    fade = np.clip((chin + 0.6 * width - y) / (chin + 0.6 * width - line[1]), 0, 1)
    open_to = line[1] + drop * across  # where the lower lip begins
    moved = np.where(y > open_to, y - drop * across * fade, np.minimum(y, line[1]))
    out = cv2.remap(image, x, moved.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = ((y > line[1]) & (y < open_to) & (across > 0)).astype(np.float32)
    inside = cv2.GaussianBlur(inside, (0, 0), 1.0)[..., None]
    return np.asarray(out + (np.array([50, 18, 18], np.float32) - out) * inside, np.uint8)


def gap_at(index: int) -> float:
    """How open the mouth is: four times a second it opens and closes, in few steps, so that each is drawn once."""
    return round(9 * float(np.sin(index * 0.5) ** 2)) / 20


def talk(name: str, frames: Sequence[int], seed: int = 0, gap: float | None = None) -> list[U8]:
    """uint8 (h, w, 3) RGB: these frames of a head that talks and sways before a wall, with a camera's noise. gap: of a
    mouth that does not move."""
    x, y, face = FACES[name]
    k = FACE / face
    room = wall(*SIZE, seed).astype(np.float32)
    out = []
    for i in frames:
        cx, cy = SIZE[0] / 2 + 12 * np.sin(i * 0.07 + seed), SIZE[1] / 2 + 5 * np.sin(i * 0.11 + 2 * seed)
        m = np.array([[k, 0, cx - k * x], [0, k, cy - k * y]], np.float32)
        head = cv2.GaussianBlur(opened(name, gap_at(i) if gap is None else gap), (0, 0), max(0.3, 0.35 / k))
        layer = cv2.warpAffine(head, m, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        cover = np.asarray(cv2.warpAffine(outline(name), m, SIZE, flags=cv2.INTER_LINEAR), np.float32)[..., None]
        out.append(noisy(np.asarray(np.clip(room + cover * (layer - room), 0, 255), np.uint8), 100 * seed + i, 2.0))
    return out


def as_frames(pictures: Sequence[U8]) -> list[Frame]:
    return [framed(rgb, STEP * i, i) for i, rgb in enumerate(pictures)]


def swapped(pictures: Sequence[U8], source: Path) -> list[U8]:
    """The frames with the source's face, by the embedded swapper, with a little of what a codec leaves."""
    spec = SwapSpec(source=((source,),), routing=Routing.FAST)
    out = []
    with open_pipeline(spec, lanes=1) as pipeline:
        for i, frame in enumerate(as_frames(pictures)):
            done = pipeline.process(frame)
            assert done.picture is not None
            out.append(noisy(done.picture.rgb(Rect(0, 0, *SIZE)), 7000 + i, 1.0))
    return out
