"""Enhancers on a stand-in: their answer is mixed with the crop by strength."""

from collections.abc import Callable

import numpy as np
import pytest

from engines.nets.enhancer import Enhancer
from engines.nets.net import Net
from tests.engines.nets.standins import node

Opened = Callable[..., Net]


@pytest.mark.parametrize("name", ["gfpgan_1.4", "gpen_bfr_256", "restoreformer_plus_plus"])
def test_enhancers_mix_by_strength(opened: Opened, name: str) -> None:
    """A network that answers the opposite of its input: white for black."""
    enhancer = Enhancer(opened(name, [node("Neg", ["in0"], "out0")]))
    side = enhancer.net.model.px
    crops = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
    assert np.array_equal(enhancer.enhance(crops, 0), crops)
    assert np.abs(enhancer.enhance(crops, 1).astype(int) - (255 - crops)).max() <= 1
    assert np.abs(enhancer.enhance(crops, 0.5).astype(int) - 127.5).max() <= 1
