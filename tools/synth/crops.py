"""Labelled crops: a face, its clean plate, and something in front of it or nothing, as the network sees them."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.occlusion import NONE, OPAQUE, SIDE, TRANSPARENT
from engines.values import F32, U8
from tools.synth import clear, smoke, things
from tools.synth.faces import Portrait, View, view
from tools.synth.hands import Hands
from tools.synth.layers import Kind, Layers, Sheet, placement
from tools.synth.noise import fractal
from tools.synth.worn import dressed

UNSURE = 255  # the label of "barely there": the classifier's loss leaves it out
ENOUGH, HARDLY = 0.04, 0.006  # share of the mesh under an occluder: above it counts, below it does not
KINDS = {"none": 0.28, "opaque": 0.32, "veil": 0.18, "glass": 0.18, "mixed": 0.04}
OPAQUES = {
    "hand": 0.48, "fingers": 0.10, "object": 0.15, "microphone": 0.05, "cup": 0.06, "phone": 0.06, "strands": 0.05,
    "scarf": 0.05,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what may appear: portraits by person, and hands. Training and validation have casts that share
    neither."""

    people: dict[str, tuple[Portrait, ...]]
    hands: Hands

    def looks(self, rng: np.random.Generator) -> tuple[Portrait, Portrait]:
        """Two looks at one random person, the same one twice where there is but one."""
        names = sorted(self.people)
        some = self.people[names[int(rng.integers(len(names)))]]
        first, second = rng.integers(len(some), size=2)
        return some[int(first)], some[int(second)]


@dataclass(frozen=True, slots=True)
class Sample:
    """face: uint8 (7, 128, 128): RGB, the plate's RGB (zero where unknown), the mesh mask times 255. maps: uint8
    (3, 128, 128): opaque, veil alpha, glass region, times 255. label: NONE, OPAQUE, TRANSPARENT or UNSURE. kind: its
    name."""

    face: U8
    maps: U8
    label: int
    kind: str


def label(maps: F32, mask: F32) -> int:
    """The class of label maps (3, h, w) under the mesh's mask: the transparent outranks the opaque."""
    area = max(float(mask.sum()), 1.0)
    opaque, veil, glass = (float(((m > 0.05) * mask).sum()) / area for m in maps)
    clear_, solid = max(veil, glass), opaque
    if clear_ >= ENOUGH:
        return TRANSPARENT
    if clear_ > HARDLY:
        return UNSURE
    if solid >= ENOUGH:
        return OPAQUE
    return UNSURE if solid > HARDLY else NONE


def _reach(points: F32, rng: np.random.Generator) -> tuple[tuple[float, float], float]:
    """A spot that something covers, mostly on the face, and the face's width, crop pixels."""
    low, high = points[:, :2].min(0), points[:, :2].max(0)
    middle, half = (low + high) / 2, (high - low) / 2
    at = middle + half * rng.uniform(-1.15, 1.15, 2) + (0, 0.25 * half[1] * rng.random())
    return (float(at[0]), float(at[1])), float(high[0] - low[0])


def skin(image: F32, points: F32) -> F32:
    """float32 (3,): the face's own skin colour, from the cheeks."""
    at = np.clip(points[[50, 280, 101, 330, 205, 425], :2].round().astype(int), 2, SIDE - 3)
    return np.asarray(np.mean([image[y - 2 : y + 3, x - 2 : x + 3].mean((0, 1)) for x, y in at], axis=0), np.float32)


def solid(cast: Cast, seen: View, rng: np.random.Generator) -> tuple[Sheet, F32]:
    """Something opaque and where it is placed: from outside towards the face, its far end away from the middle."""
    name = str(rng.choice(list(OPAQUES), p=np.array(list(OPAQUES.values())) / sum(OPAQUES.values())))
    at, width = _reach(seen.points, rng)
    own = skin(seen.image, seen.points) if rng.random() < 0.45 else None
    if name == "hand":
        sheet = cast.hands.sheet(rng, own)
    elif name == "fingers":
        sheet = things.fingers(rng, own)
    else:
        sheet = things.THINGS[name](rng)
    # turned so that its lower edge points away from the face's middle: something held comes from outside
    outward = np.asarray(at) - SIDE / 2 + (0, 18)
    angle = float(np.arctan2(-outward[0], outward[1])) + rng.normal(0, 0.5)
    if name in ("strands", "scarf"):
        angle = rng.normal(0, 0.35)
    size = width * (rng.uniform(0.7, 1.9) if name in ("hand", "scarf", "strands") else rng.uniform(0.45, 1.5))
    return sheet, placement(sheet.side, at, float(size), angle, bool(rng.random() < 0.5))


def shadowed(image: F32, alpha: F32, rng: np.random.Generator) -> F32:
    """The occluder's shadow on what lies behind it: its outline, moved and blurred."""
    dx, dy = rng.normal(0, 6, 2)
    m = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    soft = cv2.GaussianBlur(cv2.warpAffine(alpha, m, (SIDE, SIDE)), (0, 0), rng.uniform(1.5, 7))
    return np.asarray(image * (1 - rng.uniform(0.1, 0.55) * soft)[..., None], np.float32)


