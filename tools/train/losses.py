"""What the networks are trained to: class, opaque map, veil alpha, glass region. Knows torch, nothing of the loop."""

from typing import Any

import torch
from torch.nn import functional as F

from tools.synth.crops import UNSURE

INSIDE = 3.0  # weight of a pixel on the mesh, against one beside it


def dice(probability: Any, wanted: Any) -> Any:
    """1 - soft Dice per sample, averaged over those where there is anything to find. Both (n, h, w)."""
    there = (wanted.sum((1, 2)) > 20).float()
    both = (probability * wanted).sum((1, 2))
    score = (2 * both + 1) / (probability.sum((1, 2)) + wanted.sum((1, 2)) + 1)
    return ((1 - score) * there).sum() / there.sum().clamp(min=1)


def losses(logits: Any, maps: Any, label: Any, wanted: Any, mask: Any) -> dict[str, Any]:
    """logits (n, 3), maps (n, 3, h, w) as logits, label (n,), wanted (n, 3, h, w) 0 to 1, mask (n, h, w). Each a
    scalar."""
    weight = 1 + (INSIDE - 1) * mask
    weight = weight / weight.mean()
    p = torch.sigmoid(maps)
    bce = F.binary_cross_entropy_with_logits(maps, wanted, reduction="none")
    sure = label != UNSURE
    known = torch.where(sure, label, torch.zeros_like(label)).long()
    ce = F.cross_entropy(logits, known, reduction="none", label_smoothing=0.02)
    return {
        "opaque": (bce[:, 0] * weight).mean() + 0.5 * dice(p[:, 0], wanted[:, 0]),
        "glass": (bce[:, 2] * weight).mean() + 0.5 * dice(p[:, 2], wanted[:, 2]),
        "veil": 2 * ((p[:, 1] - wanted[:, 1]).abs() * weight).mean() + 0.3 * (bce[:, 1] * weight).mean(),
        "class": 0.3 * (ce * sure).sum() / sure.sum().clamp(min=1),
    }
