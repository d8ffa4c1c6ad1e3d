"""Q/DQ insertion: where the nodes stand, what types they have, and what the quantised graph computes."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from engines.backends.openvino import open_openvino
from engines.errors import ModelError
from engines.graph.load import save
from engines.graph.observe import expose
from engines.graph.quantise import Range, observed, quantise, symmetric, targets, weight_scales
from engines.values import F32

RNG = np.random.default_rng(3)
WEIGHT = (RNG.standard_normal((6, 3, 3, 3)) * np.array([0.01, 0.1, 1, 10, 1, 1]).reshape(6, 1, 1, 1)).astype(np.float32)
LINE = RNG.standard_normal((2, 6)).astype(np.float32)


def net(opset: int = 19) -> ModelProto:
    """conv (padded) -> relu -> mean -> gemm with a transposed weight."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("GlobalAveragePool", ["r"], ["p"]),
        helper.make_node("Flatten", ["p"], ["f"]),
        helper.make_node("Gemm", ["f", "l"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])],
        [
            helper.make_tensor_value_info("c", TensorProto.FLOAT, [1, 6, 8, 8]),
            helper.make_tensor_value_info("y", 1, [1, 2]),
        ],
        [numpy_helper.from_array(WEIGHT, "w"), numpy_helper.from_array(LINE, "l")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def picture() -> F32:
    return np.random.default_rng(5).uniform(-1, 3, (1, 3, 8, 8)).astype(np.float32)


def ranges(x: F32) -> dict[str, Range]:
    seen = ReferenceEvaluator(expose(net(), ["f"])).run(None, {"x": x})
    return {"x": Range(float(x.min()), float(x.max())), "f": Range(float(seen[2].min()), float(seen[2].max()))}


def test_targets_are_the_nodes_with_stored_weights() -> None:
    assert [n.op_type for n in targets(net())] == ["Conv", "Gemm"]
    assert observed(net()) == ["x", "f"]


@pytest.mark.parametrize("signed", [False, True])
def test_the_quantised_graph_is_close_channel_by_channel(signed: bool) -> None:
    x = picture()
    done = quantise(net(), ranges(x), signed=signed)
    onnx.checker.check_model(done, full_check=True)
    c, y = ReferenceEvaluator(done).run(None, {"x": x})
    exact_c, exact_y = ReferenceEvaluator(net()).run(None, {"x": x})
    by_channel = np.abs(c - exact_c).max(axis=(0, 2, 3)) / np.abs(exact_c).max(axis=(0, 2, 3))
    # one scale for the whole weight would lose the first channel, a thousandth of the fourth
    assert 0 < by_channel.max() < 0.03
    assert np.abs(y - exact_y).max() < 0.03 * np.abs(exact_y).max() + 0.01


def test_activations_are_u8_with_an_exact_zero_or_s8_symmetric() -> None:
    for signed, kind in ((False, TensorProto.UINT8), (True, TensorProto.INT8)):
        stored = {t.name: t for t in quantise(net(), ranges(picture()), signed=signed).graph.initializer}
        assert stored["x/zero"].data_type == kind
        assert int(numpy_helper.to_array(stored["x/zero"])) == (0 if signed else round(255 / 4))
        assert stored["w/q"].data_type == TensorProto.INT8
        assert list(stored["w/scale"].dims) == [6] and list(stored["l/scale"].dims) == [2]
        assert "w" not in stored


def test_the_largest_weight_of_a_channel_is_127() -> None:
    stored = {t.name: numpy_helper.to_array(t) for t in quantise(net(), ranges(picture())).graph.initializer}
    assert np.abs(stored["w/q"].astype(int)).max(axis=(1, 2, 3)).tolist() == [127] * 6
    assert weight_scales(np.zeros((2, 3), np.float32), 0).tolist() == [1, 1]


def test_skipped_nodes_stay_as_they_were() -> None:
    done = quantise(net(), ranges(picture()), skip={"c"})
    assert [n.op_type for n in done.graph.node].count("QuantizeLinear") == 1
    assert next(n for n in done.graph.node if n.op_type == "Conv").input[1] == "w"


def test_a_range_that_was_not_collected_is_named() -> None:
    with pytest.raises(ModelError, match="'f'"):
        quantise(net(), {"x": Range(0, 1)})


def test_old_opsets_are_refused() -> None:
    with pytest.raises(ModelError, match="opset 13"):
        quantise(net(12), ranges(picture()))


def test_a_range_always_holds_zero() -> None:
    assert Range(0.5, 2).whole() == Range(0, 2)
    assert Range(-3, -1).whole() == Range(-3, 0)
    assert Range(0, 0).whole().high > 0


def test_openvino_computes_the_same(tmp_path: Path) -> None:
    x = picture()
    done = quantise(net(), ranges(x))
    save(done, tmp_path / "q.onnx")
    c = open_openvino(tmp_path / "q.onnx", "int8").session().run({"x": x})["c"]
    [wanted, _] = ReferenceEvaluator(done).run(None, {"x": x})
    assert np.abs(c - wanted).max() < 0.02 * np.abs(wanted).max()


def test_u8_turns_into_symmetric_s8() -> None:
    x = picture()
    unsigned = quantise(net(), ranges(x))
    turned = symmetric(unsigned)
    onnx.checker.check_model(turned, full_check=True)
    stored = {t.name: t for t in turned.graph.initializer}
    assert stored["x/zero"].data_type == TensorProto.INT8 and int(numpy_helper.to_array(stored["x/zero"])) == 0
    assert float(numpy_helper.to_array(stored["x/scale"])) == pytest.approx(3 / 127, rel=0.02), "the wider side decides"
    [c, y] = ReferenceEvaluator(turned).run(None, {"x": x})
    exact_c, exact_y = ReferenceEvaluator(net()).run(None, {"x": x})
    assert np.abs(c - exact_c).max() < 0.03 * np.abs(exact_c).max()
    assert np.abs(y - exact_y).max() < 0.03 * np.abs(exact_y).max() + 0.01
    assert [n.op_type for n in quantise(net(), ranges(x)).graph.node] == [n.op_type for n in turned.graph.node]


@pytest.mark.parametrize(
    ("kind", "given", "weight", "axis", "extra"),
    [
        ("Conv", (1, 3, 6, 6), (5, 3, 3, 3), 0, {"kernel_shape": [3, 3]}),
        ("ConvTranspose", (1, 3, 6, 6), (3, 5, 2, 2), 1, {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Gemm", (4, 6), (6, 5), 1, {}),
        ("Gemm", (4, 6), (5, 6), 0, {"transB": 1}),
        ("MatMul", (4, 6), (6, 5), 1, {}),
        ("MatMul", (2, 4, 6), (2, 6, 5), 2, {}),
    ],
)
def test_scales_lie_along_the_output_channels(
    kind: str, given: tuple[int, ...], weight: tuple[int, ...], axis: int, extra: dict[str, object], tmp_path: Path
) -> None:
    """Channels that differ a thousandfold: with the scale along any other axis the small ones would be lost."""
    rng = np.random.default_rng(0)
    steep = np.array([0.01, 1, 0.1, 10, 1]).reshape([5 if i == axis else 1 for i in range(len(weight))])
    values = (rng.standard_normal(weight) * steep).astype(np.float32)
    x = rng.uniform(-1, 1, given).astype(np.float32)
    made = helper.make_graph(
        [helper.make_node(kind, ["x", "w"], ["y"], **extra)],
        "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(values, "w")],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    done = quantise(model, {"x": Range(-1, 1)})
    [exact] = ReferenceEvaluator(model).run(None, {"x": x})
    [seen] = ReferenceEvaluator(done).run(None, {"x": x})
    channels = 1 if kind.startswith("Conv") else exact.ndim - 1
    rest = tuple(i for i in range(exact.ndim) if i != channels)
    assert (np.abs(seen - exact).max(axis=rest) / np.abs(exact).max(axis=rest)).max() < 0.03
    save(done, tmp_path / "q.onnx")
    ran = open_openvino(tmp_path / "q.onnx", "int8").session().run({"x": x})["y"].astype(np.float32)
    assert np.abs(ran - seen).max() < 0.02 * np.abs(seen).max()


def test_products_with_a_vector_are_left_alone() -> None:
    made = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "vector",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [4, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])],
        [numpy_helper.from_array(np.ones(6, np.float32), "w")],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    assert targets(model) == []
