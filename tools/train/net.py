"""The shape of the small network that ships, and what the networks share. Knows torch, nothing of data or training."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

WIDTHS = (32, 48, 96, 128)  # channels at 64, 32, 16 and 8 pixels
MAPS = 3  # opaque, veil alpha, glass region


def conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> Any:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):  # type: ignore[misc]
    """Two convolutions beside the way straight through. Source: He et al., 2016."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = conv(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Any) -> Any:
        return F.relu(x + self.second(self.first(x)))


class Up(nn.Module):  # type: ignore[misc]
    """Twice as large, joined with what that level saw on the way down: narrowed first, since it costs a quarter
    there."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.narrow = conv(inputs, outputs, kernel=1)
        self.join = conv(outputs, outputs)

    def forward(self, x: Any, skip: Any) -> Any:
        return self.join(F.interpolate(self.narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False) + skip)


class LevelNet(nn.Module):  # type: ignore[misc]
    """Four levels down and back up, with a global context vector at the deepest; what comes out is the subclass's."""

    def __init__(self, channels: int, widths: tuple[int, int, int, int], rich: bool = False) -> None:
        """channels: of the picture. widths: channels of the levels. rich: one residual block more at the first level
        and at the deepest."""
        super().__init__()
        a, b, c, d = widths
        stem = conv(4 * channels, a)
        self.stem = nn.Sequential(stem, Residual(a)) if rich else stem
        self.down1 = nn.Sequential(conv(a, b, 2), Residual(b))
        self.down2 = nn.Sequential(conv(b, c, 2), Residual(c))
        self.down3 = nn.Sequential(conv(c, d, 2), Residual(d), *((Residual(d),) if rich else ()))
        self.context = nn.Linear(2 * d, d)
        self.up2, self.up1, self.up0 = Up(d, c), Up(c, b), Up(b, a)

    def features(self, picture: Any) -> tuple[Any, Any]:
        """picture (n, c, h, w), to its deepest level pooled (n, 2 d), and features (n, a, h / 2, w / 2)."""
        s0 = self.stem(F.pixel_unshuffle(picture, 2))
        s1 = self.down1(s0)
        s2 = self.down2(s1)
        s3 = self.down3(s2)
        pooled = torch.cat([s3.mean((2, 3)), s3.amax((2, 3))], 1)
        x = s3 + self.context(pooled)[:, :, None, None]
        x = self.up0(self.up1(self.up2(x, s2), s1), s0)
        return pooled, x


class SmallNet(LevelNet):
    """face (n, 7, 128, 128) to logits (n, 3) and map logits (n, 3, 128, 128).

    Pixel-unshuffle, four levels of residual blocks, a global context vector, a light bilinear decoder. The class head
    sees the deepest level pooled, and how much of the mesh each of its own maps covers.
    """

    def __init__(self, channels: int = 7) -> None:
        super().__init__(channels, WIDTHS, rich=True)
        a, d = WIDTHS[0], WIDTHS[-1]
        self.maps = nn.Conv2d(a, 4 * MAPS, 3, 1, 1)
        self.head = nn.Sequential(nn.Linear(2 * d + 2 * MAPS, 64), nn.ReLU(inplace=True), nn.Linear(64, 3))

    def forward(self, face: Any) -> tuple[Any, Any]:
        pooled, x = self.features(face)
        maps = F.pixel_shuffle(self.maps(x), 2)
        mask = face[:, 6:7]
        seen = torch.sigmoid(maps) * mask
        area = mask.mean((2, 3)) + 1e-3
        return self.head(torch.cat([pooled, seen.mean((2, 3)) / area, seen.amax((2, 3))], 1)), maps


class Exported(nn.Module):  # type: ignore[misc]
    """What ships: the input to the network's answers. odds: the last answer is maps as logits, and ships as
    probabilities."""

    def __init__(self, net: Any, odds: bool = True) -> None:
        super().__init__()
        self.net, self.odds = net, odds

    def forward(self, face: Any) -> Any:
        told = self.net(face)
        return (*told[:-1], torch.sigmoid(told[-1])) if self.odds else told
