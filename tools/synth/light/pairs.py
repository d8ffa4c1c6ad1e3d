"""Light pairs: a swapped face as the light network sees it, and what it should look like.

Forward: somebody's photo in a made scene, and another person swapped onto it; the truth is that other person swapped in
flat light and lit by the same scene. Nothing of the target's features can help there. Backward: the target is itself a
swap onto a real photo, and the truth is the real photo.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from engines.mesh import raster
from engines.mesh.field.lightfield import LightField
from engines.mesh.field.lightnet import CELLS, SIDE, LitFace, matrix_of, prepare
from engines.mesh.holes import covered
from engines.mesh.shape import fit
from engines.mesh.source import SourceFace
from engines.mesh.swapper import MeshSwapper
from engines.mesh.topology import TRIANGLES
from engines.occlusion.network import SIDE as VIEW
from engines.occlusion.network import cut
from engines.values import F32, U8, Region
from tools.synth.faces import FaceView, random_pose, view
from tools.synth.light.cast import LitPortrait
from tools.synth.light.lamps import LightScene, filmed, level_of, random_scene, shading

FORWARD = 0.7  # share of pairs
People = dict[str, tuple[LitPortrait, ...]]


@dataclass(frozen=True, slots=True)
class LightPair:
    """face: uint8 (15, 64, 64), see `lightnet.prepare`. truth: uint8 (3, 64, 64), what the painting should look like.
    weight: uint8 (64, 64), where it counts."""

    face: U8
    truth: U8
    weight: U8


class _Recorder:
    """Keeps what the light network would see; changes nothing."""

    def __init__(self) -> None:
        self.face: LitFace | None = None

    def run(self, face: LitFace) -> F32:
        self.face = face
        return np.zeros((CELLS, CELLS, 3), np.float32)


def swapped(image: U8, points: F32, person: SourceFace, recorder: _Recorder | None = None) -> tuple[U8, F32]:
    """A person over a picture's face, at exactly its shape: uint8 (h, w, 3), and alpha, float32 (h, w)."""
    same = replace(person, shape=fit(points).to_canonical(points))
    patch = MeshSwapper(same, None, LightField(recorder) if recorder else None).swap(Region(0, 0, image), points, 0.0)
    out, alpha = image.copy(), np.zeros(image.shape[:2], np.float32)
    if patch is None:
        return out, alpha
    y, x = slice(patch.y, patch.y + patch.rgb.shape[0]), slice(patch.x, patch.x + patch.rgb.shape[1])
    weight = patch.alpha[..., None]
    out[y, x] = np.asarray(image[y, x] * (1 - weight) + patch.rgb * weight + 0.5, np.uint8)
    alpha[y, x] = patch.alpha
    return out, alpha


def _shape(points: F32) -> tuple[F32, F32, F32]:
    """Normals (h, w, 3), depth (h, w) and where both are known, of a mesh in the pixels of a view."""
    a, b, c = (points[TRIANGLES[:, i]] for i in range(3))
    each = np.cross(b - a, c - a) * raster.FRONT_SIGN
    normal = np.zeros_like(points)
    for i in range(3):
        np.add.at(normal, TRIANGLES[:, i], each)
    normal *= -np.sign(np.median(each[:, 2])) / (np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6)
    at = raster.with_skirt(points)
    flat = np.ascontiguousarray(at[:, :2])
    index = raster.cover(flat, at[:, 2], VIEW, VIEW)
    values = np.concatenate([raster.with_skirt(normal.astype(np.float32)), at[:, 2:]], 1)
    planes = raster.fields(index, flat, values)
    on = np.asarray(index >= raster.FIRST_FACE, np.float32)
    field = cv2.GaussianBlur(np.ascontiguousarray(planes[..., :3]), (0, 0), 1.0)
    field = field / (np.linalg.norm(field, axis=2, keepdims=True) + 1e-6)
    depth = np.where(index >= 0, planes[..., 3], at[:, 2].max())
    return np.asarray(field, np.float32), np.asarray(depth, np.float32), on


def _one(people: People, name: str, rng: np.random.Generator) -> LitPortrait:
    some = people[name]
    return some[int(rng.integers(len(some)))]


def _any_light(model: LitPortrait, rng: np.random.Generator) -> SourceFace:
    return model.sources[int(rng.integers(len(model.sources)))]


def _in_scene(image: U8, light: tuple[F32, F32], scene: LightScene, level: float) -> U8:
    return np.asarray(filmed(image.astype(np.float32), light, scene, level) + 0.5, np.uint8)


def _coded(image: U8, rng: np.random.Generator) -> U8:
    """As a codec leaves it."""
    if rng.random() < 0.5:
        return image
    ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 92))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8) if ok else image


def pair(people: People, rng: np.random.Generator) -> LightPair | None:
    """One pair; None where the face could not be painted."""
    names = sorted(people)
    one, other = (str(n) for n in rng.choice(names, 2, replace=False))
    seat = _one(people, one, rng)
    posed: FaceView = view(seat.portrait, seat.portrait, random_pose(rng, 0.9), rng)
    plain, points = np.asarray(np.clip(posed.image, 0, 255), np.uint8), posed.points
    hard = float(rng.random() < 0.85) * rng.uniform(0.3, 1)
    scene, (normals, depth, on) = random_scene(rng, hard), _shape(points)
    light = shading(scene, normals, depth, on)
    level = level_of(plain.astype(np.float32), light, on)
    guest = _one(people, other, rng)
    if rng.random() < FORWARD:
        person = _one(people, other, rng) if rng.random() < 0.4 else guest
        true, target = swapped(plain, points, guest.sources[0])[0], plain
    else:
        person = _one(people, one, rng)
        true, target = plain, swapped(plain, points, guest.sources[0])[0]
    truth, shown = (_in_scene(picture, light, scene, level) for picture in (true, target))
    recorder = _Recorder()
    _, alpha = swapped(_coded(shown, rng), points, _any_light(person, rng), recorder)
    if recorder.face is None:
        return None
    matrix, size = matrix_of(points), (SIDE, SIDE)
    weight = np.asarray(alpha * (1 - covered(points, alpha.shape)) * 255, np.uint8)
    return LightPair(
        prepare(recorder.face),
        np.asarray(cut(truth, matrix, size).transpose(2, 0, 1), np.uint8),
        np.asarray(cut(weight, matrix, size), np.uint8),
    )
