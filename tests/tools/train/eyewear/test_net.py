"""The shape of the eyewear network, and what its loss asks for."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from engines.occlusion.eyewear import HEIGHT, WIDTH  # noqa: E402
from tests.tools.train.eyewear.bands_with_bars import shard  # noqa: E402
from tools.train.eyewear.net import EyeNet, losses  # noqa: E402

pytestmark = pytest.mark.train


def test_the_network_has_the_declared_form_and_is_small() -> None:
    net = EyeNet()
    worn, found = net(torch.zeros(2, 3, HEIGHT, WIDTH))
    assert worn.shape == (2,) and found.shape == (2, HEIGHT, WIDTH)
    assert sum(p.numel() for p in net.parameters()) <= 150_000


def test_the_right_answer_costs_least() -> None:
    some = shard(4)
    wanted = torch.from_numpy(np.asarray(some.map, np.float32) / 255)
    wears = torch.from_numpy(np.asarray(some.worn, np.float32))
    sure, wrong = (sum(float(v) for v in losses(k * (wears - 0.5), k * (wanted - 0.5), wears, wanted).values())
                   for k in (20, -20))  # fmt: skip
    dull = sum(float(v) for v in losses(0 * wears, 0 * wanted, wears, wanted).values())
    assert sure < 0.05 < dull < wrong
