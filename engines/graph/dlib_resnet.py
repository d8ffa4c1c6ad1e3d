"""Draws dlib's face network as ONNX from its layers. Knows layers and graphs; nothing of files or faces.

Source: dlib's `dnn_face_recognition_ex.cpp`. A sum of two branches of unlike sizes is dlib's: what one lacks, in
channels or at the right and lower edge, counts as zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from engines.errors import ModelError
from engines.graph.dlib_file import Kind, Layer, read_layers
from engines.values import F32, Array

SIDE = 150
MEANS = (122.782, 117.001, 104.298)
"""What dlib takes from red, green and blue before it divides by 256."""


@dataclass(frozen=True, slots=True)
class _Signal:
    """A tensor of the graph: its name, channels and side."""

    name: str
    channels: int
    side: int


@dataclass(slots=True)
class _Drawing:
    """The graph while it is being drawn."""

    nodes: list[NodeProto] = field(default_factory=list)
    weights: list[TensorProto] = field(default_factory=list)

    def weight(self, values: Array) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def convolved(self, x: _Signal, layer: Layer, affine: Layer) -> _Signal:
        """A convolution and the affine layer after it, in one."""
        filters, rows, columns, stride, _, pad, _ = (int(n) for n in layer.sizes)
        count = filters * x.channels * rows * columns
        if len(layer.values) != count + filters or len(affine.values) != 2 * filters:
            raise ModelError(f"dlib's network has a convolution of {len(layer.values)} values where {count} are wanted")
        gamma, beta = affine.values[:filters], affine.values[filters:]
        kernel = layer.values[:count].reshape(filters, x.channels, rows, columns) * gamma[:, None, None, None]
        bias = layer.values[count:] * gamma + beta
        shape = {"kernel_shape": [rows, columns], "strides": [stride] * 2, "pads": [pad] * 4}
        name = self.op("Conv", x.name, self.weight(kernel), self.weight(bias), **shape)
        return _Signal(name, filters, (x.side + 2 * pad - rows) // stride + 1)

    def pooled(self, x: _Signal, layer: Layer) -> _Signal:
        rows, columns, stride, _, pad, _ = (int(n) for n in layer.sizes)
        if rows == 0:
            return _Signal(self.op("GlobalAveragePool", x.name), x.channels, 1)
        kind = "MaxPool" if layer.kind is Kind.MAX_POOL else "AveragePool"
        shape = {"kernel_shape": [rows, columns], "strides": [stride] * 2, "pads": [pad] * 4}
        return _Signal(self.op(kind, x.name, **shape), x.channels, (x.side + 2 * pad - rows) // stride + 1)

    def added(self, x: _Signal, y: _Signal) -> _Signal:
        channels, side = max(x.channels, y.channels), max(x.side, y.side)
        names = [self._filled(one, channels, side) for one in (x, y)]
        return _Signal(self.op("Add", *names), channels, side)

    def _filled(self, x: _Signal, channels: int, side: int) -> str:
        more, wider = channels - x.channels, side - x.side
        if not (more or wider):
            return x.name
        return self.op("Pad", x.name, self.weight(np.array([0, 0, 0, 0, 0, more, wider, wider], np.int64)))


def drawn(layers: Sequence[Layer]) -> ModelProto:
    """The network: input `image` float32 (n, 3, 150, 150), RGB, (pixels - MEANS) / 256; output `embedding` float32
    (n, k), not normalised. Raises ModelError for layers in another order than this family's."""
    if not layers or layers[0].kind is not Kind.INPUT or not np.allclose(layers[0].sizes, MEANS, atol=1e-3):
        raise ModelError("dlib's network does not begin with its known picture layer; install the known file again")
    d, rest = _Drawing(), list(layers[1:])
    x = kept = _Signal("image", 3, SIDE)
    output: str | None = None
    while rest:
        layer = rest.pop(0)
        match layer.kind:
            case Kind.CONVOLUTION if rest and rest[0].kind is Kind.AFFINE:
                x = d.convolved(x, layer, rest.pop(0))
            case Kind.RELU:
                x = _Signal(d.op("Relu", x.name), x.channels, x.side)
                if not _inside_block(rest):
                    kept = x
            case Kind.AVERAGE_POOL if rest and rest[0].kind is Kind.ADD:  # of the branch that skips the block
                kept = d.pooled(kept, layer)
            case Kind.MAX_POOL | Kind.AVERAGE_POOL:
                x = kept = d.pooled(x, layer)
            case Kind.ADD:
                x = d.added(x, kept)
            case Kind.LINEAR if not rest:
                output = _linear(d, x, layer)
            case _:
                raise ModelError(f"dlib's network has {layer.kind} at an unknown place; install the known file again")
    if output is None:
        raise ModelError("dlib's network has no last layer: the file was cut short; install it again")
    return _model(d, int(layers[-1].sizes[0]))


def convert(weights: Path, into: Path) -> None:
    """Writes the ONNX form of dlib's serialised network. The same file always gives the same bytes. Raises
    ModelError."""
    into.write_bytes(drawn(read_layers(weights.read_bytes())).SerializeToString(deterministic=True))


def _inside_block(rest: Sequence[Layer]) -> bool:
    """Whether a rectifier is the one between a block's two convolutions: a sum follows the next convolution."""
    kinds = [layer.kind for layer in rest[:4] if layer.kind is not Kind.AVERAGE_POOL]
    return kinds[:3] == [Kind.CONVOLUTION, Kind.AFFINE, Kind.ADD]


def _linear(d: _Drawing, x: _Signal, layer: Layer) -> str:
    outputs, inputs = (int(n) for n in layer.sizes)
    if (x.channels, x.side) != (inputs, 1) or len(layer.values) != inputs * outputs:
        raise ModelError(f"dlib's last layer takes {inputs} values, its network gives {x.channels}")
    flat = d.op("Flatten", x.name, axis=1)
    matrix: F32 = layer.values.reshape(inputs, outputs)
    d.nodes.append(helper.make_node("MatMul", [flat, d.weight(matrix)], ["embedding"]))
    return "embedding"


def _model(d: _Drawing, size: int) -> ModelProto:
    graph = helper.make_graph(
        d.nodes,
        "dlib-face-resnet",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", size])],
        d.weights,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="understudy"
    )
    onnx.checker.check_model(model)
    return model
