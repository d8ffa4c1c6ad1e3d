"""Counts a network's multiply-adds, of convolutions and matrix products. Knows shapes only."""

import numpy as np
import onnx
from onnx import ModelProto, NodeProto


def macs(model: ModelProto) -> int:
    """For the input shapes that the file declares, free sizes taken as 1. Resizes, norms and sums are not counted."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {t.name: tuple(t.dims) for t in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        shapes[value.name] = tuple(max(1, d.dim_value) for d in value.type.tensor_type.shape.dim)
    return sum(_node(node, shapes) for node in graph.node)


def _node(node: NodeProto, shapes: dict[str, tuple[int, ...]]) -> int:
    if node.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return 0
    data, weight, out = (shapes.get(name, ()) for name in (node.input[0], node.input[1], node.output[0]))
    if not data or not weight or not out:
        return 0
    if node.op_type == "Conv":
        return int(np.prod(out)) * int(np.prod(weight[1:]))
    if node.op_type == "ConvTranspose":
        return int(np.prod(data)) * int(np.prod(weight[1:]))
    if node.op_type == "Gemm":
        flipped = any(a.name == "transA" and a.i for a in node.attribute)
        return int(np.prod(out)) * data[0 if flipped else 1]
    return int(np.prod(out)) * data[-1]
