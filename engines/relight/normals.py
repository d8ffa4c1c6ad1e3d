"""Where a person's surface faces: from the face's mesh, carried on smoothly over head and body; or from a depth map.

Beyond the mesh nothing is known but the outline: there a round body turns away from the viewer. Between the two the
normals are as smooth as they can be. Source of the idea: Johnston, "Lumo", 2002. Directions as in `light`.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from engines.mesh import raster, shape
from engines.mesh.topology import SKIN_TRIANGLES
from engines.values import F32

GRID = 192  # longer side at which normals are carried on
EDGE_Z = 0.3  # how far the outline still faces the viewer: hair and cloth are no knives
FLAT = 0.0015  # pull towards the viewer, against the pull of four neighbours
SURE = 1.2  # centimetres within the oval from which on the mesh alone counts
TURNS = 60  # steps of smoothing on each grid


def of_mesh(mesh: F32) -> F32:
    """float32 (468, 3): unit normals of the points of a mesh (468, 3), pixels, smaller z is nearer."""
    # the fans that close eyes and mouth turn either way, and have no points of their own
    a, b, c = (mesh[SKIN_TRIANGLES[:, i]] for i in range(3))
    faces = np.cross(b - a, c - a) * raster.FRONT_SIGN  # as long as twice the area: large triangles count more
    out = np.zeros((468, 3), np.float64)
    for corner in range(3):
        np.add.at(out, SKIN_TRIANGLES[:, corner], faces)
    # with y down and z away the product points into the head; out of it, and y up, z to the viewer, is (-x, y, z)
    out = out * np.array([-1, 1, 1])
    return _unit(out.astype(np.float32))


def of_faces(meshes: Sequence[F32], height: int, width: int) -> tuple[F32, F32]:
    """Normals (h, w, 3) of all meshes, 0 off them, and how sure they are, (h, w), 0 to 1: less near the oval."""
    normals, sure = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
    for mesh in meshes:
        points = raster.with_skirt(mesh)
        at = np.ascontiguousarray(points[:, :2])
        index = raster.cover(at, points[:, 2], width, height)
        values = raster.with_skirt(np.concatenate([of_mesh(mesh), shape.TO_OVAL[:, None]], 1))
        fields = raster.fields(index, at, values)
        on = index >= raster.FIRST_FACE
        normals[on] = fields[on, :3]
        sure[on] = shape.smoothstep(fields[on, 3] / SURE)
    return _unit(normals), sure


def carried_on(normals: F32, sure: F32, alpha: F32) -> F32:
    """float32 (h, w, 3), unit vectors: normals that are known where `sure` (h, w), carried on over the whole person.
    alpha: float32 (h, w), the person."""
    h, w = alpha.shape
    scale = min(1.0, GRID / max(h, w))
    size = (max(8, round(w * scale)), max(8, round(h * scale)))
    inside = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    known = cv2.resize(sure, size, interpolation=cv2.INTER_AREA)
    given = (
        cv2.resize(normals * sure[..., None], size, interpolation=cv2.INTER_AREA) / np.maximum(known, 1e-6)[..., None]
    )
    rim, edge = _outline(np.asarray(inside, np.float32))
    # a face that touches the outline keeps its own normals
    rim *= 1 - np.minimum(1, 2 * known)
    pull = 4 * known + rim
    wanted = (given * (4 * known)[..., None] + edge * rim[..., None]) / np.maximum(pull, 1e-6)[..., None]
    solved = _smooth(np.asarray(wanted, np.float32), np.asarray(pull, np.float32), np.asarray(inside, np.float32))
    around = np.asarray(cv2.resize(solved, (w, h), interpolation=cv2.INTER_CUBIC), np.float32)
    return _unit(around + (normals - around) * sure[..., None])


def of_depth(depth: F32, relief: float, smooth: float) -> F32:
    """float32 (h, w, 3), unit vectors, of a depth map (h, w), larger is nearer, of any scale. relief: how far the
    person stands out, in shares of the picture's longer side. smooth: sigma in pixels."""
    low, high = np.percentile(depth, (2, 98))
    even = np.asarray((depth - low) / max(float(high - low), 1e-6), np.float32)
    soft = cv2.GaussianBlur(even, (0, 0), max(smooth, 0.5))
    dx, dy = (cv2.Sobel(soft, cv2.CV_32F, i, 1 - i, ksize=3) / 8 for i in (1, 0))
    away = relief * max(depth.shape)
    return _unit(np.dstack([-away * dx, away * dy, np.ones_like(soft)]).astype(np.float32))


def _outline(inside: F32) -> tuple[F32, F32]:
    """How much of an outline each pixel (h, w) is, and where the outline faces, (h, w, 3). The picture's own border is
    none: a body goes on there."""
    soft = cv2.GaussianBlur(inside, (0, 0), 2.5, borderType=cv2.BORDER_REPLICATE)
    dx, dy = (cv2.Sobel(soft, cv2.CV_32F, i, 1 - i, ksize=3) / 8 for i in (1, 0))
    length = np.sqrt(dx**2 + dy**2)
    out = -np.stack([dx, -dy], -1) / np.maximum(length, 1e-6)[..., None]
    flat = np.sqrt(1 - EDGE_Z**2)
    edge = np.dstack([out * flat, np.full_like(length, EDGE_Z)])
    rim = np.clip(1 - np.abs(soft - 0.5) / 0.3, 0, 1) * (length > 0.02)
    return np.asarray(rim, np.float32), np.asarray(edge, np.float32)


def _smooth(wanted: F32, pull: F32, inside: F32) -> F32:
    """The smoothest field (h, w, 3) that is near `wanted` where it is pulled there, by relaxation from coarse to fine;
    over `inside` alone, so that two parts of a person which the ground divides are no neighbours."""
    levels = [(wanted, pull, np.maximum(inside, 1e-3))]
    while min(levels[-1][1].shape) > 12:
        w, p, i = levels[-1]
        size = (max(1, p.shape[1] // 2), max(1, p.shape[0] // 2))
        mass, pulled, within = (
            np.asarray(cv2.resize(a, size, interpolation=cv2.INTER_AREA), np.float32) for a in (w * p[..., None], p, i)
        )
        levels.append((np.asarray(mass / np.maximum(pulled, 1e-6)[..., None], np.float32), pulled, within))
    field = np.zeros((*levels[-1][1].shape, 3), np.float32)
    field[..., 2] = 1
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)
    for w, p, i in reversed(levels):
        field = np.asarray(cv2.resize(field, p.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        total = cv2.filter2D(i, -1, cross, borderType=cv2.BORDER_REPLICATE)[..., None]
        held, forced = w * p[..., None], p[..., None] + np.float32(FLAT)
        held[..., 2] += np.float32(FLAT)
        for _ in range(TURNS):
            mass = np.asarray(field * i[..., None], np.float32)
            near = cv2.filter2D(mass, -1, cross, borderType=cv2.BORDER_REPLICATE) / total
            field = np.asarray((near + held) / (1 + forced), np.float32)
    return _unit(field)


def _unit(vectors: F32) -> F32:
    """Unit vectors; (0, 0, 1) in the place of none."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    ahead = np.array([0, 0, 1], np.float32)
    return np.where(length > 1e-6, vectors / np.maximum(length, 1e-6), ahead).astype(np.float32)
