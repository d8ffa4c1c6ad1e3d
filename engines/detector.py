"""BlazeFace: where faces are in an RGB image. Knows its network's anchors and tensors, nothing of tracks or time.

Source: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019; the short-range
model as published with MediaPipe 0.10.21.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engines.protocol import Engine
from engines.values import F32, U8, Box

SIDE = 128


@dataclass(frozen=True, slots=True)
class Detection:
    """box: pixels. points: float32 (6, 2): right eye, left eye, nose tip, mouth, right ear, left ear (the subject's
    right). score: 0 to 1."""

    box: Box
    points: F32
    score: float


def anchors() -> F32:
    """float32 (896, 2): anchor centres in pixels of the 128-px input: a 16x16 grid twice, an 8x8 grid six times."""
    grids = []
    for cells, each in ((16, 2), (8, 6)):
        centre = (np.arange(cells, dtype=np.float32) + 0.5) * (SIDE / cells)
        x, y = np.meshgrid(centre, centre)
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], 1), each, axis=0))
    return np.concatenate(grids).astype(np.float32)


ANCHORS = anchors()


def prepare(image: U8) -> tuple[F32, float, tuple[float, float]]:
    """Letter-boxed network input (1, 128, 128, 3) in [-1, 1], the scale applied, the offset (x, y) in input pixels."""
    h, w = image.shape[:2]
    scale = SIDE / max(h, w)
    small = cv2.resize(image, (max(1, round(w * scale)), max(1, round(h * scale))), interpolation=cv2.INTER_AREA)
    canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
    x, y = (SIDE - small.shape[1]) // 2, (SIDE - small.shape[0]) // 2
    canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
    return np.asarray(canvas[None] / np.float32(127.5) - 1, np.float32), scale, (x, y)


def read(regressors: F32, logits: F32, threshold: float) -> tuple[F32, F32, F32]:
    """Boxes (n, 4) as x0 y0 x1 y1, points (n, 6, 2), scores (n,), all in pixels of the 128-px input."""
    score = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -80, 80)))
    keep = score > threshold
    raw, centre = regressors.reshape(-1, 16)[keep], ANCHORS[keep]
    middle, half = raw[:, :2] + centre, raw[:, 2:4] / 2
    boxes = np.concatenate([middle - half, middle + half], 1)
    points = raw[:, 4:].reshape(-1, 6, 2) + centre[:, None]
    return boxes, points, np.asarray(score[keep], np.float32)


def merge(boxes: F32, points: F32, scores: F32, overlap: float = 0.3) -> list[Detection]:
    """Weighted non-maximum suppression: boxes that overlap the best one are averaged with it, by score."""
    order = np.argsort(-scores)
    boxes, points, scores = boxes[order], points[order], scores[order]
    left = np.ones(len(scores), bool)
    found = []
    for i in range(len(scores)):
        if not left[i]:
            continue
        low, high = np.maximum(boxes[i, :2], boxes[:, :2]), np.minimum(boxes[i, 2:], boxes[:, 2:])
        shared = np.prod(np.clip(high - low, 0, None), 1)
        area = np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), 1)
        # a box inside a larger one is the same face seen by a tile: hence the overlap of the smaller, too
        same = left & (
            (shared / (area + area[i] - shared + 1e-6) > overlap) | (shared / (np.minimum(area, area[i]) + 1e-6) > 0.7)
        )
        same[i] = True
        weight = scores[same] / scores[same].sum()
        box = weight @ boxes[same]
        found.append(
            Detection(
                Box(*map(float, box)), np.einsum("n,nij->ij", weight, points[same]).astype(np.float32), float(scores[i])
            )
        )
        left &= ~same
    return found


class Detector:
    """BlazeFace on the whole picture, and on overlapping tiles for the small faces that the 128-px view loses."""

    def __init__(self, engine: Engine, threshold: float = 0.5) -> None:
        self._session = engine.session()
        self._input = next(iter(engine.inputs))
        self._threshold = threshold

    def _look(self, image: U8) -> tuple[F32, F32, F32]:
        feed, scale, (dx, dy) = prepare(image)
        out = self._session.run({self._input: feed})
        regressors, logits = sorted(out.values(), key=lambda a: -a.shape[-1])
        boxes, points, scores = read(
            np.asarray(regressors, np.float32), np.asarray(logits, np.float32), self._threshold
        )
        return (
            (boxes - np.array([dx, dy, dx, dy], np.float32)) / scale,
            (points - np.array([dx, dy], np.float32)) / scale,
            scores,
        )

    def whole(self, image: U8) -> list[Detection]:
        """Faces larger than about a tenth of the picture's longer side. image: uint8 (h, w, 3) RGB."""
        return merge(*self._look(image))

    def tiled(
        self,
        size: tuple[int, int],
        tile: int,
        crop: Callable[[int, int, int], U8],
        which: Sequence[int] | None = None,
    ) -> list[Detection]:
        """Faces down to a tenth of `tile` pixels. size: picture width, height. crop(x, y, side): RGB of one tile.
        which: indices of the `tiles` to look at, None for all."""
        corners = tiles(size, tile)
        if which is not None:
            corners = [corners[i] for i in which]
        if not corners:
            return []
        parts = []
        for x, y in corners:
            boxes, points, scores = self._look(crop(x, y, tile))
            shift = np.array([x, y], np.float32)
            parts.append((boxes + np.tile(shift, 2), points + shift, scores))
        boxes, points, scores = (np.concatenate(p) for p in zip(*parts, strict=True))
        return merge(boxes, points, scores)

    def close(self) -> None:
        self._session.close()


def tiles(size: tuple[int, int], tile: int) -> Sequence[tuple[int, int]]:
    """Corners of square tiles that cover the picture with at least a quarter of overlap."""

    def starts(length: int) -> list[int]:
        if length <= tile:
            return [0]
        count = int(np.ceil((length - tile) / (tile * 0.75))) + 1
        return [round(i * (length - tile) / (count - 1)) for i in range(count)]

    return [(x, y) for y in starts(size[1]) for x in starts(size[0])]
