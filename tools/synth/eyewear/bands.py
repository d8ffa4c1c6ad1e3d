"""Labelled bands: the part of a face that spectacles lie in, with or without any, as the eyewear network sees it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from engines.errors import InputError
from engines.mesh import raster, shape
from engines.mesh.topology import LEFT_BROW, LEFT_EYE, OVAL, RIGHT_BROW, RIGHT_EYE
from engines.occlusion.eyewear import CM, HEIGHT, WIDTH, frame_to_band
from engines.occlusion.network import frame_to_crop, move
from engines.values import F32, U8
from tools.synth import things
from tools.synth.bank import PHOTOS, MeshFinder, meshed
from tools.synth.eyewear.drawing import depth, put_on
from tools.synth.eyewear.shapes import spectacles
from tools.synth.faces import expression, turned
from tools.synth.hands import Hands, load, split
from tools.synth.layers import placement
from tools.synth.noise import fractal
from tools.synth.purposes import Purpose, of_people
from tools.synth.worn import fringe

EVERY = 12  # frames between two portraits from a clip
FINE = 2  # pixels that a band is drawn with for each of its own
SIDE, MARGIN = 512, 1.4  # pixels and margin of a stored portrait
WORN = 0.55  # share of bands with spectacles


@dataclass(frozen=True, slots=True)
class Sitter:
    """image: uint8 (512, 512, 3) RGB. mesh: float32 (468, 3), its pixels. person: whose face, for splits. coarse: how
    many of the band's pixels one of the photo spanned, at least 1: what is drawn on it must not be finer."""

    image: U8
    mesh: F32
    person: str
    coarse: float = 1.0


@dataclass(frozen=True, slots=True)
class Band:
    """image: uint8 (80, 160, 3) RGB. map: uint8 (80, 160), what eyewear hides, times 255. worn: whether any is."""

    image: U8
    map: U8
    worn: bool


@dataclass(frozen=True, slots=True)
class Sitters:
    """Who may appear, and whose hands before them."""

    people: tuple[Sitter, ...]
    hands: Hands = field(default_factory=lambda: Hands(()))


