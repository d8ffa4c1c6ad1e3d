"""Narrowing 8-bit weights: what changes, what stays, and that sums of two products then fit into 16 bits."""

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from engines.graph.narrow import PEAK, narrowed, worst_case
from engines.graph.quantise import Range, quantise
from engines.values import F32, Array


def cut_off(x: npt.NDArray[np.uint8], weight: npt.NDArray[np.int8]) -> npt.NDArray[np.int32]:
    """x (n, 2k) times weight (2k, m) as `vpmaddubsw` does it: sums of two products stop at the ends of 16 bits."""
    each = x.astype(np.int32)[:, :, None] * weight.astype(np.int32)[None]
    pairs = each[:, 0::2] + each[:, 1::2]
    return np.asarray(np.clip(pairs, -(2**15), 2**15 - 1).sum(axis=1), np.int32)


def product(weight: F32, kind: str = "MatMul", **extra: object) -> ModelProto:
    """y = x w, quantised for x in -1 to 1."""
    rows, columns = weight.shape[::-1] if extra.get("transB") else weight.shape
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", "w"], ["y"], **extra)],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, rows])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, columns])],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    return quantise(model, {"x": Range(-1, 1)})


def stored(model: ModelProto) -> dict[str, Array]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def weight_of(model: ModelProto) -> Array:
    """The 8-bit weight that the graph's product reads."""
    reader = next(n for n in model.graph.node if n.op_type in ("MatMul", "Gemm", "Conv"))
    linear = next(n for n in model.graph.node if n.output[0] == reader.input[1])
    return stored(model)[linear.input[0]]


def run(model: ModelProto, x: F32) -> F32:
    [y] = ReferenceEvaluator(model).run(None, {"x": x})
    return np.asarray(y, np.float32)


def test_the_largest_sum_overflows_in_8_bits_and_not_in_7() -> None:
    full = np.full((1, 4), 255, np.uint8)
    wide = np.asarray(weight_of(worst_case()), np.int8)
    slim = np.asarray(weight_of(narrowed(worst_case())), np.int8)
    assert cut_off(full, wide)[0, 0] == 2 * 32767 and 4 * 255 * 127 == 129540
    assert cut_off(full, slim)[0, 0] == 4 * 255 * PEAK


@given(st.lists(st.integers(-127, 127), min_size=8, max_size=8), st.lists(st.integers(0, 255), min_size=8, max_size=8))
def test_no_narrowed_weight_overflows(weight: list[int], x: list[int]) -> None:
    model = product(np.asarray(weight, np.float32).reshape(4, 2))
    slim = np.asarray(weight_of(narrowed(model)), np.int8)
    rows = np.asarray(x, np.uint8).reshape(2, 4)
    assert np.array_equal(cut_off(rows, slim), rows.astype(np.int32) @ slim.astype(np.int32))


@pytest.mark.parametrize(("kind", "extra"), [("MatMul", {}), ("Gemm", {}), ("Gemm", {"transB": 1})])
def test_it_computes_the_same_within_half_a_step(kind: str, extra: dict[str, object]) -> None:
    """Channels a hundredfold apart: each keeps a scale of its own, along its own axis."""
    rng = np.random.default_rng(3)
    weight = rng.standard_normal((6, 6)).astype(np.float32) * np.array([0.01, 0.1, 1, 1, 0.5, 0.02], np.float32)
    model = product(np.ascontiguousarray(weight.T) if extra else weight, kind, **extra)
    slim = narrowed(model)
    onnx.checker.check_model(slim, full_check=True)
    x = rng.uniform(-1, 1, (2, 6)).astype(np.float32)
    step = np.abs(weight).max(axis=0) / PEAK
    assert (np.abs(run(slim, x) - run(model, x)) <= np.abs(x).sum(axis=1)[:, None] * step * 0.51 + 1e-6).all()
    assert np.abs(weight_of(slim).astype(int)).max() == PEAK
    assert np.abs(weight_of(model).astype(int)).max() == 127, "the graph that was given stays as it was"


def test_activations_stay_and_what_nobody_reads_goes() -> None:
    model = product(np.eye(4, dtype=np.float32))
    slim = narrowed(model)
    assert [n.op_type for n in slim.graph.node] == [n.op_type for n in model.graph.node]
    for name in ("x/scale", "x/zero"):
        assert np.array_equal(stored(slim)[name], stored(model)[name])
    assert "w/q" not in stored(slim) and "w/scale" not in stored(slim)


def test_weights_of_7_bits_stay_as_they_are() -> None:
    slim = narrowed(product(np.eye(4, dtype=np.float32)))
    assert narrowed(slim).SerializeToString() == slim.SerializeToString()


def test_unsigned_weights_with_a_zero_point_turn_signed() -> None:
    """As other quantisers write them; 200 - 10 is further from zero than 8 signed bits reach."""
    model = product(np.eye(4, dtype=np.float32))
    kept = [t for t in model.graph.initializer if not t.name.startswith("w/")]
    levels = np.array([[200, 10, 0, 74], [10, 137, 9, 11], [0, 0, 10, 10], [73, 42, 10, 200]], np.uint8)
    fresh = {"w/q": levels, "w/scale": np.float32(0.5), "w/zero": np.uint8(10)}
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(v), k) for k, v in fresh.items())
    slim = narrowed(model)
    assert weight_of(slim).dtype == np.int8 and int(weight_of(slim)[0, 0]) == PEAK
    x = np.ones((2, 4), np.float32)
    step = 0.5 * 190 / PEAK
    assert np.abs(run(slim, x) - run(model, x)).max() <= 4 * step / 2
    assert run(model, x)[0, 0] == pytest.approx(
        0.5 * (190 + 0 - 10 + 63) * 127 * 2 / 255
    )  # 1 is level 255, 0 level 128


def test_a_graph_without_q_dq_stays_as_it_is() -> None:
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "plain",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])],
        [numpy_helper.from_array(np.full((2, 2), 100, np.float32), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    assert narrowed(model).SerializeToString() == model.SerializeToString()
