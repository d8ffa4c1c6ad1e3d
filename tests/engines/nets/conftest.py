"""Stand-ins for the tests of this folder: written to disk, or opened."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from onnx import NodeProto

from engines.backends.openvino import open_openvino
from engines.nets.net import Net
from engines.store.catalog import Model, load_catalog
from engines.values import Array
from tests.engines.nets.standins import write

Written = Callable[..., Path]
Opened = Callable[..., Net]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """write(model, nodes, weights, rows): the file. Nodes use the declared names, or in0.., out0.. ."""

    def make(
        model: Model, nodes: Sequence[NodeProto], weights: Mapping[str, Array] | None = None, rows: int | str = "n"
    ) -> Path:
        return write(tmp_path / f"{model.name}.onnx", model, nodes, weights, rows)

    return make


@pytest.fixture
def opened(written: Written) -> Opened:
    """open(name, nodes, weights, rows): the stand-in of a catalogued model on OpenVINO."""

    def open_(
        name: str, nodes: Sequence[NodeProto], weights: Mapping[str, Array] | None = None, rows: int | str = "n"
    ) -> Net:
        model = load_catalog().model(name)
        return Net(model, open_openvino(written(model, nodes, weights, rows)))

    return open_