def framed_sitter(image: U8, mesh: F32, person: str) -> Sitter:
    m = frame_to_crop(mesh, SIDE, MARGIN)
    close = cv2.warpAffine(image, m, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return Sitter(np.asarray(close, np.uint8), move(mesh, m), person, max(1.0, shape.fit(mesh).scale * CM))


def sitters(folder: Path, finder: MeshFinder) -> Iterator[Sitter]:
    """The people of the data folder's photos and signing clips, closer than `bank` keeps them."""
    return (framed_sitter(*one) for one in meshed(folder, finder))


def casts(folder: Path, finder: MeshFinder) -> dict[Purpose, Sitters]:
    """Who appears in which bands, with neither people nor hands in common; the sets are those of `bank.casts`. Raises
    InputError where the folder has too few photos or hands."""
    found = tuple(sitters(folder, finder))
    if not found:
        raise InputError(f"{folder} holds no photos of faces under photos/{{{', '.join(PHOTOS)}}}")
    pictures = load(folder / "occluders" / "hands")
    if not pictures:
        raise InputError(f"{folder / 'occluders' / 'hands'} holds no cut-out hands (PNG with alpha)")
    purposes, mine = of_people(s.person for s in found), split(pictures)
    return {p: Sitters(tuple(s for s in found if purposes[s.person] is p), mine[p]) for p in Purpose}


def _posed(sitter: Sitter, rng: np.random.Generator) -> tuple[F32, F32, F32]:
    """The face turned, as the band shows it, each pixel drawn `FINE` times: picture float32 (h, w, 3), mesh in its
    pixels, and its depth."""
    mesh = sitter.mesh + shape.fit(sitter.mesh).shift_to_image(expression(rng, float(rng.random() < 0.7)))
    mesh = turned(mesh, rng.normal(0, 0.3), rng.normal(0, 0.15), 0.0)
    seen = np.asarray(mesh + rng.normal(0, 0.004 * SIDE, 3) * (1, 1, 0), np.float32)  # FaceMesh is a little off
    m = frame_to_band(shape.fit(seen))
    angle, k = rng.normal(0, 0.03), rng.uniform(0.94, 1.07) * FINE
    c, s = k * np.cos(angle), k * np.sin(angle)
    off = np.array([WIDTH, HEIGHT]) / 2
    m = np.array([[c, -s], [s, c]]) @ m
    m[:, 2] += off * FINE - np.array([[c, -s], [s, c]]) @ off
    points = move(mesh, m.astype(np.float32))
    size = (HEIGHT * FINE, WIDTH * FINE)
    at = raster.with_skirt(points)
    index = raster.cover(np.ascontiguousarray(at[:, :2]), at[:, 2], size[1], size[0])
    where = raster.fields(index, np.ascontiguousarray(at[:, :2]), raster.with_skirt(sitter.mesh)[:, :2])
    level, _ = cv2.estimateAffinePartial2D(points[OVAL, :2], sitter.mesh[OVAL, :2], method=cv2.LMEDS)
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    around = np.dstack([x, y, np.ones_like(x)]) @ np.asarray(level, np.float32).T
    # what the mesh moves is carried on beyond it, ever less
    on = (index >= 0).astype(np.float32)
    shift = (where - around) * on[..., None]
    reach = (0, 0), 0.12 * size[1]
    carried = cv2.GaussianBlur(shift, *reach) / (cv2.GaussianBlur(on, *reach)[..., None] + 0.03)
    soft = cv2.GaussianBlur(on, (0, 0), 1.5)[..., None]
    where = around + carried + (shift - carried) * soft * on[..., None]
    picture = cv2.remap(
        sitter.image,
        np.asarray(where, np.float32),
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,  # type: ignore
    )
    return np.asarray(picture, np.float32), points, depth(points, index)


def _made_up(image: F32, points: F32, rng: np.random.Generator) -> F32:
    """What may look like rims and is none: painted lids, dark brows, bags beneath the eyes, deep sockets."""
    cm = 1 / shape.fit(points).scale
    marks = np.zeros(image.shape[:2], np.float32)
    deep = rng.uniform(0.1, 0.7) if rng.random() < 0.45 else 0.0
    for ring, brow in ((RIGHT_EYE, RIGHT_BROW), (LEFT_EYE, LEFT_BROW)):
        eye = points[ring, :2]
        middle = eye.mean(0)
        if rng.random() < 0.3:
            wide = middle + (eye - middle) * rng.uniform(1.0, 1.35, 2)
            cv2.polylines(marks, [np.round(wide * 16).astype(np.int32)], True, float(rng.uniform(0.2, 0.9)),
                          max(1, round(rng.uniform(0.05, 0.3) * cm)), cv2.LINE_AA, 4)  # fmt: skip
        if rng.random() < 0.3:
            cv2.fillPoly(marks, [cv2.convexHull(np.round(points[brow, :2]).astype(np.int32))], rng.uniform(0.2, 0.9))
        if rng.random() < 0.35:
            t = np.radians(np.linspace(rng.uniform(-10, 30), rng.uniform(140, 190), 16))
            bag = middle + np.stack([1.9 * np.cos(t), rng.uniform(0.9, 1.6) * np.sin(t)], 1) * cm
            cv2.polylines(marks, [np.round(bag * 16).astype(np.int32)], False, float(rng.uniform(0.1, 0.6)),
                          max(1, round(rng.uniform(0.04, 0.3) * cm)), cv2.LINE_AA, 4)  # fmt: skip
        if deep:
            size = tuple(np.round(rng.uniform(1.3, 2.4, 2) * (1, 0.7) * cm).astype(int).tolist())
            at, socket = np.round(middle + rng.normal(0, 0.15, 2) * cm).astype(int).tolist(), np.zeros_like(marks)
            cv2.ellipse(socket, at, size, 0, 0, 360, 1.0, -1)
            socket = np.asarray(cv2.GaussianBlur(socket, (0, 0), rng.uniform(0.25, 0.8) * cm), np.float32)
            marks = np.maximum(marks, socket * deep * rng.uniform(0.7, 1))
    soft = cv2.GaussianBlur(marks, (0, 0), max(0.5, rng.uniform(0.02, 0.12) * cm))[..., None]
    tone = rng.uniform(0, 90, 3) if rng.random() < 0.8 else rng.uniform(60, 255, 3)
    return np.asarray(image + (tone - image) * soft, np.float32)


def aged(image: F32, points: F32, rng: np.random.Generator) -> F32:
    """Wrinkles about the eyes: thin folds, each a dark line with a lighter one beside it."""
    cm = 1 / shape.fit(points).scale
    folds, ridges = (np.zeros(image.shape[:2], np.float32) for _ in "ab")
    strength = rng.uniform(0.2, 0.9)
    for ring in (RIGHT_EYE, LEFT_EYE):
        middle = points[ring, :2].mean(0)
        for _ in range(int(rng.integers(4, 22))):
            t = np.radians(rng.uniform(-60, 240)) + np.linspace(0, rng.uniform(0.1, 0.7), 8) * rng.choice([-1, 1])
            out = rng.uniform(1.2, 3.2) + np.linspace(0, rng.uniform(-0.6, 1.2), 8)
            line = middle + np.stack([1.25 * out * np.cos(t), 0.85 * out * np.sin(t)], 1) * cm
            value, wide = float(strength * rng.uniform(0.3, 1)), max(1, round(rng.uniform(0.02, 0.12) * cm))
            for into, shift in ((folds, 0.0), (ridges, 0.09 * cm)):
                corners = np.round((line + np.array([0, shift])) * 16).astype(np.int32)
                cv2.polylines(into, [corners], False, value, wide, cv2.LINE_AA, 4)
    dark, pale = (cv2.GaussianBlur(a, (0, 0), max(0.5, 0.03 * cm))[..., None] for a in (folds, ridges))
    out = image * (1 - dark * rng.uniform((0.3, 0.4, 0.4), (0.6, 0.8, 0.8)))
    return np.asarray(out + (255 - out) * pale * rng.uniform(0, 0.3), np.float32)


def _before(image: F32, hides: F32, hands: Hands, rng: np.random.Generator) -> tuple[F32, F32]:
    """Something in front of it all: a hand, fingers, strands, a thing. It is no eyewear, and hides it."""
    h, w = hides.shape
    name = str(rng.choice(["hand", "fingers", "strands", "object"]))
    sheet = hands.sheet(rng) if name == "hand" else things.THINGS[name](rng)
    at = (float(rng.uniform(0, w)), float(rng.uniform(0, h)))
    place = placement(sheet.side, at, float(w * rng.uniform(0.4, 1.3)), float(rng.normal(0, 1.2)), False)
    layers = sheet.placed(place, (h, w), float(rng.choice([0.0, 1.5])))
    return layers.over(image), np.asarray(hides * (1 - layers.alpha), np.float32)


def _lit(image: F32, rng: np.random.Generator) -> F32:
    """Another light: exposure, tint, a slope across, contrast."""
    h, w = image.shape[:2]
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    slope, angle = rng.uniform(0, 0.5 if rng.random() < 0.7 else 0.95), rng.uniform(0, 2 * np.pi)
    field = 1 + slope * (x * np.cos(angle) + y * np.sin(angle))
    gain = rng.uniform(0.45, 1.3) * rng.uniform(0.85, 1.15, 3)
    out = 255 * np.clip(image * (field[..., None] * gain) / 255, 0, 1) ** rng.uniform(0.75, 1.3)
    haze = rng.uniform(0, 0.35) if rng.random() < 0.3 else 0.0
    if rng.random() < 0.06:
        out = out.mean(2, keepdims=True) * np.ones(3)
    return np.asarray(out + haze * (rng.uniform(90, 230, 3) - out), np.float32)


def _filmed(image: F32, coarse: float, rng: np.random.Generator) -> U8:
    """At the band's own size, as a camera and a codec leave it: out of focus, moved, noisy, from fewer pixels."""
    h, w = HEIGHT, WIDTH
    if rng.random() < 0.3:
        length = int(rng.integers(2, 14))
        kernel = np.zeros((length, length), np.float32)
        angle, half = rng.uniform(0, np.pi), (length - 1) / 2
        reach = half * np.cos(angle), half * np.sin(angle)
        ends = [(round(half + s * reach[0]), round(half + s * reach[1])) for s in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0)
        image = np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.float32)
    times = max(coarse, rng.uniform(1, 3.2) if rng.random() < 0.45 else 1.0)
    few = cv2.resize(image, (round(w / times), round(h / times)), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.4:
        few = cv2.GaussianBlur(few, (0, 0), rng.uniform(0.3, 1.1))
    few = few + rng.normal(0, rng.uniform(0, 6), few.shape) * (rng.random() < 0.6)
    out = np.clip(few, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        ok, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))])
        out = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8) if ok else out
    return np.asarray(cv2.resize(out, (w, h), interpolation=cv2.INTER_LINEAR), np.uint8)


