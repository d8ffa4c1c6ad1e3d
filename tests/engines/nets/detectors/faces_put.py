"""Two faces put into the answers of a detector of 640 pixels by hand, and the stand-in that answers with them."""

from collections.abc import Callable

import numpy as np
import pytest
from onnx import helper

from engines.nets.detectors.found import Found
from engines.nets.net import Net
from engines.store.catalog import load_catalog
from engines.values import Array

Opened = Callable[..., Net]
# in pixels of the 640 square: box, five points, score
BOX = (200.0, 120.0, 296.0, 240.0)
POINTS = np.array([[225, 160], [270, 158], [248, 185], [228, 212], [268, 210]], np.float32)
SECOND = (400.0, 300.0, 420.0, 330.0)


def constant(net: str, opened: Opened, outputs: list[Array]) -> Net:
    """Answers with `outputs`, plus nothing times its input."""
    nodes = [helper.make_node("ReduceMean", ["in0"], ["mean"], axes=[1, 2, 3], keepdims=0)]
    nodes += [helper.make_node("Mul", ["mean", "none"], ["nothing"])]
    names = [t.name or f"out{i}" for i, t in enumerate(load_catalog().model(net).outputs)]
    nodes += [helper.make_node("Add", [f"c{i}", "nothing"], [name]) for i, name in enumerate(names)]
    weights = {f"c{i}": values for i, values in enumerate(outputs)} | {"none": np.zeros(1, np.float32)}
    return opened(net, nodes, weights)


def check(found: list[Found], scale: float) -> None:
    assert len(found) == 2
    face, other = found
    np.testing.assert_allclose((face.box.x0, face.box.y0, face.box.x1, face.box.y1), np.array(BOX) / scale, atol=0.1)
    np.testing.assert_allclose(face.points, POINTS / scale, atol=0.1)
    assert face.score == pytest.approx(0.9, abs=1e-3) and other.score == pytest.approx(0.6, abs=1e-3)
    np.testing.assert_allclose((other.box.x0, other.box.y1), np.array([SECOND[0], SECOND[3]]) / scale, atol=0.1)
