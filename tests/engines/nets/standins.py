"""Tiny ONNX files with a catalogued model's own tensor names and shapes, that compute what is asked."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from engines.graph.load import save
from engines.store.catalog import Model, Tensor
from engines.values import Array


def node(kind: str, inputs: Sequence[str], output: str, **extra: object) -> NodeProto:
    return helper.make_node(kind, list(inputs), [output], **extra)


def names(tensors: Sequence[Tensor], unnamed: str) -> list[str]:
    """Declared names; `in0`, `out1` and so on for tensors that go by position."""
    return [tensor.name or f"{unnamed}{i}" for i, tensor in enumerate(tensors)]


def write(
    path: Path,
    model: Model,
    nodes: Sequence[NodeProto],
    weights: Mapping[str, Array] | None = None,
    rows: int | str = "n",
) -> Path:
    """The file. Nodes use the declared names, or in0.., out0.. for those that have none."""
    graph = helper.make_graph(
        list(nodes),
        model.name,
        [_value(t, n, rows) for t, n in zip(model.inputs, names(model.inputs, "in"), strict=True)],
        [_value(t, n, rows) for t, n in zip(model.outputs, names(model.outputs, "out"), strict=True)],
        [numpy_helper.from_array(values, name) for name, values in (weights or {}).items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def write_halving(path: Path, dfm: Model) -> Path:
    """A DFM that halves the picture, with masks of ones."""
    nodes = [
        node("Mul", ["in_face:0", "half"], "out_celeb_face:0"),
        node("ReduceMax", ["in_face:0"], "top", axes=[3]),
        node("Mul", ["top", "none"], "z"),
        node("Add", ["z", "one"], "out_face_mask:0"),
        node("Identity", ["out_face_mask:0"], "out_celeb_face_mask:0"),
    ]
    weights = {"half": 0.5, "none": 0.0, "one": 1.0}
    return write(path, dfm, nodes, {name: np.array(value, np.float32) for name, value in weights.items()})


def _value(tensor: Tensor, name: str, rows: int | str) -> object:
    shape = [rows if i == 0 else (size if size > 0 else f"d{i}") for i, size in enumerate(tensor.shape)]
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
