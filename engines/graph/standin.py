"""A random-weight stand-in of inswapper_128: the same architecture, size and tensor names, no trained weights.

138.3 M parameters and 174.7 G multiply-adds at full width. For benchmarks and tests: it swaps nothing.
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from engines.values import Array

SIDE, LATENT = 128, 512


@dataclass(slots=True)
class _Drawing:
    """The graph while it is being drawn."""

    rng: np.random.Generator
    nodes: list[NodeProto] = field(default_factory=list)
    weights: list[TensorProto] = field(default_factory=list)
    macs: int = 0

    def weight(self, values: Array) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def conv(self, x: str, cin: int, cout: int, kernel: int, out_side: int, stride: int = 1, pad: int = 0) -> str:
        shape = (cout, cin, kernel, kernel)
        # deviation 1 / sqrt(fan in) keeps the signal's size from layer to layer
        w = self.rng.standard_normal(shape, np.float32) * np.float32((cin * kernel * kernel) ** -0.5)
        b = self.rng.standard_normal(cout, np.float32) * np.float32(0.1)
        self.macs += w.size * out_side * out_side
        sizes = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [pad] * 4}
        return self.op("Conv", x, self.weight(w), self.weight(b), **sizes)

    def leaky(self, x: str) -> str:
        return self.op("LeakyRelu", x, alpha=0.2)

    def reflect(self, x: str, pad: int) -> str:
        pads = self.weight(np.array([0, 0, pad, pad, 0, 0, pad, pad], np.int64))
        return self.op("Pad", x, pads, mode="reflect")

    def adain(self, x: str, style: str, channels: int) -> str:
        """Instance norm of `x`, scaled and shifted by a linear map of the source."""
        w = self.rng.standard_normal((2 * channels, LATENT), np.float32) * np.float32(LATENT**-0.5)
        self.macs += w.size
        line = self.op("Gemm", style, self.weight(w), self.weight(np.zeros(2 * channels, np.float32)), transB=1)
        axes = self.weight(np.array([2, 3], np.int64))
        line = self.op("Unsqueeze", line, axes)
        one = self.weight(np.array([1], np.int64))
        cut = [self.weight(np.array([n], np.int64)) for n in (0, channels, 2 * channels)]
        scale, shift = (self.op("Slice", line, cut[i], cut[i + 1], one) for i in (0, 1))
        centred = self.op("Sub", x, self.op("ReduceMean", x, axes=[2, 3], keepdims=1))
        power = self.op("ReduceMean", self.op("Mul", centred, centred), axes=[2, 3], keepdims=1)
        root = self.op("Sqrt", self.op("Add", power, self.weight(np.array(1e-8, np.float32))))
        return self.op("Add", self.op("Mul", self.op("Div", centred, root), scale), shift)


def standin(width: int = 128, blocks: int = 6, seed: int = 1) -> tuple[ModelProto, int]:
    """The graph and its multiply-adds for one face. width: channels of the first layer (128 is the real size).

    Inputs `target` (1, 3, 128, 128) RGB 0..1 and `source` (1, 512); output `output` (1, 3, 128, 128).
    """
    d = _Drawing(np.random.default_rng(seed))
    c = width
    x = d.leaky(d.conv(d.reflect("target", 3), 3, c, 7, SIDE))
    x = d.leaky(d.conv(x, c, 2 * c, 3, SIDE, pad=1))
    x = d.leaky(d.conv(x, 2 * c, 4 * c, 3, SIDE // 2, stride=2, pad=1))
    x = d.leaky(d.conv(x, 4 * c, 8 * c, 3, SIDE // 4, stride=2, pad=1))
    for _ in range(blocks):
        y = d.conv(d.reflect(x, 1), 8 * c, 8 * c, 3, SIDE // 4)
        y = d.op("Relu", d.adain(y, "source", 8 * c))
        y = d.conv(d.reflect(y, 1), 8 * c, 8 * c, 3, SIDE // 4)
        x = d.op("Add", x, d.adain(y, "source", 8 * c))
    for i, side in ((8, 64), (4, 128)):
        scales = d.weight(np.array([1, 1, 2, 2], np.float32))
        x = d.op("Resize", x, "", scales, mode="linear", coordinate_transformation_mode="half_pixel")
        x = d.leaky(d.conv(x, i * c, i * c // 2, 3, side, pad=1))
    x = d.leaky(d.conv(x, 2 * c, c, 3, SIDE, pad=1))
    x = d.op("Tanh", d.conv(d.reflect(x, 3), c, 3, 7, SIDE))
    half = np.array(0.5, np.float32)
    d.nodes.append(helper.make_node("Add", [d.op("Mul", x, d.weight(half)), d.weight(half)], ["output"]))
    return _model(d), d.macs


def _model(d: _Drawing) -> ModelProto:
    picture = [1, 3, SIDE, SIDE]
    # the last initializer is the map of embeddings, as in the real file
    d.weights.append(numpy_helper.from_array(np.eye(LATENT, dtype=np.float32), "emap"))
    graph = helper.make_graph(
        d.nodes,
        "standin-138m",
        [
            helper.make_tensor_value_info("target", TensorProto.FLOAT, picture),
            helper.make_tensor_value_info("source", TensorProto.FLOAT, [1, LATENT]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, picture)],
        d.weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model
