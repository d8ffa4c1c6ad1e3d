"""What compiling refuses, and that a refusal leaves nothing; skipping layers, further outputs, methods."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from calib import compile as module
from calib.compile import CompileReport, LayerDistance, compile_model
from calib.int8 import METHODS
from calib.precision import Distance, Floor
from engines.errors import ModelError
from engines.graph.load import load, save
from engines.values import Array


def two_headed(folder: Path) -> Path:
    """A picture out, and a mask beside it that int8 spoils: it is the difference of nearly equal numbers."""
    rng = np.random.default_rng(1)
    a = np.asarray(rng.standard_normal((4, 3, 3, 3)) / 5, np.float32)
    b = np.asarray(rng.standard_normal((3, 4, 3, 3)) / 6, np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "a"], ["c"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Conv", ["c", "b"], ["y"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("ReduceMean", ["y"], ["m"], axes=[2, 3], keepdims=1),
        helper.make_node("Sub", ["m", "m0"], ["mask"]),
    ]
    graph = helper.make_graph(
        nodes,
        "two",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 12, 12])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 12, 12]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, [1, 3, 1, 1]),
        ],
        [
            numpy_helper.from_array(a, "a"),
            numpy_helper.from_array(b, "b"),
            numpy_helper.from_array(np.full((1, 3, 1, 1), 0.01, np.float32), "m0"),
        ],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), folder / "two.onnx")
    return folder / "two.onnx"


def feeds() -> Iterable[Mapping[str, Array]]:
    rng = np.random.default_rng(5)
    for _ in range(4):
        yield {"x": rng.uniform(-1, 1, (1, 3, 12, 12)).astype(np.float32)}


def test_the_first_output_decides_and_the_others_are_told(tmp_path: Path) -> None:
    made, report = compile_model(two_headed(tmp_path), "two", "int8", feeds, Floor(error=0.05), tmp_path / "out")
    assert list(report.outputs) == ["y", "mask"]
    assert report.complaint(Floor(error=0.05)) == ""
    assert report.complaint(Floor(error=1e-9)).startswith("error ")
    assert made.is_file()
    told = json.loads(made.with_suffix(".json").read_text())
    assert set(told["outputs"]) == {"y", "mask"} and [layer["op"] for layer in told["layers"]] == ["Conv", "Conv"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_makes_a_network(tmp_path: Path, method: str) -> None:
    made, report = compile_model(two_headed(tmp_path), "two", "int8", feeds, Floor(error=0.2), tmp_path / "o", method)
    assert 0 < report.outputs["y"].error < 0.1
    assert sum(node.op_type == "QuantizeLinear" for node in load(made).graph.node) == 2


def test_no_room_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = two_headed(tmp_path)
    out = tmp_path / "out"

    def full(graph: object, path: Path) -> None:
        if path.parent == out:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        save(graph, path)

    monkeypatch.setattr(module, "save", full)
    with pytest.raises(ModelError, match=r"two could not be stored in .*: No space left on device"):
        compile_model(source, "two", "bf16", feeds, Floor(error=1), out)
    assert list(out.iterdir()) == []


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ModelError, match="could not be stored"):
        compile_model(two_headed(tmp_path), "two", "bf16", feeds, Floor(error=1), tmp_path / "out" / "deeper")


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x08\x08"])
def test_a_damaged_source_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.onnx"):
        compile_model(path, "bad", "bf16", feeds, Floor(error=1), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_network_without_weights_to_turn_stays_as_it_is(tmp_path: Path) -> None:
    """int8 changes nothing there, and its report says so by having no layers."""
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], ["y"])],
        "neg",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 12, 12])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 12, 12])],
    )
    path = tmp_path / "neg.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    made, report = compile_model(path, "neg", "int8", feeds, Floor(error=1e-9), tmp_path / "out")
    assert report.layers == () and report.outputs["y"].error == 0
    assert [node.op_type for node in load(made).graph.node] == ["Neg"]


def test_a_report_complains_of_what_its_floor_asks() -> None:
    report = CompileReport("int8", {"y": Distance(0.04, 33, 0.99)}, (LayerDistance("c", "Conv", 0.01),), ())
    assert report.complaint(Floor(psnr=35)) == "PSNR 33.0 dB, 35 needed"
    assert report.complaint(Floor(psnr=30, cosine=0.98, error=0.05)) == ""
    assert report.complaint(Floor(psnr=35, error=0.03)).count(";") == 1