def band(cast: Sitters, rng: np.random.Generator) -> Band:
    """One labelled band."""
    sitter = cast.people[int(rng.integers(len(cast.people)))]
    if rng.random() < 0.15:
        sitter = replace(sitter, image=fringe(sitter.image, sitter.mesh, rng))
    image, points, deep = _posed(sitter, rng)
    if rng.random() < 0.5:
        image = _made_up(image, points, rng)
    if rng.random() < 0.25:
        image = aged(image, points, rng)
    size = (image.shape[0], image.shape[1])
    hides = np.zeros(size, np.float32)
    worn = bool(rng.random() < WORN)
    if worn:
        image, hides = put_on(image, points, spectacles(rng), rng, rng, deep)
    if cast.hands.pictures and rng.random() < 0.15:
        image, hides = _before(image, hides, cast.hands, rng)
    if rng.random() < 0.15:  # shadows of leaves and blinds
        image = np.asarray(image * (1 - rng.uniform(0.1, 0.5) * (fractal(*size, rng, 3, 1) > 0.5))[..., None])
    small = cv2.resize(hides, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    label = np.asarray(np.clip(small, 0, 1) * 255 + 0.5, np.uint8)
    return Band(_filmed(_lit(np.asarray(image, np.float32), rng), sitter.coarse, rng), label, worn)