def transparent(kind: str, seen: View, rng: np.random.Generator) -> Layers:
    at, width = _reach(seen.points, rng)
    if kind == "veil":
        cloud = smoke.smoke(rng)
        return cloud.layers(
            float(rng.uniform(0, 30)), at, width * rng.uniform(1.0, 3.2), (SIDE, SIDE), rng.uniform(0.4, 1)
        )
    sheet = clear.glass(rng) if rng.random() < 0.72 else clear.liquid(rng)
    place = placement(sheet.side, at, width * rng.uniform(0.6, 1.9), rng.normal(0, 0.5), bool(rng.random() < 0.5))
    return sheet.placed(place, (SIDE, SIDE), float(rng.uniform(0, 0.8)))


def lit(images: tuple[F32, F32], rng: np.random.Generator) -> tuple[F32, F32]:
    """One light on both pictures: exposure, white balance, a slope across; the plate's lags a little behind."""
    gain = rng.uniform(0.45, 1.25) * rng.uniform(0.9, 1.1, 3)
    slope, angle = rng.uniform(0, 0.45), rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    field = (1 + slope * (x * np.cos(angle) + y * np.sin(angle)))[..., None] * gain
    lag = rng.normal(1, 0.04, 3) * (1 + rng.normal(0, 0.05) * x + rng.normal(0, 0.05) * y)[..., None]
    gamma = rng.uniform(0.8, 1.25)
    out = [255 * np.clip(im * f / 255, 0, 1) ** gamma for im, f in zip(images, (field, field * lag), strict=True)]
    return out[0].astype(np.float32), out[1].astype(np.float32)


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
    bend *= np.float32(strength)
    at = (x + bend[..., 0], y + bend[..., 1])
    plate, mask = cv2.remap(plate, *at, cv2.INTER_LINEAR), cv2.remap(mask, *at, cv2.INTER_LINEAR)
    if rng.random() < 0.6:
        plate = cv2.GaussianBlur(plate, (0, 0), rng.uniform(0.4, 1.4))
    if rng.random() < 0.1:
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(10, 40)
        known = 1 / (1 + np.exp(-((x - 64) * np.cos(angle) + (y - 64) * np.sin(angle) + offset) / 2))
        plate = plate * known[..., None]
    return np.asarray(plate, np.float32), np.asarray(mask, np.float32)


def filmed(image: F32, rng: np.random.Generator) -> U8:
    """As a camera and a codec would leave it: motion, loss of detail, noise, blocks."""
    if rng.random() < 0.3:
        small = int(SIDE / rng.uniform(1.2, 2.6))
        image = cv2.resize(
            cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA),
            (SIDE, SIDE),
            interpolation=cv2.INTER_LINEAR,
        )
    if rng.random() < 0.5:
        image = image + rng.normal(0, rng.uniform(0.5, 5), image.shape)
    out = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        ok, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
        out = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8) if ok else out
    return out


def sample(cast: Cast, rng: np.random.Generator, kind: str | None = None) -> Sample:
    """One labelled crop; kind: one of KINDS, random by their shares where None."""
    if kind is None:
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    seen = view(*dressed(cast.looks(rng), rng), rng)
    image, plate = lit((seen.image, seen.plate), rng)
    seen = View(image, plate, seen.mask, seen.points)
    maps = np.zeros((3, SIDE, SIDE), np.float32)
    if kind in ("veil", "glass") or (kind == "mixed" and rng.random() < 0.5):
        layers = transparent(kind if kind != "mixed" else str(rng.choice(["veil", "glass"])), seen, rng)
        image = layers.over(image)
        maps[1], maps[2] = layers.map(Kind.VEIL), layers.map(Kind.GLASS)
    if kind in ("opaque", "mixed"):
        for _ in range(1 + int(rng.random() < 0.15)):
            sheet, place = solid(cast, seen, rng)
            layers = sheet.placed(place, (SIDE, SIDE), float(rng.choice([0.0, rng.uniform(0.5, 2.0)])))
            if rng.random() < 0.35:
                image = shadowed(image, layers.alpha, rng)
            image = layers.over(image)
            keep = 1 - layers.alpha
            maps *= keep  # what lies behind it is no longer seen
            maps[0] = 1 - (1 - maps[0]) * keep
    elif kind == "none" and rng.random() < 0.2:
        image = image * (1 - rng.uniform(0.1, 0.5) * (fractal(SIDE, SIDE, rng, 2, 1) > 0.5))[..., None]
    plate, mask = astray(plate, seen.mask, rng)
    face = np.concatenate(
        [filmed(image, rng), np.clip(plate, 0, 255).astype(np.uint8), (mask[..., None] * 255).astype(np.uint8)], 2
    )
    return Sample(
        np.ascontiguousarray(face.transpose(2, 0, 1)), (maps * 255 + 0.5).astype(np.uint8), label(maps, seen.mask), kind
    )
