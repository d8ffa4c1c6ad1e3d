"""Opening the batch axis: N rows in one call give what N calls of one row give."""

from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from engines.backends.openvino import open_openvino
from engines.errors import ModelError
from engines.graph.batch_axis import agree, is_open, open_batch
from engines.graph.load import save
from engines.graph.standin import standin
from engines.values import Array


def small(*nodes: tuple[str, list[str], str, dict[str, object]], out: list[int], **weights: Array) -> ModelProto:
    """A graph from `x` (1, 4, 6, 6) to `y`."""
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **extra) for kind, inputs, output, extra in nodes],
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 6, 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def difference(model: ModelProto, path: Path, rows: int = 3) -> float:
    save(open_batch(model), path)
    x = np.random.default_rng(0).standard_normal((rows, 4, 6, 6)).astype(np.float32)
    return agree(open_openvino(path).session(), {"x": x})


def test_a_reshape_to_one_row_copies_the_row_count(tmp_path: Path) -> None:
    weight = np.random.default_rng(1).standard_normal((144, 5)).astype(np.float32)
    model = small(
        ("Reshape", ["x", "flat"], "f", {}),
        ("Gemm", ["f", "w"], "y", {}),
        out=[1, 5],
        flat=np.array([1, -1], np.int64),
        w=weight,
    )
    assert difference(model, tmp_path / "m.onnx") < 1e-5


def test_a_reshape_by_a_constant_node_is_opened_too(tmp_path: Path) -> None:
    shape = numpy_helper.from_array(np.array([1, 8, 18], np.int64))
    model = small(("Constant", [], "s", {"value": shape}), ("Reshape", ["x", "s"], "y", {}), out=[1, 8, 18])
    assert difference(model, tmp_path / "m.onnx") < 1e-6


def test_a_resize_to_fixed_sizes_is_opened(tmp_path: Path) -> None:
    model = small(
        ("Resize", ["x", "", "", "to"], "y", {"mode": "nearest"}),
        out=[1, 4, 12, 12],
        to=np.array([1, 4, 12, 12], np.int64),
    )
    assert difference(model, tmp_path / "m.onnx") < 1e-6


def test_the_weights_own_reshape_is_left_alone(tmp_path: Path) -> None:
    model = small(
        ("Reshape", ["w", "s"], "r", {}),
        ("Mul", ["x", "r"], "y", {}),
        out=[1, 4, 6, 6],
        w=np.arange(4, dtype=np.float32),
        s=np.array([1, 4, 1, 1], np.int64),
    )
    assert difference(model, tmp_path / "m.onnx") < 1e-6


def test_rows_that_mix_are_seen(tmp_path: Path) -> None:
    """A mean over the row axis is the same for one row only: the proof must not pass it."""
    model = small(
        ("ReduceMean", ["x"], "m", {"axes": [0], "keepdims": 1}), ("Add", ["x", "m"], "y", {}), out=[1, 4, 6, 6]
    )
    assert difference(model, tmp_path / "m.onnx") > 1e-2


def test_an_output_without_a_row_axis_is_refused() -> None:
    model = small(("Reshape", ["x", "flat"], "y", {}), out=[144], flat=np.array([-1], np.int64))
    with pytest.raises(ModelError, match="no row axis"):
        open_batch(model)


def test_an_input_of_two_rows_is_refused() -> None:
    model = small(("Relu", ["x"], "y", {}), out=[1, 4, 6, 6])
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2
    with pytest.raises(ModelError, match="one picture a call"):
        open_batch(model)


def test_the_original_stays_as_it_was() -> None:
    model = small(("Relu", ["x"], "y", {}), out=[1, 4, 6, 6])
    opened = open_batch(model)
    assert is_open(opened) and not is_open(model)
    assert open_batch(opened) is opened


def test_the_stand_in_of_inswapper_opens_and_agrees(tmp_path: Path) -> None:
    """The architecture of inswapper_128, a sixteenth as wide."""
    model, _ = standin(width=8, blocks=2)
    save(open_batch(model), tmp_path / "m.onnx")
    session = open_openvino(tmp_path / "m.onnx").session()
    rng = np.random.default_rng(0)
    rows = {
        "target": rng.random((4, 3, 128, 128), np.float32),
        "source": rng.standard_normal((4, 512)).astype(np.float32),
    }
    assert agree(session, rows) < 1e-4
    out = session.run(rows)["output"]
    assert out.shape == (4, 3, 128, 128) and np.abs(out[0] - out[1]).max() > 0.05


def test_the_stand_in_has_inswappers_size() -> None:
    """Parameters and multiply-adds at full width, from a narrow one: both grow with the square of the width."""
    (narrow, few), (wide, many) = standin(width=8, blocks=6), standin(width=16, blocks=6)

    def squares(model: ModelProto) -> int:
        return sum(int(np.prod(t.dims)) for t in model.graph.initializer if len(t.dims) == 4 and 3 not in t.dims[:2])

    assert squares(wide) == 4 * squares(narrow)
    rest = 2 * 12 * 1024 * 512 + 2 * 128 * 3 * 49
    assert round((squares(wide) * 64 + rest) / 1e6, 1) == 138.3
    quadratic, linear = (many - 2 * few) / 128, (4 * few - many) / 16
    assert round((quadratic * 128**2 + linear * 128) / 1e9, 1) == 174.6
