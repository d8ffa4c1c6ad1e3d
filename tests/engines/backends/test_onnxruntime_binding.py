"""ONNX Runtime's binding calls by value, on the CPU: the CUDA session gives them the same arguments in the same order.

The wheels for CPU and CUDA share this API. What only the CUDA provider knows, its options, is not checked here.
"""

import ast
import importlib
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from engines.backends import onnxruntime as backend
from engines.graph.load import save

SOURCE = Path(backend.__file__)


@pytest.fixture(scope="module")
def ort() -> Any:
    return pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")


@pytest.fixture
def session(ort: Any, tmp_path: Path) -> Any:
    """y = x + 1 for any number of rows; `found`: where x is not nought, of a size known only afterwards."""
    nodes = [helper.make_node("Add", ["x", "one"], ["y"]), helper.make_node("NonZero", ["x"], ["found"])]
    one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
    graph = helper.make_graph(
        nodes,
        "bound",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3]),
            helper.make_tensor_value_info("found", TensorProto.INT64, [2, "m"]),
        ],
        [one],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), tmp_path / "m.onnx")
    return backend.load_session(tmp_path / "m.onnx", 1, None, False)


def test_addresses_are_bound_as_the_cuda_session_binds_them(session: Any) -> None:
    """Raw memory in and out, as with the device's; what has no size yet comes by itself."""
    x = np.array([[1, 0, 2], [0, 0, 3]], np.float32)
    y = np.full((2, 3), np.nan, np.float32)
    binding = session.io_binding()
    binding.bind_input("x", "cpu", 0, x.dtype.type, x.shape, x.ctypes.data)
    binding.bind_output("y", "cpu", 0, np.float32, y.shape, y.ctypes.data)
    binding.bind_output("found", "cpu")
    session.run_with_iobinding(binding)
    assert np.array_equal(y, x + 1), "written where the address said"
    late = dict(zip(["y", "found"], binding.get_outputs(), strict=True))
    assert np.array_equal(late["found"].numpy(), np.nonzero(x))


def test_every_call_of_the_file_is_one_that_the_library_has(ort: Any) -> None:
    owners = {"binding": ort.IOBinding, "options": ort.SessionOptions, "ort": ort, "_run": ort.InferenceSession}
    seen = 0
    for node in ast.walk(ast.parse(SOURCE.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            value = node.value
            name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
            if name in owners:
                assert hasattr(owners[name], node.attr), f"{name}.{node.attr}"
                seen += 1
    assert seen >= 12


def test_arguments_fit_their_signatures(ort: Any) -> None:
    inspect.signature(ort.IOBinding.bind_input).bind(None, "x", "cuda", 0, np.float32, (1, 3), 4711)
    inspect.signature(ort.IOBinding.bind_output).bind(None, "y", "cuda", 0, np.float32, (1, 3), 4711)
    inspect.signature(ort.preload_dlls).bind()
    named = list(inspect.signature(ort.IOBinding.bind_input).parameters)
    assert named[1:] == ["name", "device_type", "device_id", "element_type", "shape", "buffer_ptr"]


def test_spinning_is_off(ort: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs a whole core at 30 calls a second."""
    told: list[tuple[str, str]] = []

    class Options(ort.SessionOptions):  # type: ignore[misc]
        def add_session_config_entry(self, key: str, value: str) -> None:
            told.append((key, value))
            super().add_session_config_entry(key, value)

    monkeypatch.setattr(importlib.import_module("onnxruntime"), "SessionOptions", Options)
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["y"])],
        "neg",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), tmp_path / "m.onnx")
    made = backend.open_onnxruntime(tmp_path / "m.onnx").session()
    assert np.asarray(made.run({"x": np.ones((1, 3), np.float32)})["y"]).tolist() == [[-1.0] * 3]
    assert ("session.intra_op.allow_spinning", "0") in told
