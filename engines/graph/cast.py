"""Writes half precision into a graph (fp16 or bf16), as strongly typed runtimes want it; inputs and outputs stay f32.

Knows types of tensors; whether the result is good enough is measured elsewhere.
"""

from copy import deepcopy

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from engines.errors import ModelError

HALF = {"f16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}
# sums over many elements, roots and exponents lose their meaning in half precision; shapes are no numbers of the image
KEEP = frozenset(
    {"ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL2", "ReduceProd", "Pow", "Sqrt", "Exp", "Log", "Erf"}
    | {"Softmax", "LogSoftmax", "InstanceNormalization", "LayerNormalization", "GroupNormalization", "LpNormalization"}
    | {"Cast", "Resize", "Upsample", "GridSample", "Range", "NonMaxSuppression", "TopK", "If", "Loop", "Scan"}
    | {"QuantizeLinear", "DequantizeLinear"}
)
F16_MAX = 65504.0


def cast(model: ModelProto, precision: str, keep: frozenset[str] = KEEP) -> ModelProto:
    """A copy computing in `precision` (f16, bf16) but for operators in `keep` and weights beyond f16's range.

    Casts stand where the type changes, one per tensor and type. Errors: ModelError where types cannot be told.
    """
    half = HALF[precision]
    try:
        types = _types(model)
    except onnx.shape_inference.InferenceError as error:
        raise ModelError(f"the types of this graph's tensors cannot be told ({error}); export it again") from error
    typed = deepcopy(model)
    graph = typed.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    now = dict(types)  # the type a tensor has in the new graph
    out: list[NodeProto] = []
    casts: dict[tuple[str, int], str] = {}

    def as_type(name: str, wanted: int) -> str:
        if name not in now or now[name] == wanted:
            return name
        key = (name, wanted)
        if key not in casts:
            casts[key] = f"{name}/as_{TensorProto.DataType.Name(wanted)}"
            if name in stored:
                graph.initializer.append(_stored_as(stored[name], wanted, casts[key]))
            else:
                out.append(helper.make_node("Cast", [name], [casts[key]], to=wanted))
        return casts[key]

    outputs = {value.name for value in graph.output}
    for node in graph.node:
        floats = [name for name in node.input if types.get(name) == TensorProto.FLOAT]
        made = [name for name in node.output if types.get(name) == TensorProto.FLOAT]
        low = bool(made) and node.op_type not in keep | {"Constant"} and all(_fits(stored.get(n), half) for n in floats)
        wanted = half if low else TensorProto.FLOAT
        for i, name in enumerate(node.input):
            if types.get(name) == TensorProto.FLOAT:
                node.input[i] = as_type(name, wanted)
        after: list[NodeProto] = []
        for i, name in enumerate(node.output):
            if low and types.get(name) == TensorProto.FLOAT:
                now[name] = half
                if name in outputs:  # what leaves the graph keeps its declared type and name
                    inner = node.output[i] = f"{name}/half"
                    now[name], now[inner] = TensorProto.FLOAT, half
                    casts[(name, half)] = inner
                    after.append(helper.make_node("Cast", [inner], [name], to=TensorProto.FLOAT))
        out += [node, *after]
    _replace(graph, out)
    return typed


def _types(model: ModelProto) -> dict[str, int]:
    graph = onnx.shape_inference.infer_shapes(model).graph
    types = {v.name: v.type.tensor_type.elem_type for v in (*graph.input, *graph.value_info, *graph.output)}
    types |= {t.name: t.data_type for t in graph.initializer}
    untold = [name for node in graph.node for name in node.output if name and not types.get(name)]
    if untold:
        raise ModelError(f"the type of the tensor {untold[0]!r} cannot be told; export the model with plain operators")
    return types


def _fits(tensor: TensorProto | None, half: int) -> bool:
    if tensor is None or half != TensorProto.FLOAT16 or 0 in tensor.dims:
        return True
    return bool(np.abs(numpy_helper.to_array(tensor)).max() <= F16_MAX)


def _stored_as(tensor: TensorProto, wanted: int, name: str) -> TensorProto:
    values = numpy_helper.to_array(tensor).astype(helper.tensor_dtype_to_np_dtype(wanted))
    return numpy_helper.from_array(values, name)


def _replace(graph: GraphProto, nodes: list[NodeProto]) -> None:
    copies = [deepcopy(node) for node in nodes]
    del graph.node[:]
    graph.node.extend(copies)
    del graph.value_info[:]
    used = {name for node in graph.node for name in node.input} | {value.name for value in graph.output}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
