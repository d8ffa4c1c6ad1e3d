"""Half precision written into graphs: types are consistent, values close, the outside unchanged."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from engines.backends.openvino import open_openvino
from engines.graph.cast import cast
from engines.graph.load import save
from engines.graph.standin import standin
from engines.values import Array


def gemm(weight: Array) -> ModelProto:
    nodes = [
        helper.make_node("Gemm", ["x", "w"], ["g"]),
        helper.make_node("Relu", ["g"], ["r"]),
        helper.make_node("Softmax", ["r"], ["s"], axis=1),
        helper.make_node("Add", ["s", "r"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "gemm",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3]), helper.make_tensor_value_info("r", 1, [2, 3])],
        [numpy_helper.from_array(weight.astype(np.float32), "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


X = np.array([[0.1, -0.2, 0.3], [1, 2, -3]], np.float32)
W = np.array([[1 / 3, 1, 0], [0, 1 / 7, 1], [1, 0, 1]], np.float32)


def types(model: ModelProto) -> dict[str, int]:
    graph = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True).graph
    return {v.name: v.type.tensor_type.elem_type for v in (*graph.input, *graph.value_info, *graph.output)}


@pytest.mark.parametrize(
    ("precision", "bits", "half"), [("f16", 10, TensorProto.FLOAT16), ("bf16", 7, TensorProto.BFLOAT16)]
)
def test_values_are_those_of_the_precision(precision: str, bits: int, half: int) -> None:
    written = cast(gemm(W), precision)
    onnx.checker.check_model(written, full_check=True)
    y, r = ReferenceEvaluator(written).run(None, {"x": X})
    exact = ReferenceEvaluator(gemm(W)).run(None, {"x": X})
    error = max(float(np.abs(a - b).max()) for a, b in zip((y, r), exact, strict=True))
    assert 0 < error < 8 * 2.0**-bits, "half precision rounds, and only so much"
    kinds = types(written)
    assert kinds["x"] == kinds["y"] == kinds["r"] == TensorProto.FLOAT
    assert kinds["g"] == half


def test_sensitive_operators_stay_in_full_precision() -> None:
    written = cast(gemm(W), "f16")
    kinds = types(written)
    softmax = next(n for n in written.graph.node if n.op_type == "Softmax")
    assert kinds[softmax.input[0]] == kinds[softmax.output[0]] == TensorProto.FLOAT


def test_weights_beyond_f16_keep_their_operator_in_full_precision() -> None:
    big = np.diag(np.array([7e4, 1, 1], np.float32))
    [y, _] = ReferenceEvaluator(cast(gemm(big), "f16")).run(None, {"x": np.array([[0.5, 0, 0], [0, 1, 0]], np.float32)})
    assert np.isfinite(y).all() and types(cast(gemm(big), "f16"))["g"] == TensorProto.FLOAT
    assert types(cast(gemm(big), "bf16"))["g"] == TensorProto.BFLOAT16


def test_one_cast_a_tensor_and_type() -> None:
    written = cast(gemm(W), "f16")
    casts = [(n.input[0], n.attribute[0].i) for n in written.graph.node if n.op_type == "Cast"]
    assert len(casts) == len(set(casts)) == 4  # x down; r and y up; softmax's answer down


def test_full_precision_weights_are_dropped() -> None:
    assert {t.data_type for t in cast(gemm(W), "bf16").graph.initializer} == {TensorProto.BFLOAT16}


def test_the_stand_in_keeps_its_output_in_half_precision(tmp_path: Path) -> None:
    model, _ = standin(width=8, blocks=2)
    rng = np.random.default_rng(0)
    feeds = {
        "target": rng.random((1, 3, 128, 128), np.float32),
        "source": rng.standard_normal((1, 512)).astype(np.float32),
    }
    save(model, tmp_path / "full.onnx")
    save(cast(model, "f16"), tmp_path / "half.onnx")
    full = open_openvino(tmp_path / "full.onnx").session().run(feeds)["output"].astype(np.float32)
    half = open_openvino(tmp_path / "half.onnx").session().run(feeds)["output"].astype(np.float32)
    assert 0 < np.abs(full - half).max() < 0.01
