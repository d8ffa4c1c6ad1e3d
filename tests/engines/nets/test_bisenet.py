"""BiSeNet on a stand-in: the label of each pixel, and the regions of which a face is made."""

from collections.abc import Callable

import numpy as np

from engines.nets.bisenet import REGIONS, Bisenet, mask
from engines.nets.net import Net
from tests.engines.nets.standins import node

Opened = Callable[..., Net]


def test_bisenet_labels_are_the_strongest_channel(opened: Opened) -> None:
    """Nineteen answers of which number 10 is red, number 13 is blue and number 17 a constant between."""
    pick = np.zeros((19, 3, 1, 1), np.float32)
    pick[10, 0] = pick[13, 2] = 1
    bias = np.full(19, -9, np.float32)
    bias[[10, 13]], bias[17] = 0, 0.2
    net = opened("bisenet_resnet_18", [node("Conv", ["in0", "pick", "bias"], "out0")], {"pick": pick, "bias": bias})
    crops = np.zeros((1, 512, 512, 3), np.uint8)
    crops[0, :9, :, 0] = 255
    crops[0, 9:20, :, 2] = 255
    labels = Bisenet(net).labels(crops)
    assert labels.dtype == np.uint8
    assert [int(labels[0, row, 3]) for row in (0, 8, 9, 19, 20, 511)] == [10, 10, 13, 13, 17, 17]
    face = mask(labels)
    assert face[0, 0, 0] == face[0, 12, 0] == 1 and face[0, 30, 0] == 0, "17 is hair"
    assert mask(labels, ["nose"])[0, 12, 0] == 0
    assert REGIONS["lower-lip"] == 13 and REGIONS["nose"] == 10
