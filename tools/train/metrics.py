"""How good a network's answers are on labelled crops. Arrays only; knows no torch."""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.values import F32
from tools.synth.crops import UNSURE
from tools.synth.shards import Shard


@dataclass(frozen=True, slots=True)
class Score:
    """accuracy: of the class; recall: (3,) of each class. opaque_iou, glass_iou: pooled over the crops that have such a
    thing, on the whole crop; face_iou: of mesh minus opaque; boundary_iou: of the opaque map within 3 px of its true
    edge. veil_error: mean absolute error on the mesh where there is a veil. false_opaque: share of clear mesh called
    opaque. log_loss: of the class. loss: what training lowers, one number."""

    accuracy: float
    recall: tuple[float, float, float]
    opaque_iou: float
    glass_iou: float
    face_iou: float
    boundary_iou: float
    veil_error: float
    false_opaque: float
    log_loss: float

    @property
    def loss(self) -> float:
        return self.log_loss + (1 - self.opaque_iou) + 0.7 * (1 - self.glass_iou) + 3 * self.veil_error

    def facts(self) -> dict[str, float]:
        names = (
            "accuracy",
            "opaque_iou",
            "glass_iou",
            "face_iou",
            "boundary_iou",
            "veil_error",
            "false_opaque",
            "log_loss",
        )
        out = {n: round(float(getattr(self, n)), 4) for n in names}
        out |= {f"recall_{n}": round(r, 4) for n, r in zip(("none", "opaque", "transparent"), self.recall, strict=True)}
        return out | {"loss": round(self.loss, 4)}


def softmax(logits: F32) -> F32:
    e = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(e / e.sum(1, keepdims=True), np.float32)


def _iou(a: F32, b: F32) -> float:
    """Pooled over all pixels; of two empty masks 1."""
    union = float((a | b).sum())  # type: ignore[operator]
    return float((a & b).sum()) / union if union else 1.0  # type: ignore[operator]


def edges(mask: F32, radius: int = 3) -> F32:
    """Bool (n, h, w): within `radius` pixels of a mask's edge."""
    kernel = np.ones((2 * radius + 1,) * 2, np.uint8)
    thick = [cv2.dilate(m, kernel) - cv2.erode(m, kernel) for m in mask.astype(np.uint8)]
    return np.asarray(np.stack(thick) > 0)


def score(logits: F32, maps: F32, held: Shard) -> Score:
    """logits (n, 3), maps (n, 3, h, w) as probabilities, against the shard's labels."""
    wanted, mask = np.asarray(held.maps), np.asarray(held.face[:, 6]) > 127
    solid, glass, veiled = wanted[:, 0] > 127, wanted[:, 2] > 127, wanted[:, 1] > 6
    found, clear = maps[:, 0] > 0.5, maps[:, 2] > 0.5
    has, pane = solid.sum((1, 2)) > 20, glass.sum((1, 2)) > 20
    sure = held.label != UNSURE
    p, label = softmax(logits)[sure], held.label[sure].astype(int)
    right = p.argmax(1) == label
    recall = tuple(float(right[label == c].mean()) if (label == c).any() else 1.0 for c in range(3))
    near = edges(solid[has]) if has.any() else solid[has]
    on = veiled & mask
    none = np.where(sure, held.label, 0) == 0
    return Score(
        float(right.mean()),
        (recall[0], recall[1], recall[2]),
        _iou(found[has], solid[has]),
        _iou(clear[pane], glass[pane]),
        _iou((mask & ~found)[has], (mask & ~solid)[has]),
        _iou(found[has] & near, solid[has] & near),
        float(np.abs(maps[:, 1] - wanted[:, 1] / 255)[on].mean()) if on.any() else 0.0,
        float((found & mask)[none].sum() / max((mask)[none].sum(), 1)),
        float(-np.log(np.maximum(p[np.arange(len(p)), label], 1e-7)).mean()),
    )
