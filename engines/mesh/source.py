"""The source face: its photo lifted into mesh space once, with hidden parts filled and its own shadows taken out."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines.detector import Detection, Detector
from engines.errors import SourceError
from engines.landmarks import Landmarks, roi_from_eyes, roi_from_mesh
from engines.mesh import light, region, skin, texture, warp
from engines.mesh.shape import fit
from engines.values import F32, U8

CERTAIN = 0.75  # score of a face that is said to lie: walls reach .7
LEVELS = 4  # of the texture's pyramid
MIRRORED = 0.01  # weight of a mirror image: it counts where the face's own side is seen at less than about a third
SMALLEST = 48  # pixels of face width that a source needs


@dataclass(frozen=True, slots=True)
class SourceFace:
    """textures: uint8 (SIDE, SIDE, 3) RGB and its halvings. shape: float32 (468, 3), canonical centimetres. notes: what
    a user may want to know."""

    textures: tuple[U8, ...]
    shape: F32
    notes: tuple[str, ...] = ()


def measure(image: U8, landmarks: Landmarks, detection: Detection) -> tuple[F32, float]:
    """The mesh (468, 3) of a detected face, and its presence score."""
    b = detection.box
    roi = roi_from_eyes((b.x0, b.y0, b.x1, b.y1), detection.points[0], detection.points[1])
    mesh, score = landmarks.run(image, roi)
    for _ in range(2):
        mesh, score = landmarks.run(image, roi_from_mesh(mesh))
    return mesh, score


def find(image: U8, detector: Detector, name: str) -> tuple[Detection, int]:
    """The largest face of a photo, and how many were seen. Looks closer, and at turned copies, before giving up."""
    found = detector.whole(image)
    h, w = image.shape[:2]
    if not found and max(h, w) > 256:
        padded = cv2.copyMakeBorder(image, 0, 256, 0, 256, cv2.BORDER_REPLICATE)
        tile = max(256, max(h, w) // 4)
        found = detector.tiled((w, h), tile, lambda x, y, s: np.asarray(padded[y : y + s, x : x + s], np.uint8))
    if not found:
        for turns, words in ((1, "on its right side"), (2, "upside down"), (3, "on its left side")):
            if any(d.score > CERTAIN for d in detector.whole(np.ascontiguousarray(np.rot90(image, turns)))):
                raise SourceError(f"{name}: the face in this {w}x{h} photo lies {words}; turn the photo upright first")
        raise SourceError(
            f"{name}: no face seen in this {w}x{h} photo; give one where both eyes, nose and mouth can be seen"
        )
    return max(found, key=lambda d: d.box.area), len(found)


def delight(photo: U8) -> U8:
    """Takes the one-sided part of a face's light out of its texture.

    Skin tone is nearly symmetric, light is not: the odd part of the log low-pass is light. uint8 (SIDE, SIDE, 3).
    """
    weight = region.skin()
    log = np.log(photo.astype(np.float32) + 8)
    ((low, _),) = light.broad(log, weight, (1.2 * texture.CM,))
    odd = warp.enlarge(np.asarray((low - low[:, ::-1]) / 2, np.float32), weight.shape)
    return np.asarray(np.clip(np.exp(log - odd) - 8, 0, 255), np.uint8)


def merge(lifted: Sequence[tuple[U8, F32]]) -> tuple[U8, F32]:
    """Several photos of one person as one texture: the best seen of each, mirror images where all are blind. Also how
    well each texel was seen."""
    total = np.full((texture.SIDE, texture.SIDE, 1), 1e-4, np.float32)
    mixed = np.zeros((texture.SIDE, texture.SIDE, 3), np.float32)
    first = lifted[0][0]
    for picture, seen in lifted:
        even = picture if picture is first else match(picture, first)
        for image, sight, share in ((even, seen, 1.0), (even[:, ::-1], seen[:, ::-1], MIRRORED)):
            weight = np.float32(share) * (np.clip(sight - 0.05, 0, 1) ** 4)[..., None]
            mixed += weight * image
            total += weight
    fallback = 1e-4 * first.astype(np.float32)
    seen = np.max([np.maximum(sight, 0.7 * sight[:, ::-1]) for _, sight in lifted], axis=0)
    return np.asarray(np.clip((mixed + fallback) / total + 0.5, 0, 255), np.uint8), np.asarray(seen, np.float32)


def match(picture: U8, like: U8) -> U8:
    """A texture with another's mean skin tone."""
    skin = region.skin() > 0.5
    gain = (like[skin].mean(0) + 1) / (picture[skin].mean(0) + 1)
    return np.asarray(np.clip(picture * gain, 0, 255), np.uint8)


def locate(name: str, image: U8, detector: Detector, landmarks: Landmarks) -> tuple[F32, tuple[str, ...]]:
    """The mesh (468, 3) of a photo's largest face, and what is to be said of it. Raises SourceError."""
    detection, count = find(image, detector, name)
    mesh, score = measure(image, landmarks, detection)
    wide = float(np.ptp(mesh[:, 0]))
    if score < 0.5:
        raise SourceError(f"{name}: what was found looks hardly like a face (score {score:.2f}); give a clearer photo")
    if wide < SMALLEST:
        raise SourceError(f"{name}: the face is only {wide:.0f} pixels wide; at least {SMALLEST} are needed")
    if count == 1:
        return mesh, ()
    x, y = detection.box.centre
    return mesh, (f"{name}: {count} faces seen, the largest (at {x:.0f},{y:.0f}) was taken; crop for another",)


def prepare_source(photos: Sequence[tuple[str, U8]], detector: Detector, landmarks: Landmarks) -> SourceFace:
    """Reads a person from photos, each a name for messages and uint8 (h, w, 3) RGB. Raises SourceError."""
    if not photos:
        raise SourceError("no source photo given")
    lifted, shapes, notes = [], [], list[str]()
    for name, image in photos:
        mesh, said = locate(name, image, detector, landmarks)
        notes += said
        lifted.append(texture.lift(image, mesh))
        shapes.append(fit(mesh).to_canonical(mesh))
    whole, seen = merge(lifted)
    return assemble(delight(whole), seen, np.mean(shapes, 0).astype(np.float32), tuple(notes))


def assemble(whole: U8, seen: F32, shape: F32, notes: tuple[str, ...] = ()) -> SourceFace:
    """A source face from its texture, uint8 (SIDE, SIDE, 3), and how well each texel was seen, float32 (SIDE, SIDE):
    hair, background and what was seen badly become plain skin."""
    levels = [skin.fill(whole, seen)]
    for _ in range(LEVELS - 1):
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.uint8))
    return SourceFace(tuple(levels), shape, notes)
