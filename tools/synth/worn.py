"""What belongs to a face and is no occluder: spectacles, beards, fringes, drawn on a portrait by its mesh.

Drawn from a seed, so that two looks at one person wear the same thing.
"""

from dataclasses import replace

import cv2
import numpy as np

from engines.mesh.topology import OVAL
from engines.values import F32, U8
from tools.synth.eyewear import drawing as easel
from tools.synth.eyewear import shapes as eyewear
from tools.synth.faces import Portrait
from tools.synth.noise import fractal


def spectacles(image: U8, mesh: F32, rng: np.random.Generator, glint: np.random.Generator) -> U8:
    """Frames, lenses and arms. glint: what may differ between two looks: reflections."""
    return np.asarray(easel.put_on(image, mesh, eyewear.spectacles(rng), rng, glint)[0], np.uint8)


def beard(image: U8, mesh: F32, rng: np.random.Generator) -> U8:
    """Hair over jaw and upper lip, of short dark strokes."""
    jaw = OVAL[11:26]
    low = np.concatenate([mesh[jaw, :2], mesh[[132, 205, 2, 425, 361], :2]])
    mask = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(mask, [cv2.convexHull(np.round(low).astype(np.int32))], 1.0)
    lips = mesh[[61, 37, 0, 267, 291, 314, 17, 84], :2]
    cv2.fillPoly(mask, [cv2.convexHull(np.round(lips).astype(np.int32))], 0.0)
    size = float(np.ptp(mesh[OVAL, 0]))
    soft = cv2.GaussianBlur(mask, (0, 0), size * 0.03)
    grain = fractal(image.shape[0], image.shape[1], rng, 3, 5)
    tone = np.array([30, 22, 18]) + rng.uniform(0, 90) * np.array([1.0, 0.8, 0.6])
    amount = np.clip(soft * rng.uniform(0.5, 1.1) * (0.5 + grain), 0, 0.95)[..., None]
    return np.asarray(np.clip(image * (1 - amount) + tone * amount, 0, 255), np.uint8)


def fringe(image: U8, mesh: F32, rng: np.random.Generator) -> U8:
    """Hair that falls from the hairline over the forehead."""
    size = float(np.ptp(mesh[OVAL, 0]))
    tone = np.array([[25, 18, 15], [70, 45, 30], [120, 85, 50], [180, 140, 90]])[rng.integers(4)].astype(float)
    out = image.copy()
    top = mesh[[103, 67, 109, 10, 338, 297, 332], :2]
    lean, reach = rng.normal(0, 0.12), rng.uniform(0.12, 0.42)
    for _ in range(int(rng.integers(60, 260))):
        i, f = int(rng.integers(6)), rng.random()
        start = top[i] * (1 - f) + top[i + 1] * f - (0, rng.uniform(0.05, 0.15) * size)
        end = np.add(start, (lean * size + rng.normal(0, 0.03) * size, (reach + 0.1) * size * rng.uniform(0.6, 1.1)))
        bend = (start + end) / 2 + (rng.normal(0, 0.02) * size, 0)
        curve = np.stack([start, bend, end]).astype(np.int32)
        cv2.polylines(
            out, [curve], False, tuple((tone * rng.uniform(0.6, 1.3)).tolist()), int(rng.integers(1, 3)), cv2.LINE_AA
        )
    return out


def dressed(looks: tuple[Portrait, Portrait], rng: np.random.Generator) -> tuple[Portrait, Portrait]:
    """Two looks at one person, wearing the same things or, mostly, nothing more than they do."""
    wears = rng.random(3) < (0.16, 0.07, 0.08)
    seed = int(rng.integers(2**31))
    out = []
    for i, look in enumerate(looks):
        image, same = look.image, np.random.default_rng(seed)
        if wears[1]:
            image = beard(image, look.mesh, same)
        if wears[2]:
            image = fringe(image, look.mesh, same)
        if wears[0]:
            image = spectacles(image, look.mesh, same, np.random.default_rng(seed + 1 + i))
        out.append(replace(look, image=image))
    return out[0], out[1]
