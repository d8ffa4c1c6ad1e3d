"""Stand-ins: tiny ONNX files with a catalogued model's own tensor names and shapes, that compute what is asked."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

from engines.backends.openvino import open_openvino
from engines.catalog import Model, Tensor, load_catalog
from engines.graph.load import save
from engines.nets.net import Net
from engines.values import Array

Written = Callable[..., Path]
Opened = Callable[..., Net]


def _value(tensor: Tensor, name: str, rows: int | str) -> object:
    shape = [rows if i == 0 else (size if size > 0 else f"d{i}") for i, size in enumerate(tensor.shape)]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def names(tensors: Sequence[Tensor], unnamed: str) -> list[str]:
    """Declared names; `in0`, `out1` and so on for tensors that go by position."""
    return [tensor.name or f"{unnamed}{i}" for i, tensor in enumerate(tensors)]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """write(model, nodes, weights, rows): the file. Nodes use the declared names, or in0.., out0.. ."""

    def write(
        model: Model, nodes: Sequence[NodeProto], weights: Mapping[str, Array] | None = None, rows: int | str = "n"
    ) -> Path:
        graph = helper.make_graph(
            list(nodes),
            model.name,
            [_value(t, n, rows) for t, n in zip(model.inputs, names(model.inputs, "in"), strict=True)],
            [_value(t, n, rows) for t, n in zip(model.outputs, names(model.outputs, "out"), strict=True)],
            [numpy_helper.from_array(values, name) for name, values in (weights or {}).items()],
        )
        path = tmp_path / f"{model.name}.onnx"
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
        return path

    return write


@pytest.fixture
def opened(written: Written) -> Opened:
    """open(name, nodes, weights, rows): the stand-in of a catalogued model on OpenVINO."""

    def open_(
        name: str, nodes: Sequence[NodeProto], weights: Mapping[str, Array] | None = None, rows: int | str = "n"
    ) -> Net:
        model = load_catalog().model(name)
        return Net(model, open_openvino(written(model, nodes, weights, rows)))

    return open_
