"""The shape of the network that finds eyewear, and what it is trained to. Knows torch, nothing of data or the loop."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from tools.train.losses import dice
from tools.train.net import LevelNet

WIDTHS = (16, 24, 36, 48)  # channels at a half, a quarter, an eighth and a sixteenth of the band
RIM = 3.0  # weight of a pixel of eyewear, against one without


class EyeNet(LevelNet):
    """band (n, 3, 80, 160) to worn (n,) and map (n, 80, 160), both as logits.

    The shape of `net.SmallNet`, smaller: what is found in the whole band, pooled, is told to every place of it, since
    one thin line is a wrinkle or a rim by what else is there.
    """

    def __init__(self) -> None:
        super().__init__(3, WIDTHS)
        a, d = WIDTHS[0], WIDTHS[-1]
        self.map = nn.Conv2d(a, 4, 3, 1, 1)
        self.head = nn.Linear(2 * d, 1)

    def forward(self, band: Any) -> tuple[Any, Any]:
        pooled, x = self.features(band)
        return self.head(pooled)[:, 0], F.pixel_shuffle(self.map(x), 2)[:, 0]


def losses(worn: Any, found: Any, wears: Any, wanted: Any) -> dict[str, Any]:
    """worn (n,), found (n, h, w) as logits; wears (n,), wanted (n, h, w) 0 to 1. Each a scalar."""
    bce = F.binary_cross_entropy_with_logits(found, wanted, reduction="none")
    return {
        "map": (bce * (1 + (RIM - 1) * wanted)).mean() * 4 + 0.5 * dice(torch.sigmoid(found), wanted),
        "worn": 0.3 * F.binary_cross_entropy_with_logits(worn, wears),
    }
