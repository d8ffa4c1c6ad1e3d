"""Rewritten copies of a model: made once, by content, and proven equal."""

from pathlib import Path

import numpy as np
import pytest

from engines.backends.openvino import open_openvino
from engines.backends.variant import variant
from engines.errors import ModelError
from engines.graph.load import load, save
from tests.engines.backends.small_network import written


def test_variants_are_made_once_and_by_content(tmp_path: Path) -> None:
    path, folder = written(tmp_path), tmp_path / "cache"
    assert variant(path, 1, "f32", folder) == path
    first = variant(path, 8, "f16", folder)
    stamp = first.stat().st_mtime_ns
    assert variant(path, 4, "f16", folder) == first and first.stat().st_mtime_ns == stamp
    assert {n.op_type for n in load(first).graph.node} == {"Cast", "Relu"}
    graph = load(path)
    graph.graph.node[0].op_type = "Abs"
    save(graph, path)
    assert variant(path, 8, "f16", folder) != first
    assert not list(folder.glob("*.part*"))


def test_no_room_for_a_variant_is_said(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="make room there"):
        variant(written(tmp_path), 4, "f16", tmp_path / "cache")


def test_half_is_written_in_and_the_file_itself_serves_where_nothing_changes(tmp_path: Path) -> None:
    path, folder = written(tmp_path), tmp_path / "cache"
    assert [variant(path, 1, kind, folder).name.split("-")[1:] for kind in ("f16", "bf16")] == [
        ["f16", "one.onnx"],
        ["bf16", "one.onnx"],
    ]
    assert variant(path, 1, "int8", folder) == path, "nothing to be made symmetric unless that is asked for"
    lite = tmp_path / "net.tflite"
    lite.write_bytes(b"never read")
    assert variant(lite, 8, "f16", folder) == lite


def test_a_copy_takes_many_rows_and_answers_as_the_file_does(tmp_path: Path) -> None:
    path = written(tmp_path)
    copy = variant(path, 4, "f32", tmp_path / "cache")
    x = np.linspace(-1, 1, 24, dtype=np.float32).reshape(3, 8)
    assert np.array_equal(open_openvino(copy).session().run({"x": x})["y"], np.maximum(x, 0))
