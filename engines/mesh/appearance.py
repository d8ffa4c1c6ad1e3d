"""`appearance-v1`: what a face looks like, as a vector with no network: expression, head pose, colours and edges.

It says how different two pictures of one person are; it does not say who they are. Each part is a vector of length 1,
and the cosine of two descriptors is the weighed mean of their parts' cosines.
"""

import math

import cv2
import numpy as np

from engines.align import crop, five_points, to_template
from engines.mesh.shape import fit, pose
from engines.mesh.topology import CANONICAL, INNER_LIPS, LEFT_BROW, LEFT_EYE, OUTER_LIPS, RIGHT_BROW, RIGHT_EYE
from engines.store.catalog import Template
from engines.values import F32, U8

NAME = "appearance-v1"
SIDE = 64
CELLS, BINS = 4, 8  # of the histograms of edges: cells a side, directions
WEIGHTS = {"pose": 0.35, "shape": 0.35, "colour": 0.15, "edges": 0.15}
BODY_WEIGHTS = {"colour": 0.5, "edges": 0.5}
_MOVING = np.concatenate([OUTER_LIPS, INNER_LIPS, RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW])
_REST = 2.0  # what a face at rest counts beside the shifts of its points, centimetres: the less, the finer
_YAW, _PITCH = 2.0, 3.0  # angles are spread to the whole half circle: yaw to 45 degrees, pitch to 30
_LUMA, _CHROMA = 64.0, 24.0  # levels of lightness and of colour that count alike


def face_appearance(image: U8, mesh: F32, template: Template) -> F32:
    """float32 (n,) of length 1. image: uint8 (h, w, 3) RGB. mesh: float32 (468, 3), its pixels."""
    aligned = crop(image, to_template(five_points(mesh), template, SIDE), SIDE)
    parts = {"pose": _pose(mesh), "shape": _shape(mesh), "colour": _colour(aligned), "edges": _edges(aligned)}
    return _joined(parts, WEIGHTS)


def body_appearance(image: U8) -> F32:
    """float32 (n,) of length 1, of a crop of somebody's upper body: colours and edges. image: uint8 (h, w, 3) RGB."""
    small = np.asarray(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    return _joined({"colour": _colour(small), "edges": _edges(small)}, BODY_WEIGHTS)


def _joined(parts: dict[str, F32], weights: dict[str, float]) -> F32:
    return np.concatenate([math.sqrt(weights[name]) * _unit(part) for name, part in parts.items()]).astype(np.float32)


def _unit(values: F32) -> F32:
    return np.asarray(values / (np.linalg.norm(values) + 1e-9), np.float32)


def _pose(mesh: F32) -> F32:
    """float32 (3,): a direction that turns with the head, faster than it."""
    head = pose(mesh)
    yaw = math.radians(max(-90.0, min(90.0, _YAW * head.yaw)))
    pitch = math.radians(max(-90.0, min(90.0, _PITCH * head.pitch)))
    c = math.cos(pitch)
    return np.array([c * math.cos(yaw), c * math.sin(yaw), math.sin(pitch)], np.float32)


def _shape(mesh: F32) -> F32:
    """float32 (n,): how far lips, lids and brows are from the usual face's, and a constant for what is at rest."""
    shift = (fit(mesh).to_canonical(mesh) - CANONICAL)[_MOVING]
    return np.append(shift.ravel(), np.float32(_REST)).astype(np.float32)


def _colour(image: U8) -> F32:
    """float32 (193,): lightness and colour of 8 x 8 cells, from a middle grey."""
    lab = cv2.cvtColor(cv2.resize(image, (8, 8), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB).astype(np.float32)
    lab -= 128
    lab[..., 0] /= _LUMA
    lab[..., 1:] /= _CHROMA
    return np.append(lab.ravel(), np.float32(4)).astype(np.float32)


def _edges(image: U8) -> F32:
    """float32 (128,): the strength of edges by direction, in 4 x 4 cells; square roots, so that few strong ones do not
    hide the others."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    strength = np.hypot(gx, gy)
    direction = np.minimum((np.mod(np.arctan2(gy, gx), np.pi) / np.pi * BINS).astype(int), BINS - 1)
    side = SIDE // CELLS
    cell = (np.arange(SIDE)[:, None] // side) * CELLS + np.arange(SIDE)[None] // side
    found = np.bincount((cell * BINS + direction).ravel(), strength.ravel(), CELLS * CELLS * BINS)
    return np.asarray(np.sqrt(found / (found.sum() + 1e-6)), np.float32)
