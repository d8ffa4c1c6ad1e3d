"""GrabCut: a person's mask by the colours of person and ground. Arrays only.

It works without any network, from the face's mesh and a guess of the body below it; and it settles the uncertain band
of a network's coarse mask, where hair is. Source: Rother et al., 2004, by OpenCV. Its random start is fixed, so the
same picture gives the same mask.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from engines.mesh.topology import OVAL
from engines.values import F32, U8

SIDE = 448  # pixels of the longer side at which it runs
ROUNDS = 3
SURE = 0.05, 0.95  # values of a coarse mask that are ground and person for sure
BAND = 1 / 40  # how far from anything else, in shares of the longer side


def person(rgb: U8, meshes: Sequence[F32]) -> F32:
    """float32 (h, w), 0 to 1, from meshes alone, (468, 3) each in pixels. rgb: uint8 (h, w, 3)."""
    h, w = rgb.shape[:2]
    if not meshes:
        return np.zeros((h, w), np.float32)
    size = _size(h, w)
    marks = np.full(size[::-1], cv2.GC_PR_BGD, np.uint8)
    marks[: max(1, size[1] // 50)] = cv2.GC_BGD
    for mesh in meshes:
        _mark(marks, mesh[:, :2] * np.array([size[0] / w, size[1] / h], np.float32))
    return _cut(rgb, marks)


def settled(rgb: U8, coarse: F32) -> F32:
    """float32 (h, w), 0 to 1: a coarse mask (h, w) whose uncertain band is told by colour. rgb: uint8 (h, w, 3)."""
    size = _size(*coarse.shape)
    mask = cv2.resize(coarse, size, interpolation=cv2.INTER_AREA)
    marks = np.where(mask > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    far = max(2, round(max(size) * BAND))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * far + 1, 2 * far + 1))
    for sure, mark in ((mask < SURE[0], cv2.GC_BGD), (mask > SURE[1], cv2.GC_FGD)):
        marks[cv2.erode(sure.astype(np.uint8), kernel, borderType=cv2.BORDER_REPLICATE) > 0] = mark
    # the mixtures of colours need some of both
    both = all(np.isin(marks, kinds).sum() > 50 for kinds in ((cv2.GC_BGD, cv2.GC_PR_BGD), (cv2.GC_FGD, cv2.GC_PR_FGD)))
    return _cut(rgb, marks) if both else coarse


def _size(height: int, width: int) -> tuple[int, int]:
    scale = min(1.0, SIDE / max(height, width))
    return max(8, round(width * scale)), max(8, round(height * scale))


def _cut(rgb: U8, marks: U8) -> F32:
    small = cv2.resize(rgb, marks.shape[::-1], interpolation=cv2.INTER_AREA)
    cv2.setRNGSeed(1)  # of the mixtures' k-means
    models = (np.zeros((1, 65)), np.zeros((1, 65)))
    found, _, _ = cv2.grabCut(small, marks, (0, 0, 1, 1), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    mask = np.isin(found, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return np.asarray(cv2.resize(mask, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _mark(marks: U8, mesh: F32) -> None:
    """The face for sure; hair around it, neck and shoulders below it likely. mesh: (468, 2), pixels of `marks`."""
    top, chin = mesh[10], mesh[152]
    down, across = chin - top, np.array([np.ptp(mesh[OVAL, 0]) / 2, 0], np.float32)
    head = tuple(int(v) for v in (top + chin) / 2 - 0.08 * down)
    axes = (max(1, int(across[0] * 1.35)), max(1, int(np.linalg.norm(down) * 0.75)))
    cv2.ellipse(marks, head, axes, 0, 0, 360, cv2.GC_PR_FGD, -1)
    neck, shoulder, base = chin - 0.2 * down, chin + 0.5 * down, chin + 1.6 * down
    right = [neck + 0.7 * across, shoulder + 2.4 * across, base + 2.8 * across]
    left = [base - 2.8 * across, shoulder - 2.4 * across, neck - 0.7 * across]
    cv2.fillPoly(marks, [np.array([*right, *left], np.float32).astype(np.int32)], cv2.GC_PR_FGD)
    cv2.fillPoly(marks, [mesh[OVAL].astype(np.int32)], cv2.GC_FGD)
