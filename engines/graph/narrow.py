"""Narrows the 8-bit weights of a Q/DQ graph to 7 bits, for chips that overflow on 8. Knows graphs, not chips."""

from collections.abc import Iterator, Mapping
from copy import deepcopy

import numpy as np
import numpy.typing as npt
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from engines.graph.quantise import CHANNEL_AXIS, Range, drop_unused, quantise
from engines.values import Array

PEAK = 64
"""The largest weight of which two products with 255 fit into 16 signed bits: 2 * 255 * 64 = 32640, of 32767."""


def narrowed(model: ModelProto) -> ModelProto:
    """A copy whose stored 8-bit weights are S8 from -64 to 64 with the zero point 0; their scales grow by as much.

    Weights that are so already, activations and biases stay as they are.
    """
    done = deepcopy(model)
    graph = done.graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer if _small(tensor)}
    for node in list(_weights(graph, stored)):
        values, zero = stored[node.input[0]], _zero(node, stored)
        if values.dtype != np.int8 or zero.any() or np.abs(values.astype(np.int16)).max(initial=0) > PEAK:
            _replace(graph, node, values.astype(np.int32) - zero, stored[node.input[1]])
    drop_unused(graph)
    return done


def _small(tensor: TensorProto) -> bool:
    """Whether it may be a weight in 8 bits, or its scale: weights in f32 are not read for nothing."""
    return tensor.data_type in (TensorProto.INT8, TensorProto.UINT8) or len(tensor.dims) <= 1


def _weights(graph: GraphProto, stored: Mapping[str, Array]) -> Iterator[NodeProto]:
    """The nodes that dequantise a stored weight of a convolution or a matrix product, with a scale or one a channel."""
    read = {node.input[1] for node in graph.node if node.op_type in CHANNEL_AXIS}
    for node in graph.node:
        known = node.op_type == "DequantizeLinear" and node.output[0] in read and set(node.input) <= stored.keys()
        if known and stored[node.input[0]].dtype in (np.int8, np.uint8) and stored[node.input[1]].ndim <= 1:
            yield node


def _zero(node: NodeProto, stored: Mapping[str, Array]) -> npt.NDArray[np.int32]:
    """The zero point, shaped to be subtracted from the weight."""
    if len(node.input) < 3:
        return np.zeros((), np.int32)
    zero, dimensions = stored[node.input[2]].astype(np.int32), stored[node.input[0]].ndim
    axis = next((a.i for a in node.attribute if a.name == "axis"), 1) % dimensions
    return zero.reshape([-1 if i == axis else 1 for i in range(dimensions)]) if zero.size > 1 else zero.reshape(())


def _replace(graph: GraphProto, node: NodeProto, whole: npt.NDArray[np.int32], scale: Array) -> None:
    """Gives the node a weight, a scale and a zero point of its own: other nodes may read the old ones."""
    share = max(int(np.abs(whole).max(initial=0)), PEAK) / PEAK
    fresh: dict[str, Array] = {
        f"{node.output[0]}/7bit": np.rint(whole / share).astype(np.int8),
        f"{node.output[0]}/7bit/scale": np.asarray(scale.astype(np.float64) * share, scale.dtype),
        f"{node.output[0]}/7bit/zero": np.zeros(scale.shape, np.int8),
    }
    graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in fresh.items())
    del node.input[:]
    node.input.extend(fresh)


def worst_case() -> ModelProto:
    """A quantised product whose sums are as large as 8 bits make them: for x = ones (1, 4), y (1, 1) is 4."""
    weight = numpy_helper.from_array(np.ones((4, 1), np.float32), "w")
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", [1, 4]), ("y", [1, 1]))]
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "worst", ends[:1], ends[1:], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return quantise(model, {"x": Range(0, 1)})
