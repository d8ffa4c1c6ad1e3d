"""int8 on any CPU: an overflow is found by value, and what runs in the end does not overflow."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from engines.backends import onnxruntime, openvino
from engines.backends.saturation import overflows, suited
from engines.errors import ModelError
from engines.graph.load import load, save
from engines.graph.quantise import Range, quantise
from engines.protocol import Engine
from engines.values import F32, Array
from tests.engines.graph.test_narrow import run as referenced
from tests.engines.graph.test_narrow import stored

OPENERS: dict[str, Callable[[Path], Engine]] = {
    "openvino": lambda path: openvino.open_openvino(path, "int8"),
    "openvino told f32": lambda path: openvino.open_openvino(path, "f32"),
    "onnxruntime": lambda path: onnxruntime.open_onnxruntime(path, 1),
}


def written(folder: Path, kind: str, peak: int = 127) -> Path:
    """64 terms of the largest weight, for x in 0 to 1: each answer is the sum of x."""
    rows = np.ones((64, 4), np.float32)
    made, given, extra = {
        "MatMul": (rows, [1, 64], {}),
        "Gemm": (rows, [1, 64], {}),
        "Conv": (rows.T.reshape(4, 64, 1, 1), [1, 64, 3, 3], {"kernel_shape": [1, 1]}),
    }[kind]
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", "w"], ["y"], **extra)],
        "sums",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, given)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.ascontiguousarray(made), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    save(quantise(model, {"x": Range(0, 1)}, peak=peak), folder / "sums.onnx")
    return folder / "sums.onnx"


@pytest.mark.parametrize("kind", ["MatMul", "Gemm", "Conv"])
@pytest.mark.parametrize("backend", OPENERS)
def test_the_largest_sums_come_out_whole(tmp_path: Path, backend: str, kind: str) -> None:
    """Cut off at 16 bits they would be half as large."""
    engine = OPENERS[backend](written(tmp_path, kind))
    [spec] = engine.inputs.values()
    [y] = engine.session().run({"x": np.ones(spec.shape, np.float32)}).values()
    assert np.abs(y - 64).max() < 0.5


@pytest.mark.parametrize("peak", [openvino.weight_peak(), 64, 32])
def test_weights_up_to_the_chips_peak_are_multiplied_whole(tmp_path: Path, peak: int) -> None:
    path = written(tmp_path, "MatMul", peak)
    [y] = openvino.open_openvino(path, "int8").session().run({"x": np.ones((1, 64), np.float32)}).values()
    assert np.abs(y - 64).max() < 0.5


@pytest.mark.parametrize(("answer", "wanted"), [(4.0, False), (3.98, False), (2.02, True), (0.0, True)])
def test_an_overflow_is_told_by_the_answer(answer: float, wanted: bool) -> None:
    given: list[tuple[bytes, F32]] = []

    def run(graph: bytes, x: F32) -> Array:
        given.append((graph, x))
        return np.full((1, 1), answer, np.float32)

    assert overflows(run) is wanted
    [(graph, x)] = given
    assert graph and x.tolist() == [[1, 1, 1, 1]]


def test_a_chip_that_overflows_gets_narrower_weights(tmp_path: Path) -> None:
    path = written(tmp_path, "MatMul")
    graph = suited(path, lambda: True)
    assert graph is not None
    (tmp_path / "seen.onnx").write_bytes(graph)
    slim = load(tmp_path / "seen.onnx")
    assert max(np.abs(v.astype(int)).max() for v in stored(slim).values() if v.dtype == np.int8) == 64
    assert referenced(slim, np.ones((1, 64), np.float32))[0, 0] == pytest.approx(64, abs=0.5)


def test_other_chips_and_other_files_are_left_alone(tmp_path: Path) -> None:
    assert suited(written(tmp_path, "MatMul"), lambda: False) is None

    def never() -> bool:
        raise AssertionError("a file without Q/DQ needs no probe")

    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["y"])],
        "plain",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9),
        tmp_path / "plain.onnx",
    )
    assert suited(tmp_path / "plain.onnx", never) is None


def test_damage_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"<html>")
    with pytest.raises(ModelError, match=r"bad\.onnx"):
        suited(tmp_path / "bad.onnx", lambda: True)


def test_the_peak_follows_the_chip() -> None:
    assert openvino.weight_peak() == (64 if openvino.overflows() else 127)
