"""Reading ONNX files: what is refused, and that the message says why."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from engines.errors import ModelError
from engines.graph.load import load, save
from engines.store.onnx_header import read_head


def scaled(domain: str = "") -> ModelProto:
    weight = numpy_helper.from_array(np.full((1, 4), 3, np.float32), "w")
    return helper.make_model(
        helper.make_graph(
            [helper.make_node("Mul", ["x", "w"], ["y"], domain=domain)],
            "scaled",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
            [weight],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )


def outside(path: Path, location: str) -> Path:
    """The model with its weight said to lie at `location`."""
    model = scaled()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    tensor.external_data.add(key="length", value="16")
    path.write_bytes(model.SerializeToString())
    return path


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    save(scaled(), tmp_path / "m.onnx")
    assert np.array_equal(numpy_helper.to_array(load(tmp_path / "m.onnx").graph.initializer[0]), np.full((1, 4), 3))


def test_weights_beside_the_model_are_read(tmp_path: Path) -> None:
    np.arange(4, dtype=np.float32).tofile(tmp_path / "w.bin")
    weight = load(outside(tmp_path / "m.onnx", "w.bin")).graph.initializer[0]
    assert numpy_helper.to_array(weight).tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize("location", ["../w.bin", "/etc/passwd", "a/../../w.bin", "..\\w.bin", "C:\\w.bin"])
def test_weights_outside_the_folder_are_refused(tmp_path: Path, location: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    np.arange(4, dtype=np.float32).tofile(tmp_path / "w.bin")
    with pytest.raises(ModelError, match="outside its own folder"):
        load(outside(inner / "m.onnx", location))


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    np.arange(4, dtype=np.float32).tofile(tmp_path / "w.bin")
    (inner / "w.bin").symlink_to(tmp_path / "w.bin")
    with pytest.raises(ModelError, match="link out of its folder"):
        load(outside(inner / "m.onnx", "w.bin"))


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'w.bin' are missing"):
        load(outside(tmp_path / "m.onnx", "w.bin"))


def test_operators_nobody_has_are_named(tmp_path: Path) -> None:
    onnx.save(scaled("com.acme"), str(tmp_path / "m.onnx"))
    with pytest.raises(ModelError, match=r"com\.acme"):
        load(tmp_path / "m.onnx")


def test_operators_nobody_has_are_found_in_inner_graphs(tmp_path: Path) -> None:
    model = scaled()
    inner = helper.make_graph([helper.make_node("Odd", ["x"], ["z"], domain="com.acme")], "then", [], [])
    model.graph.node.append(helper.make_node("If", ["x"], ["q"], then_branch=inner, else_branch=inner))
    onnx.save(model, str(tmp_path / "m.onnx"))
    with pytest.raises(ModelError, match=r"com\.acme"):
        load(tmp_path / "m.onnx")


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x08"])
def test_files_that_are_no_model_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="fetch it again"):
        load(tmp_path / "m.onnx")


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    whole = scaled().SerializeToString()
    (tmp_path / "m.onnx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="fetch it again"):
        load(tmp_path / "m.onnx")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing\.onnx is missing"):
        load(tmp_path / "nothing.onnx")


def test_a_tflite_file_is_said_to_be_one_and_not_a_damaged_other(tmp_path: Path) -> None:
    path = tmp_path / "face.tflite"
    path.write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(200))
    for reader in (load, read_head):
        with pytest.raises(ModelError, match=r"face\.tflite is a TFLite file, and this works on ONNX files alone"):
            reader(path)
