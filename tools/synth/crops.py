"""Labelled crops: a face, its clean plate, and something in front of it or nothing, as the network sees them."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.occlusion.network import NONE, OPAQUE, SIDE, TRANSPARENT
from engines.values import F32, U8
from tools.synth import clear, smoke, things
from tools.synth.camera import astray, filmed, lit, shadowed
from tools.synth.faces import FaceView, Portrait, random_pose, view
from tools.synth.hands import Hands
from tools.synth.layers import LayerKind, Layers, Sheet, placement
from tools.synth.morph import morphed
from tools.synth.noise import fractal, texture
from tools.synth.worn import dressed

UNSURE = 255  # the label of "barely there": the classifier's loss leaves it out
VISIBLE = 10.0  # levels of change below which a transparent thing is hardly there
ENOUGH, HARDLY = 0.04, 0.006  # share of the mesh under an occluder: above it counts, below it does not
KINDS = {"none": 0.28, "opaque": 0.32, "veil": 0.18, "glass": 0.18, "mixed": 0.04}
OPAQUES = {
    "hand": 0.48, "fingers": 0.10, "object": 0.15, "microphone": 0.05, "cup": 0.06, "phone": 0.06, "strands": 0.05,
    "scarf": 0.05,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CropPeople:
    """Who and what may appear: portraits by person, and hands. Training and validation have casts that share
    neither."""

    people: dict[str, tuple[Portrait, ...]]
    hands: Hands
    morphs: float = 0.0  # share of people who are made of two

    def looks(self, rng: np.random.Generator) -> tuple[Portrait, Portrait]:
        """Two looks at one random person, the same one twice where there is but one."""
        names = sorted(self.people)
        some = self.people[names[int(rng.integers(len(names)))]]
        first, second = rng.integers(len(some), size=2)
        looks = some[int(first)], some[int(second)]
        if rng.random() >= self.morphs:
            return looks
        # both looks get their share from the same photo: what differs between them stays the first person's own
        guests = self.people[names[int(rng.integers(len(names)))]]
        guest, share = guests[int(rng.integers(len(guests)))], float(rng.uniform(0.25, 0.75))
        return morphed(looks[0], guest, share), morphed(looks[1], guest, share)


@dataclass(frozen=True, slots=True)
class Sample:
    """face: uint8 (7, 128, 128): RGB, the plate's RGB (zero where unknown), the mesh mask times 255. maps: uint8
    (3, 128, 128): opaque, veil alpha, glass region, times 255. label: NONE, OPAQUE, TRANSPARENT or UNSURE. kind: its
    name."""

    face: U8
    maps: U8
    label: int
    kind: str


def label(maps: F32, mask: F32, change: F32) -> int:
    """The class of label maps (3, h, w) under the mesh's mask: the transparent outranks the opaque. change: float32
    (h, w), levels by which the thing altered the picture: clean glass before a plain cheek is none that anyone could
    see.
    """
    area = max(float(mask.sum()), 1.0)
    seen = mask * (change > VISIBLE)
    there = [float(((m > 0.05) * mask).sum()) / area for m in maps]
    opaque, veil, glass = (float(((m > 0.05) * seen).sum()) / area for m in maps)
    clear_, solid = max(veil, glass), opaque
    if clear_ >= ENOUGH:
        return TRANSPARENT
    if clear_ > HARDLY:
        return UNSURE
    if solid >= ENOUGH:
        return OPAQUE
    return UNSURE if max(there) > HARDLY else NONE


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


def solid(people: CropPeople, seen: FaceView, rng: np.random.Generator) -> tuple[Sheet, F32]:
    """Something opaque and where it is placed: from outside towards the face, its far end away from the middle."""
    name = str(rng.choice(list(OPAQUES), p=np.array(list(OPAQUES.values())) / sum(OPAQUES.values())))
    at, width = _reach(seen.points, rng)
    own = skin(seen.image, seen.points) if rng.random() < 0.45 else None
    if name == "hand":
        sheet = people.hands.sheet(rng, own)
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


def transparent(kind: str, seen: FaceView, rng: np.random.Generator) -> Layers:
    at, width = _reach(seen.points, rng)
    if kind == "veil":
        cloud = smoke.smoke(rng)
        return cloud.layers(
            float(rng.uniform(0, 30)), at, width * rng.uniform(1.0, 3.2), (SIDE, SIDE), rng.uniform(0.4, 1)
        )
    sheet = clear.glass(rng) if rng.random() < 0.72 else clear.liquid(rng)
    place = placement(sheet.side, at, width * rng.uniform(0.6, 1.9), rng.normal(0, 0.5), bool(rng.random() < 0.5))
    return sheet.placed(place, (SIDE, SIDE), float(rng.uniform(0, 0.8)))


def backdrop(rng: np.random.Generator) -> F32:
    """float32 (128, 128, 3): something to stand before."""
    return np.asarray(cv2.resize(texture(48, rng), (SIDE, SIDE)), np.float32)


def sample(people: CropPeople, rng: np.random.Generator, kind: str | None = None) -> Sample:
    """One labelled crop; kind: one of KINDS, random by their shares where None."""
    if kind is None:
        kind = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    looks = dressed(people.looks(rng), rng)
    back = backdrop(rng) if rng.random() < 0.7 else None
    seen = view(*looks, random_pose(rng), rng, back)
    image, plate = lit((seen.image, seen.plate), rng)
    seen = FaceView(image, plate, seen.mask, seen.points)
    maps, bare = np.zeros((3, SIDE, SIDE), np.float32), image
    if kind in ("veil", "glass") or (kind == "mixed" and rng.random() < 0.5):
        layers = transparent(kind if kind != "mixed" else str(rng.choice(["veil", "glass"])), seen, rng)
        image = layers.over(image)
        maps[1], maps[2] = layers.map(LayerKind.VEIL), layers.map(LayerKind.GLASS)
    if kind in ("opaque", "mixed"):
        for _ in range(1 + int(rng.random() < 0.15)):
            sheet, place = solid(people, seen, rng)
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
    return packed(filmed(image, rng), plate, mask, maps, label(maps, seen.mask, differing(image, bare)), kind)


def differing(image: F32, bare: F32) -> F32:
    """float32 (h, w): the largest channel's difference between two pictures, levels."""
    return np.asarray(cv2.absdiff(np.asarray(image, np.float32), np.asarray(bare, np.float32)).max(2), np.float32)


def packed(image: U8, plate: F32, mask: F32, maps: F32, label_: int, kind: str) -> Sample:
    """Everything as bytes, planes first."""
    flat = [np.clip(plate, 0, 255).astype(np.uint8), (mask[..., None] * 255).astype(np.uint8)]
    face = np.concatenate([image, *flat], 2).transpose(2, 0, 1)
    return Sample(np.ascontiguousarray(face), (maps * 255 + 0.5).astype(np.uint8), label_, kind)
