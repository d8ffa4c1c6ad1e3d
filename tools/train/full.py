"""The full-size network: a U-Net over a ResNet-34 for the maps, a ResNet-18 for the class. Knows torch, no training."""

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from tools.train.net import MAPS, conv
from tools.train.resnet import WIDTHS, ResNet, load_published

DECODER = (256, 128, 64, 32, 16)  # channels at 1/16, 1/8, 1/4, 1/2 and 1 of the input's side


class DecoderLevel(nn.Module):  # type: ignore[misc]
    """Twice as large, joined with what the encoder saw at that size, if it saw it."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.join = nn.Sequential(conv(inputs + skip, outputs), conv(outputs, outputs))

    def forward(self, x: Any, skip: Any = None) -> Any:
        x = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return self.join(x if skip is None else torch.cat([x, skip], 1))


class UNet(nn.Module):  # type: ignore[misc]
    """x (n, channels, h, w), sides multiples of 32, to map logits (n, MAPS, h, w). Source: Ronneberger et al., 2015."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.encoder = ResNet(34, channels)
        deep, *skips = (*reversed(WIDTHS), 0)
        inputs = (deep, *DECODER[:-1])
        self.steps = nn.ModuleList(DecoderLevel(*sizes) for sizes in zip(inputs, skips, DECODER, strict=True))
        self.maps = nn.Conv2d(DECODER[-1], MAPS, 3, 1, 1)

    def forward(self, x: Any) -> Any:
        deep, *skips = reversed(self.encoder(x))
        for step, skip in zip(self.steps, (*skips, None), strict=True):
            deep = step(deep, skip)
        return self.maps(deep)


class Classifier(nn.Module):  # type: ignore[misc]
    """x (n, channels, h, w) to logits (n, 3): none, opaque, transparent."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.encoder = ResNet(18, channels)
        self.last = nn.Linear(WIDTHS[-1], 3)

    def forward(self, x: Any) -> Any:
        return self.last(self.encoder(x)[-1].mean((2, 3)))


class FullNet(nn.Module):  # type: ignore[misc]
    """face (n, 7, 128, 128) to logits (n, 3) and map logits (n, 3, 128, 128).

    encoders: files of published weights to begin with, see `load_published`; none: all weights are random. `head` is
    what is trained once the maps are finished.
    """

    def __init__(self, channels: int = 7, encoders: tuple[Path, ...] = ()) -> None:
        super().__init__()
        self.segment, self.head = UNet(channels), Classifier(channels)
        for file in encoders:
            load_published([self.segment.encoder, self.head.encoder], file)

    def forward(self, face: Any) -> tuple[Any, Any]:
        return self.head(face), self.segment(face)
