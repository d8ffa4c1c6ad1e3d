"""Q/DQ insertion for int8: activations with one scale a tensor, weights S8 with one scale a channel.

Knows graphs and given ranges; where ranges come from is `calib/int8.py`'s matter.
"""

from collections.abc import Mapping, Set
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, helper, numpy_helper

from engines.errors import ModelError
from engines.values import F32, Array

# operator -> axis of the weight that holds the output channels
CHANNEL_AXIS = {"Conv": 0, "ConvTranspose": 1, "Gemm": 1, "MatMul": 1}
PEAK = 127


@dataclass(frozen=True, slots=True)
class Range:
    """What an activation spans: `low <= 0 <= high` after `whole()`."""

    low: float
    high: float

    def whole(self) -> "Range":
        """Widened to hold 0, so that zero padding stays exact, and never empty."""
        low, high = min(self.low, 0.0), max(self.high, 0.0)
        return Range(low, high if high - low > 1e-12 else low + 1e-12)


def targets(model: ModelProto) -> list[NodeProto]:
    """Nodes with a stored weight that int8 speeds up."""
    stored = {t.name for t in model.graph.initializer if len(t.dims) > 1}
    return [
        n for n in model.graph.node if n.op_type in CHANNEL_AXIS and n.input[1] in stored and n.input[0] not in stored
    ]


def is_quantised(model: ModelProto) -> bool:
    """Whether Q/DQ stands in the graph already."""
    return any(node.op_type == "QuantizeLinear" for node in model.graph.node)


def observed(model: ModelProto) -> list[str]:
    """The activations whose ranges `quantise` needs, each once."""
    return list(dict.fromkeys(node.input[0] for node in targets(model)))


def weight_axis(node: NodeProto, dimensions: int) -> int:
    if node.op_type == "MatMul":
        return dimensions - 1  # a stack of matrices has its columns last
    flipped = any(a.name == "transB" and a.i for a in node.attribute)
    return 0 if flipped else CHANNEL_AXIS[node.op_type]


def weight_scales(weight: F32, axis: int, peak: int = PEAK) -> F32:
    """float32 (channels,): symmetric, so that the largest weight of a channel is `peak`."""
    others = tuple(i for i in range(weight.ndim) if i != axis)
    top = np.abs(weight).max(axis=others)
    return (np.where(top > 0, top, peak) / peak).astype(np.float32)


def quantise(
    model: ModelProto,
    ranges: Mapping[str, Range],
    skip: Set[str] = frozenset(),
    signed: bool = False,
    peak: int = PEAK,
) -> ModelProto:
    """A copy in which every target node but those in `skip` (by first output name) reads int8 through Q/DQ.

    signed: S8 symmetric activations, as TensorRT wants them; U8 with a zero point otherwise, as CPUs want them.
    peak: the largest weight; `engines/graph/narrow.py` says which chips need a smaller one.
    Errors: ModelError where a range is missing.
    """
    done = deepcopy(model)
    graph = done.graph
    stored = {t.name: t for t in graph.initializer}
    before: dict[str, list[NodeProto]] = {}
    read: dict[str, str] = {}
    weighed: dict[str, str] = {}
    for node in targets(done):
        if node.output[0] in skip:
            continue
        source, weight = node.input[0], node.input[1]
        if source not in ranges:
            raise ModelError(f"no range was collected for {source!r}; calibrate with pictures of this model's kind")
        made: list[NodeProto] = []
        if source not in read:
            read[source] = _activation(graph, made, source, ranges[source].whole(), signed)
        if weight not in weighed:
            values = numpy_helper.to_array(stored[weight]).astype(np.float32)
            weighed[weight] = _weight(graph, made, weight, values, weight_axis(node, values.ndim), peak)
        node.input[0], node.input[1] = read[source], weighed[weight]
        before[node.output[0]] = made
    _weave(graph, before)
    drop_unused(graph)
    for entry in done.opset_import:
        if entry.domain in ("", "ai.onnx") and entry.version < 13:
            raise ModelError("int8 needs ONNX opset 13 or later; convert the model's opset first")
    return done


def symmetric(model: ModelProto) -> ModelProto:
    """A copy whose U8 activations are S8 without a zero point, over a range that holds the old one: for TensorRT."""
    done = deepcopy(model)
    stored = {t.name: t for t in done.graph.initializer}
    for node in done.graph.node:
        if node.op_type != "QuantizeLinear" or node.input[2] not in stored:
            continue
        zero, scale = (numpy_helper.to_array(stored[node.input[i]]) for i in (2, 1))
        if zero.dtype == np.uint8:
            levels = max(int(zero), 255 - int(zero))
            wider = np.asarray(float(scale) * levels / 127, np.float32)
            stored[node.input[1]].CopyFrom(numpy_helper.from_array(wider, node.input[1]))
            stored[node.input[2]].CopyFrom(numpy_helper.from_array(np.asarray(0, np.int8), node.input[2]))
    return done


def _constant(graph: GraphProto, name: str, values: Array) -> str:
    graph.initializer.append(numpy_helper.from_array(values, name))
    return name


def _activation(graph: GraphProto, made: list[NodeProto], source: str, span: Range, signed: bool) -> str:
    if signed:
        scale, zero = max(-span.low, span.high) / 127, np.asarray(0, np.int8)
    else:
        scale = (span.high - span.low) / 255
        zero = np.asarray(np.clip(round(-span.low / scale), 0, 255), np.uint8)
    s = _constant(graph, f"{source}/scale", np.asarray(scale, np.float32))
    z = _constant(graph, f"{source}/zero", zero)
    made.append(helper.make_node("QuantizeLinear", [source, s, z], [f"{source}/q"], name=f"{source}/Q"))
    made.append(helper.make_node("DequantizeLinear", [f"{source}/q", s, z], [f"{source}/dq"], name=f"{source}/DQ"))
    return f"{source}/dq"


def _weight(graph: GraphProto, made: list[NodeProto], name: str, values: F32, axis: int, peak: int) -> str:
    scales = weight_scales(values, axis, peak)
    shape = [-1 if i == axis else 1 for i in range(values.ndim)]
    whole = np.clip(np.rint(values / scales.reshape(shape)), -peak, peak).astype(np.int8)
    q = _constant(graph, f"{name}/q", whole)
    s = _constant(graph, f"{name}/scale", scales)
    z = _constant(graph, f"{name}/zero", np.zeros(len(scales), np.int8))
    made.append(helper.make_node("DequantizeLinear", [q, s, z], [f"{name}/dq"], name=f"{name}/DQ", axis=axis))
    return f"{name}/dq"


def _weave(graph: GraphProto, before: Mapping[str, list[NodeProto]]) -> None:
    order: list[NodeProto] = []
    for node in graph.node:
        order += [*before.get(node.output[0], ()), deepcopy(node)]
    del graph.node[:]
    graph.node.extend(order)


def drop_unused(graph: GraphProto) -> None:
    """Takes out stored tensors that no node reads."""
    used = {name for node in graph.node for name in node.input} | {value.name for value in graph.output}
    kept = [deepcopy(tensor) for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
