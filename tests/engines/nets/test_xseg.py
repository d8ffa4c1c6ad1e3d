"""XSeg on a stand-in: what is half transparent keeps its half."""

from collections.abc import Callable

import numpy as np

from engines.nets.net import Net
from engines.nets.xseg import Xseg
from tests.engines.nets.standins import node

Opened = Callable[..., Net]


def test_xseg_keeps_what_is_half_transparent(opened: Opened) -> None:
    """A network that answers its first channel, which is blue, a little beyond 0 to 1."""
    weights = {
        "zero": np.array([0], np.int64),
        "one": np.array([1], np.int64),
        "axis": np.array([3], np.int64),
        "gain": np.array(1.2, np.float32),
    }
    nodes = [node("Slice", ["in0", "zero", "one", "axis"], "blue"), node("Mul", ["blue", "gain"], "out0")]
    crops = np.zeros((1, 256, 256, 3), np.uint8)
    crops[0, :, 0, 2], crops[0, :, 1, 2], crops[0, 7, 2, 2] = 51, 102, 255
    visible = Xseg(opened("xseg_2", nodes, weights)).visible(crops)
    assert visible.shape == (1, 256, 256)
    np.testing.assert_allclose(visible[0, 7, :4], [0.24, 0.48, 1, 0], atol=1e-4)
    np.testing.assert_allclose(visible[0, 8, :4], [0.24, 0.48, 0, 0], atol=1e-4)
