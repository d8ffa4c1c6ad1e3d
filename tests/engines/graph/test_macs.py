"""Multiply-adds by hand, for every kind of node that has them and for those that have none."""

import numpy as np
import pytest
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from engines.graph.macs import macs

Shape = tuple[int | str, ...]


def graph(nodes: list[NodeProto], given: Shape, wanted: Shape, **weights: tuple[int, ...]) -> ModelProto:
    made = helper.make_graph(
        nodes,
        "counted",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, wanted)],
        [numpy_helper.from_array(np.zeros(shape, np.float32), name) for name, shape in weights.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def one(kind: str, given: Shape, weight: tuple[int, ...], wanted: Shape, **extra: object) -> ModelProto:
    return graph([helper.make_node(kind, ["x", "w"], ["y"], **extra)], given, wanted, w=weight)


@pytest.mark.parametrize(
    ("model", "count"),
    [
        # every output value is a sum over the kernel and the channels that go in
        (one("Conv", (1, 3, 8, 8), (5, 3, 3, 3), (1, 5, 8, 8), pads=[1] * 4), 5 * 8 * 8 * 3 * 9),
        (one("Conv", (1, 3, 8, 8), (5, 3, 3, 3), (1, 5, 3, 3), strides=[2, 2]), 5 * 3 * 3 * 3 * 9),
        # groups: each output channel sees one input channel alone
        (one("Conv", (1, 6, 8, 8), (6, 1, 3, 3), (1, 6, 8, 8), pads=[1] * 4, group=6), 6 * 8 * 8 * 9),
        # every input value is spread over the kernel and the channels that come out
        (one("ConvTranspose", (1, 4, 5, 5), (4, 6, 2, 2), (1, 6, 10, 10), strides=[2, 2]), 4 * 25 * 6 * 4),
        (one("Gemm", (2, 7), (7, 5), (2, 5)), 2 * 7 * 5),
        (one("Gemm", (2, 7), (5, 7), (2, 5), transB=1), 2 * 7 * 5),
        (one("Gemm", (7, 2), (7, 5), (2, 5), transA=1), 2 * 7 * 5),
        (one("MatMul", (3, 2, 7), (7, 5), (3, 2, 5)), 3 * 2 * 7 * 5),
        (one("MatMul", (3, 2, 7), (3, 7, 5), (3, 2, 5)), 3 * 2 * 7 * 5),
        (one("Add", (1, 4), (1, 4), (1, 4)), 0),
        (one("Mul", (1, 4), (1, 4), (1, 4)), 0),
    ],
)
def test_by_hand(model: ModelProto, count: int) -> None:
    assert macs(model) == count


def test_free_sizes_are_one_row() -> None:
    assert macs(one("Gemm", ("n", 7), (7, 5), ("n", 5))) == 7 * 5
    assert macs(one("Conv", ("n", 3, 8, 8), (5, 3, 3, 3), ("n", 5, 6, 6))) == 5 * 6 * 6 * 3 * 9


def test_a_chain_is_the_sum_and_inner_shapes_are_inferred() -> None:
    nodes = [
        helper.make_node("Conv", ["x", "a"], ["c"], strides=[2, 2]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Flatten", ["r"], ["f"]),
        helper.make_node("Gemm", ["f", "b"], ["y"]),
    ]
    model = graph(nodes, (1, 3, 9, 9), (1, 10), a=(4, 3, 3, 3), b=(64, 10))
    assert macs(model) == 4 * 4 * 4 * 3 * 9 + 64 * 10
