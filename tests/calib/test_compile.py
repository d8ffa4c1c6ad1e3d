"""Compiling small networks: what is measured is what was made, and what is not good enough is not installed."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from calib.compile import compile_model
from calib.precision import Floor, distance
from engines.backends.compiled import installed
from engines.backends.openvino import open_openvino
from engines.errors import ModelError
from engines.graph.load import load, save
from engines.graph.opset import lifted, version
from engines.values import Array


def written(folder: Path, opset: int = 13, steep: float = 1.0) -> Path:
    """Three convolutions with a clip between; `steep` makes the second's channels differ by that much."""

    def weight(cout: int, cin: int) -> Array:
        return np.asarray(rng.standard_normal((cout, cin, 3, 3)) / np.sqrt(cin * 9), np.float32)

    rng = np.random.default_rng(2)
    second = np.asarray(weight(8, 8), np.float32)
    second[:, 0] *= np.float32(steep)
    nodes = [
        helper.make_node("Conv", ["x", "a"], ["c1"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "b"], ["c2"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Relu", ["c2"], ["r2"]),
        helper.make_node("Conv", ["r2", "c"], ["y"], kernel_shape=[3, 3], pads=[1] * 4),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 16, 16])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, 16, 16])],
        [numpy_helper.from_array(v, n) for n, v in (("a", weight(8, 3)), ("b", second), ("c", weight(2, 8)))],
    )
    path = folder / "net.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path)
    return path


def feeds() -> Iterable[Mapping[str, Array]]:
    rng = np.random.default_rng(9)
    for _ in range(6):
        yield {"x": rng.random((1, 3, 16, 16), np.float32)}


@pytest.mark.parametrize(
    ("precision", "least", "most"), [("f16", 1e-6, 2e-3), ("bf16", 1e-4, 2e-2), ("int8", 1e-4, 4e-2)]
)
def test_the_report_tells_what_the_file_does(tmp_path: Path, precision: str, least: float, most: float) -> None:
    source = written(tmp_path)
    made, report = compile_model(source, "net", precision, feeds, Floor(error=0.1), tmp_path / "out")
    assert made == installed(tmp_path / "out", "net", precision, source) and made.is_file()
    exact = open_openvino(source).session()
    given = open_openvino(made, "int8" if precision == "int8" else "f32").session()
    errors = [distance(given.run(batch)["y"], exact.run(batch)["y"]).error for batch in feeds()]
    assert report.outputs["y"].error == pytest.approx(max(errors), rel=0.1)  # fused, it rounds a little less
    assert least < max(errors) < most
    assert [layer.name for layer in report.layers] == ["c1", "c2", "y"]
    assert all(0 < layer.error < most for layer in report.layers)
    assert [value.name for value in load(made).graph.output] == ["y"], "what was watched is no output of the copy"
    told = json.loads(made.with_suffix(".json").read_text())
    assert told["outputs"]["y"]["error"] == report.outputs["y"].error


def test_below_its_floor_nothing_is_installed(tmp_path: Path) -> None:
    source = written(tmp_path)
    with pytest.raises(ModelError, match=r"not installed: error .* at most 0\.001 %"):
        compile_model(source, "net", "int8", feeds, Floor(error=1e-5), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_int8_leaves_the_ends_in_f32_where_that_helps(tmp_path: Path) -> None:
    """An input with rare spikes: its 256 levels are too coarse for the rest of it."""

    def spiky() -> Iterable[Mapping[str, Array]]:
        for batch in feeds():
            x = np.array(batch["x"], np.float32)
            x[0, :, 0, 0] = 60
            yield {"x": x}

    source = written(tmp_path)
    _, whole = compile_model(source, "net", "int8", spiky, Floor(error=1), tmp_path / "a", "minmax")
    tight = whole.outputs["y"].error * 0.95
    _, ends = compile_model(source, "net", "int8", spiky, Floor(error=tight), tmp_path / "b", "minmax")
    assert whole.skipped == () and ends.skipped == ("c1", "y")
    assert ends.outputs["y"].error <= tight


def test_another_file_has_another_copy(tmp_path: Path) -> None:
    source = written(tmp_path)
    before = installed(tmp_path, "net", "int8", source)
    written(tmp_path, steep=2)
    assert installed(tmp_path, "net", "int8", source) != before


def test_old_graphs_are_lifted_and_stay_the_same(tmp_path: Path) -> None:
    source = written(tmp_path, opset=11)
    graph = load(source)
    assert version(graph) == 11 and version(lifted(graph)) == 13
    save(lifted(graph), tmp_path / "new.onnx")
    batch = next(iter(feeds()))
    old, new = (open_openvino(p).session().run(batch)["y"] for p in (source, tmp_path / "new.onnx"))
    assert distance(new, old).error < 1e-6
    made, _ = compile_model(source, "net", "int8", feeds, Floor(error=0.1), tmp_path / "out")
    assert any(node.op_type == "QuantizeLinear" for node in load(made).graph.node)


def test_no_pictures_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no pictures"):
        compile_model(written(tmp_path), "net", "f16", list, Floor(error=1), tmp_path / "out")


def test_unknown_precisions_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'f8'.*f16, bf16, int8"):
        compile_model(written(tmp_path), "net", "f8", feeds, Floor(), tmp_path / "out")
