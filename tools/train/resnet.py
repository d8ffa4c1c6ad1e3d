"""ResNet-18 and ResNet-34 as encoders, and published weights for them out of a file. Knows torch; fetches nothing."""

import re
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from engines.errors import InputError
from tools.train import checkpoint
from tools.train.net import conv

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}
WIDTHS = (64, 64, 128, 256, 512)  # channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the input's side

# (published name, ours); what matches none is the classifier of 1000 things, which is not used
NAMES = (
    (r"conv1\.", "stem.0."),
    (r"bn1\.", "stem.1."),
    (r"layer(\d)\.(\d+)\.conv1\.", r"levels.\1.\2.first.0."),
    (r"layer(\d)\.(\d+)\.bn1\.", r"levels.\1.\2.first.1."),
    (r"layer(\d)\.(\d+)\.conv2\.", r"levels.\1.\2.second.0."),
    (r"layer(\d)\.(\d+)\.bn2\.", r"levels.\1.\2.second.1."),
    (r"layer(\d)\.(\d+)\.downsample\.", r"levels.\1.\2.short."),
)


class Block(nn.Module):  # type: ignore[misc]
    """Two convolutions beside a short way, which has one of its own where size or width change."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = conv(inputs, outputs, stride)
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.short: Any = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.short = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Any) -> Any:
        return F.relu(self.short(x) + self.second(self.first(x)))


class ResNet(nn.Module):  # type: ignore[misc]
    """x (n, channels, h, w) to five levels of features, of `WIDTHS` channels, the finest first.

    depth: 18 or 34. Source: He et al., 2016; the layers are those of torchvision's resnet18 and resnet34.
    """

    def __init__(self, depth: int, channels: int) -> None:
        super().__init__()
        self.depth = depth
        self.stem = conv(channels, WIDTHS[0], 2, 7)
        self.pool = nn.MaxPool2d(3, 2, 1)
        levels = {}
        for i, count in enumerate(BLOCKS[depth], 1):
            first = Block(WIDTHS[i - 1], WIDTHS[i], 1 if i == 1 else 2)
            levels[str(i)] = nn.Sequential(first, *(Block(WIDTHS[i], WIDTHS[i], 1) for _ in range(count - 1)))
        self.levels = nn.ModuleDict(levels)

    def forward(self, x: Any) -> list[Any]:
        found = [self.stem(x)]
        x = self.pool(found[0])
        for level in self.levels.values():
            x = level(x)
            found.append(x)
        return found


def load_published(encoders: list[Any], file: Path) -> int:
    """Weights of torchvision's resnet18 or resnet34 (a state dict, .pth), trained on photos, into the encoder of that
    depth, which is returned. Raises InputError where the file is none, or no encoder has its depth.

    The first layer sees 3 channels in the file and more here: its weights recur and are scaled, so that their sum keeps
    its size.
    """
    held = checkpoint.read(file)
    named = held.items() if isinstance(held, dict) else ()
    found = {ours: value for name, value in named if (ours := _ours(str(name)))}
    depth = next((d for d, blocks in BLOCKS.items() if _blocks(found) == blocks), 0)
    for encoder in encoders:
        if encoder.depth == depth:
            _fill(encoder, found, file)
            return depth
    raise InputError(f"--encoder {file} holds no ResNet-18 or ResNet-34; give torchvision's resnet18 or resnet34 .pth")


def _ours(name: str) -> str:
    for published, ours in NAMES:
        if re.match(published, name):
            return re.sub(f"^{published}", ours, name)
    return ""


def _blocks(found: dict[str, Any]) -> tuple[int, ...]:
    """How many blocks each level has; `second.0` and no third convolution: 18 and 34 alone are built like that."""
    seen = {tuple(name.split(".")[1:3]) for name in found if name.endswith("second.0.weight")}
    return tuple(sum(level == str(i) for level, _ in seen) for i in range(1, 5))


def _fill(encoder: Any, found: dict[str, Any], file: Path) -> None:
    stem = found.get("stem.0.weight")
    wanted = encoder.stem[0].weight.shape[1]
    if stem is not None and stem.ndim == 4 and stem.shape[1] != wanted:
        found = {**found, "stem.0.weight": stem[:, torch.arange(wanted) % stem.shape[1]] * stem.shape[1] / wanted}
    try:
        missing, _ = encoder.load_state_dict(found, strict=False)
    except RuntimeError as error:
        raise InputError(f"--encoder {file} is no ResNet-{encoder.depth}: {str(error).splitlines()[-1]}") from error
    if lacking := [name for name in missing if not name.endswith("num_batches_tracked")]:
        raise InputError(f"--encoder {file} lacks {lacking[0]} and {len(lacking) - 1} more weights")
