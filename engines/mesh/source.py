"""The source face: its photo lifted into mesh space once, with hidden parts filled and its own shadows taken out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines import upright
from engines.detector import Detection, Detector
from engines.errors import SourceError
from engines.landmarks import LEFT_EYE, RIGHT_EYE, Landmarks, roi_from_eyes, roi_from_mesh
from engines.mesh import light, region, skin, texture, warp
from engines.mesh.photo import bare
from engines.mesh.shape import fit
from engines.occlusion.eyewear import EyewearNet
from engines.values import F32, U8, Region

CERTAIN = 0.75  # score of a face in a turned copy: walls reach .7
LEVELS = 4  # of the texture's pyramid
MIRRORED = 0.01  # weight of a mirror image: it counts where the face's own side is seen at less than about a third
PRESENT = 0.5  # FaceMesh's score of what is a face
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
    """The largest face of a photo, the right way up, and how many were seen. Raises SourceError."""
    for found in _looks(image, detector):
        if found:
            return _righted(image, detector, found[0]), len(found)
    raise _nobody(image, name)


def _looks(image: U8, detector: Detector) -> Iterator[list[Detection]]:
    """Faces of a photo, the largest first: in all of it, closer, and in turned copies."""
    yield _sorted(detector.whole(image))
    h, w = image.shape[:2]
    if max(h, w) > 256:
        padded = cv2.copyMakeBorder(image, 0, 256, 0, 256, cv2.BORDER_REPLICATE)
        tile = max(256, max(h, w) // 4)
        yield _sorted(detector.tiled((w, h), tile, lambda x, y, s: np.asarray(padded[y : y + s, x : x + s], np.uint8)))
    for quarters in upright.QUARTERS:
        seen = detector.whole(upright.turned(image, quarters))
        yield _sorted([upright.unturned(d, quarters, (w, h)) for d in seen if d.score > CERTAIN])


def _sorted(found: list[Detection]) -> list[Detection]:
    return sorted(found, key=lambda d: -d.box.area)


def _nobody(image: U8, name: str) -> SourceError:
    h, w = image.shape[:2]
    return SourceError(
        f"{name}: no face seen in this {w}x{h} photo; give one where both eyes, nose and mouth can be seen"
    )


def _righted(image: U8, detector: Detector, found: Detection) -> Detection:
    """The detection the right way up: a photo may lie on its side, or upside down."""
    if found.score >= upright.SURE:
        return found
    rect = upright.around(found)
    x0, y0 = max(0, rect.x), max(0, rect.y)
    part = image[y0 : max(y0, rect.y + rect.h), x0 : max(x0, rect.x + rect.w)]
    return upright.righted(detector.whole, Region(x0, y0, part), found) if part.size else found


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
    """The mesh (468, 3) of a photo's largest face, at any roll, and what is to be said of it. Raises SourceError."""
    scores = []
    for found in _looks(image, detector):
        for i, detection in enumerate(found):
            mesh, score = measure(image, landmarks, _righted(image, detector, detection))
            if score >= PRESENT:
                return _large_enough(name, mesh), _notes(name, detection, len(found) - i)
            scores.append(score)
    if not scores:
        raise _nobody(image, name)
    raise SourceError(
        f"{name}: what was found looks hardly like a face (score {max(scores):.2f}); give a clearer photo"
    )


def _large_enough(name: str, mesh: F32) -> F32:
    wide = _across(mesh)
    if wide < SMALLEST:
        raise SourceError(f"{name}: the face is only {wide:.0f} pixels wide; at least {SMALLEST} are needed")
    return mesh


def _notes(name: str, detection: Detection, count: int) -> tuple[str, ...]:
    if count == 1:
        return ()
    x, y = detection.box.centre
    return (f"{name}: {count} faces seen, the largest (at {x:.0f},{y:.0f}) was taken; crop for another",)


def _across(mesh: F32) -> float:
    """The width of a face, pixels, along the line of its eyes."""
    eyes = mesh[LEFT_EYE, :2] - mesh[RIGHT_EYE, :2]
    return float(np.ptp(mesh[:, :2] @ (eyes / (np.linalg.norm(eyes) + 1e-6))))


def prepare_source(
    photos: Sequence[tuple[str, U8]], detector: Detector, landmarks: Landmarks, eyewear: EyewearNet | None = None
) -> SourceFace:
    """Reads a person from photos, each a name for messages and uint8 (h, w, 3) RGB. eyewear: finds their spectacles,
    which are then taken off. Raises SourceError."""
    if not photos:
        raise SourceError("no source photo given")
    lifted, shapes, notes = [], [], list[str]()
    for name, image in photos:
        mesh, said = locate(name, image, detector, landmarks)
        notes += said
        face, sight = texture.lift(image, mesh)
        worn = bare.rims(image, mesh, eyewear) if eyewear else None
        lifted.append((face, sight) if worn is None else bare.without(face, sight, worn))
        shapes.append(fit(mesh).to_canonical(mesh))
    whole, seen = merge(lifted)
    return assemble(delight(whole), seen, np.mean(shapes, 0).astype(np.float32), tuple(notes))


def assemble(whole: U8, seen: F32, shape: F32, notes: tuple[str, ...] = ()) -> SourceFace:
    """A source face from its texture, uint8 (SIDE, SIDE, 3), and how well each texel was seen, float32 (SIDE, SIDE):
    hair, background and what was seen badly become plain skin."""
    levels = [skin.fill(whole, skin.confidence(whole, seen))]
    for _ in range(LEVELS - 1):
        levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.uint8))
    return SourceFace(tuple(levels), shape, notes)
