"""Old graphs lifted: what was computed before is computed after."""

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper

from engines.errors import ModelError
from engines.graph.opset import LEAST, lifted, version
from tests.engines.graph.graphs import X, net, run


def old(opset: int) -> ModelProto:
    """A squeeze whose axes were an attribute until opset 13."""
    nodes = [helper.make_node("Unsqueeze", ["x"], ["u"], axes=[0]), helper.make_node("Squeeze", ["u"], ["y"], axes=[0])]
    graph = helper.make_graph(
        nodes,
        "old",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)


@pytest.mark.parametrize("opset", [9, 11, 12])
def test_old_graphs_compute_the_same_in_the_new_opset(opset: int) -> None:
    assert version(old(opset)) == opset
    new = lifted(old(opset))
    onnx.checker.check_model(new, full_check=True)
    assert version(new) == LEAST
    assert np.array_equal(run(new)[0], X)


@pytest.mark.parametrize("opset", [13, 17])
def test_new_graphs_are_handed_back_as_they_are(opset: int) -> None:
    model = net(opset)
    assert lifted(model) is model


def test_a_graph_that_has_no_counterpart_is_named() -> None:
    model = old(9)
    model.graph.node[0].op_type = "NoSuchOperator"
    with pytest.raises(ModelError, match="of opset 9 and cannot be lifted to 13"):
        lifted(model)


def test_foreign_domains_do_not_count_as_a_version() -> None:
    model = net()
    model.opset_import.append(helper.make_opsetid("com.microsoft", 99))
    assert version(model) == 13
    assert lifted(model) is model
