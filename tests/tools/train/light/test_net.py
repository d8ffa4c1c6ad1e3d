"""The light network's shape and what it is trained to, by value."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from engines.mesh.field.lightnet import CELLS, CHANNELS, SIDE  # noqa: E402
from tests.tools.train.light.test_task import shard  # noqa: E402
from tools.synth.light.shards import NAMES  # noqa: E402
from tools.train.light import task  # noqa: E402
from tools.train.light.net import LightField32, losses, relit  # noqa: E402

pytestmark = pytest.mark.train


def test_the_network_has_the_declared_form_and_is_small() -> None:
    net = LightField32()
    with torch.no_grad():
        gain = net(torch.zeros(2, CHANNELS, SIDE, SIDE))
    assert gain.shape == (2, 3, CELLS, CELLS)
    assert float(gain.abs().max()) == 0  # untrained, it changes nothing
    assert sum(p.numel() for p in net.parameters()) <= 700_000


def test_what_it_answers_is_smooth() -> None:
    net = LightField32().eval()
    torch.manual_seed(0)
    torch.nn.init.normal_(net.gain.weight)
    with torch.no_grad():
        gain = net(torch.rand(1, CHANNELS, SIDE, SIDE))
    step = (gain[..., 1:] - gain[..., :-1]).abs().mean()
    assert float(step) < 0.25 * float(gain.std())


def test_the_right_field_costs_least() -> None:
    some = task.batch(*(getattr(shard(4), name) for name in NAMES))
    painted, truth, weight = (
        torch.from_numpy(np.ascontiguousarray(a)) for a in (some.face[:, 3:6], some.truth, some.weight)
    )
    right = torch.zeros(4, 3, CELLS, CELLS)
    right[..., : CELLS // 2] = float(np.log(0.6))
    none, wrong = torch.zeros_like(right), -right
    cost = [sum(float(v) for v in losses(painted, g, truth, weight).values()) for g in (right, none, wrong)]
    assert cost[0] < 0.3 * cost[1] < cost[1] < cost[2]


def test_a_field_brightens_and_darkens() -> None:
    painted, gain = torch.full((1, 3, SIDE, SIDE), 0.4), torch.full((1, 3, CELLS, CELLS), float(np.log(1.5)))
    assert float(relit(painted, gain).mean()) == pytest.approx(0.6, abs=1e-4)
