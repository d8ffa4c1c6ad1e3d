"""The shape of the light network, and what it is trained to. Knows torch, nothing of data or the loop."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from engines.mesh.field.lightnet import CELLS, CHANNELS
from tools.train.net import LevelNet

WIDTHS = (32, 48, 80, 112)  # channels at 32, 16, 8 and 4 pixels
MOST = 1.5  # of the logarithm of a gain
SMOOTH = 2.0  # cells: sigma of the blur that ends the network, so that no feature of a face gets through
LOW = 1.5  # pixels: sigma at which painting and truth are compared; finer detail is none of this network's
FINE = 0.2  # weight of the comparison without that blur


class LightField32(LevelNet):
    """face (n, 15, 64, 64), 0 to 1, to the logarithm of gains (n, 3, 32, 32), smooth."""

    def __init__(self) -> None:
        super().__init__(CHANNELS, WIDTHS)
        self.gain = nn.Conv2d(WIDTHS[0], 3, 3, 1, 1)
        nn.init.zeros_(self.gain.weight)
        nn.init.zeros_(self.gain.bias)
        self.register_buffer("kernel", _kernel(SMOOTH), persistent=False)
        self.register_buffer("share", blurred(torch.ones(1, 1, CELLS, CELLS), self.kernel, 1), persistent=False)

    def forward(self, face: Any) -> Any:
        _, x = self.features(face)
        return blurred(torch.tanh(self.gain(x)) * MOST, self.kernel, 3) / self.share


def _kernel(sigma: float) -> Any:
    reach = int(2.5 * sigma + 0.5)
    line = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, dtype=torch.float32) / sigma) ** 2)
    return line / line.sum()


def blurred(image: Any, kernel: Any, many: int) -> Any:
    """image (n, many, h, w) along both axes with a kernel (k,), as if it were 0 beyond its edges."""
    reach = kernel.shape[0] // 2
    across, down = kernel.view(1, 1, 1, -1).expand(many, 1, 1, -1), kernel.view(1, 1, -1, 1).expand(many, 1, -1, 1)
    return F.conv2d(F.conv2d(image, across, padding=(0, reach), groups=many), down, padding=(reach, 0), groups=many)


def relit(painted: Any, gain: Any) -> Any:
    """painted (n, 3, 64, 64) with the gains laid on."""
    field = F.interpolate(gain, scale_factor=2.0, mode="bilinear", align_corners=False)
    return painted * torch.exp(field)


def losses(painted: Any, gain: Any, truth: Any, weight: Any) -> dict[str, Any]:
    """painted, truth (n, 3, 64, 64) and weight (n, 64, 64), 0 to 1. Each a scalar, in levels of 255 over ten."""
    off = (relit(painted, gain) - truth) * weight[:, None]
    kernel = _kernel(LOW).to(off.device)
    low, share = blurred(off, kernel, 3), blurred(weight[:, None], kernel, 1)
    inside = weight[:, None]
    total = inside.sum() * 3 + 1
    steep = (gain[..., 1:] - gain[..., :-1]).abs().mean() + (gain[..., 1:, :] - gain[..., :-1, :]).abs().mean()
    return {
        "low": 25.5 * ((low / (share + 0.05)).abs() * inside).sum() / total,
        "fine": FINE * 25.5 * off.abs().sum() / total,
        "steep": 0.1 * steep,
    }
