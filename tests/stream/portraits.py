"""Two real people in the public domain, as packages carry them, placed into pictures; the networks that see them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import cv2
import numpy as np
import pytest

from engines.store.store import default_store
from engines.values import F32, U8
from stream.frame import Frame
from stream.perception.face_finding import NAMES as NETWORKS
from stream.perception.face_finding import Perception, open_perception
from stream.perception.face_selection import Rule, Who
from stream.perception.perceiver import Perceiver
from stream.pixels.planes import Planes

needs_models = [
    pytest.mark.models,
    pytest.mark.skipif(not all(map(default_store().holds, NETWORKS)), reason="the embedded models are not pulled"),
]
MILLI = Fraction(1, 1000)
ALL = (Rule(0, Who("all")),)


@cache
def networks() -> Perception:
    return open_perception("cpu")


@cache
def photo(name: str) -> U8:
    """`astronaut` (512x512, face 94 px wide at 225,128) or `hopper` (512x600, face 190 px wide at 266,243)."""
    if name == "astronaut":
        image = np.asarray(pytest.importorskip("skimage.data").astronaut(), np.uint8)
    else:
        cbook = pytest.importorskip("matplotlib.cbook")
        path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
        image = np.asarray(cv2.cvtColor(np.asarray(cv2.imread(str(path)), np.uint8), cv2.COLOR_BGR2RGB), np.uint8)
    image.setflags(write=False)
    return image


FACES = {"astronaut": (225.0, 128.0, 94.0), "hopper": (266.0, 243.0, 188.0)}  # centre and width, pixels of the photo


@cache
def wall(width: int, height: int, seed: int = 0) -> U8:
    """A room without anybody: patches and fine texture."""
    random = np.random.default_rng(seed)
    coarse = cv2.resize(
        random.uniform(40, 200, (5, 7, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    fine = random.normal(0, 5, (height, width, 1)).astype(np.float32)
    return np.asarray(np.clip(coarse + fine, 0, 255), np.uint8)


@dataclass(frozen=True)
class Placed:
    """A head in a picture: face centre and face width, pixels; turn: degrees clockwise."""

    name: str
    x: float
    y: float
    width: float
    turn: float = 0.0
    mirrored: bool = False


@cache
def shrunk(name: str, k: float) -> U8:
    """The photo as a camera would see it at `k` of its size, without aliasing, on its own pixels."""
    return np.asarray(cv2.GaussianBlur(photo(name), (0, 0), 0.35 / k), np.uint8) if k < 0.5 else photo(name)


@cache
def outline(name: str) -> F32:
    """(h, w), 0 to 1: the head in its photo, with a soft edge."""
    x, y, face = FACES[name]
    alpha = np.zeros(photo(name).shape[:2], np.float32)
    cv2.ellipse(alpha, (round(x), round(y)), (round(0.9 * face), round(1.15 * face)), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 0.06 * face), np.float32)


def paint(people: Sequence[Placed], size: tuple[int, int] = (640, 480), seed: int = 0) -> U8:
    """uint8 (h, w, 3): heads with soft outlines before a wall, the last one in front. size: width, height."""
    out = wall(*size, seed).astype(np.float32)
    for p in people:
        x, y, face = FACES[p.name]
        k = p.width / face
        a = np.radians(p.turn)
        linear = k * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
        if p.mirrored:
            linear = linear @ np.diag([-1.0, 1.0])
        reach = math.ceil(1.5 * p.width)  # no outline is farther away
        left, top = max(0, round(p.x) - reach), max(0, round(p.y) - reach)
        right, bottom = min(size[0], round(p.x) + reach), min(size[1], round(p.y) + reach)
        if left >= right or top >= bottom:
            continue
        m = np.column_stack([linear, np.array([p.x - left, p.y - top]) - linear @ [x, y]])
        part = (right - left, bottom - top)
        layer = cv2.warpAffine(shrunk(p.name, k), m, part, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        cover = np.asarray(cv2.warpAffine(outline(p.name), m, part, flags=cv2.INTER_LINEAR), np.float32)[..., None]
        here = out[top:bottom, left:right]
        here += cover * (layer - here)
    return np.asarray(np.clip(np.round(out), 0, 255), np.uint8)


def framed(rgb: U8, pts: int = 0, index: int = 0, time_base: Fraction = MILLI) -> Frame:
    """A frame as decoding gives it; pts in milliseconds unless told."""
    picture = Planes.of(av.VideoFrame.from_ndarray(rgb, format="rgb24"))
    return Frame(index, pts, time_base, picture, 0.0)


def perceiver(rules: tuple[Rule, ...] = ALL) -> Perceiver:
    return Perceiver(networks(), rules)


def noisy(rgb: U8, seed: int, sigma: float = 4.0) -> U8:
    grain = np.random.default_rng(seed).standard_normal(rgb.shape, np.float32) * np.float32(sigma)
    return np.asarray(np.clip(rgb + grain, 0, 255), np.uint8)


def nearest(points: Sequence[tuple[float, float]], at: tuple[float, float]) -> int:
    """The index of the point nearest to `at`."""
    away = np.hypot(*(np.asarray(points, np.float32) - np.asarray(at, np.float32)).T)
    return int(np.argmin(away))


def eyes(mesh: F32) -> F32:
    """The middles of the right and the left eye, (2, 2)."""
    return np.asarray([mesh[[33, 133], :2].mean(0), mesh[[362, 263], :2].mean(0)], np.float32)
