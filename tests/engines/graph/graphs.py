"""A small graph, matrix product to sign, and its run on the reference evaluator."""

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from engines.values import F32

X = np.array([[1, -2, 3], [-4, 5, -6]], np.float32)
W = np.array([[1, 0], [2, -1], [0, 3]], np.float32)


def net(opset: int = 13) -> ModelProto:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"]),
        helper.make_node("Relu", ["m"], ["r"]),
        helper.make_node("Neg", ["r"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 2])],
        [numpy_helper.from_array(W, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def run(model: ModelProto) -> list[F32]:
    return list(ReferenceEvaluator(model).run(None, {"x": X}))
