"""Opens the batch axis of a graph that was exported for one picture at a time. Proves nothing: `agree` does."""

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, numpy_helper, shape_inference

from engines.errors import ModelError
from engines.protocol import Session
from engines.values import Array

BATCH = "batch"


class UnbatchableError(ModelError):
    """This model runs one row a call, and its graph cannot be rewritten for more."""


def is_open(model: ModelProto) -> bool:
    """Whether every input takes any number of rows already."""
    return all(not i.type.tensor_type.shape.dim[0].HasField("dim_value") for i in fed(model.graph))


def fed(graph: GraphProto) -> list[onnx.ValueInfoProto]:
    """The inputs a caller feeds: old files list their weights as inputs, too."""
    stored = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in stored]


def constants(graph: GraphProto) -> dict[str, Array]:
    """Small stored tensors by name, Constant nodes included: shapes, sizes, scales."""
    found = {t.name: numpy_helper.to_array(t) for t in graph.initializer if int(np.prod(t.dims)) <= 64}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            found[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    return found


def reached(graph: GraphProto) -> set[str]:
    """Names of all tensors that depend on what is fed."""
    wet = {value.name for value in fed(graph)}
    for node in graph.node:
        if wet.intersection(node.input):
            wet.update(node.output)
    return wet


def shapes(model: ModelProto) -> dict[str, tuple[int, ...]]:
    """Shapes as inferred for one row, of those tensors where all sizes are known."""
    graph = shape_inference.infer_shapes(model).graph
    known = {}
    for value in (*graph.input, *graph.value_info, *graph.output):
        dims = value.type.tensor_type.shape.dim
        if all(d.HasField("dim_value") for d in dims):
            known[value.name] = tuple(d.dim_value for d in dims)
    return known


def open_batch(model: ModelProto) -> ModelProto:
    """A copy whose inputs and outputs take any number of rows.

    A Reshape to (1, ...) copies the row count instead; a Resize to fixed sizes becomes one by scales. Errors:
    UnbatchableError where an input's or output's first size is not 1, or the size before a Resize is unknown.
    """
    if is_open(model):
        return model
    one_row = shapes(model)
    opened = deepcopy(model)
    graph = opened.graph
    known, wet = constants(graph), reached(graph)
    for node in list(graph.node):
        if node.op_type == "Reshape" and node.input[0] in wet and node.input[1] in known:
            _open_reshape(graph, node, known[node.input[1]])
        if node.op_type == "Resize" and len(node.input) > 3 and node.input[3] in known and node.input[0] in wet:
            _open_resize(graph, node, known[node.input[3]], one_row)
    for value in (*fed(graph), *graph.output):
        dims = value.type.tensor_type.shape.dim
        if not dims or (dims[0].HasField("dim_value") and dims[0].dim_value != 1):
            seen = [d.dim_value for d in dims]
            raise UnbatchableError(
                f"{value.name!r} has the sizes {seen}, no row axis of 1: this model runs one picture a call"
            )
        dims[0].dim_param = BATCH
    del graph.value_info[:]
    return opened


def _open_reshape(graph: GraphProto, node: NodeProto, target: Array) -> None:
    sizes = target.astype(np.int64).ravel()
    if sizes.size and sizes[0] == 1:
        # 0 means `as in the input`, which also leaves -1 free for the size after it
        name = f"{node.output[0]}/open_shape"
        graph.initializer.append(numpy_helper.from_array(np.concatenate([[0], sizes[1:]]).astype(np.int64), name))
        node.input[1] = name


def _open_resize(graph: GraphProto, node: NodeProto, sizes: Array, one_row: Mapping[str, tuple[int, ...]]) -> None:
    shape = one_row.get(node.input[0])
    if shape is None:
        raise UnbatchableError(f"the size before Resize {node.name!r} is unknown: its batch axis cannot be opened")
    name = f"{node.output[0]}/open_scales"
    scales = (sizes.astype(np.float64) / np.asarray(shape)).astype(np.float32)
    graph.initializer.append(numpy_helper.from_array(scales, name))
    del node.input[3:]
    node.input[2] = name


def agree(session: Session, rows: Mapping[str, Array], single: Session | None = None) -> float:
    """Largest difference between all rows in one call and one call a row, in shares of the output's range.

    single: what runs the single rows, the model before it was rewritten for instance; the same session by default.
    """
    together = session.run(rows)
    count = len(next(iter(rows.values())))
    each = single or session
    alone = [each.run({name: array[i : i + 1] for name, array in rows.items()}) for i in range(count)]
    worst = 0.0
    for name, joined in together.items():
        apart = np.concatenate([run[name] for run in alone]).astype(np.float32)
        if apart.shape != joined.shape:
            return float("inf")
        span = float(np.ptp(apart)) or 1.0
        worst = max(worst, float(np.abs(apart - joined.astype(np.float32)).max()) / span)
    return worst
