"""Parts of `bench engines` by themselves: feeds, subjects, what JSON is made of them."""

from pathlib import Path

import numpy as np
import pytest

from engines.backends.compiled import installed
from engines.backends.openvino import open_openvino
from engines.errors import ModelError, OutputError, UnderstudyError
from engines.graph.load import load, save
from engines.store.catalog import load_catalog
from engines.store.store import Store, default_store
from tests.engines.nets.standins import node, write
from tools.bench.engines import command as bench_engines
from tools.bench.engines import measure as enginebench
from tools.bench.engines.contenders import ContenderRow
from tools.bench.engines.measure import EngineResults, as_json, backends, standin_feeds, subject

CATALOG = load_catalog()


def test_a_precisions_ceiling_is_the_best_runtimes() -> None:
    row = ContenderRow("m", "openvino", "f32", 1, 1.23456789, 2, 3, 0.5, 0)
    told = as_json(
        EngineResults({("openvino", "f32"): 40.0, ("ort-cpu", "f32"): 44.444, ("openvino", "int8"): 160.0}, (row,))
    )
    assert told["ceiling"] == {"f32": 44.44, "int8": 160.0}
    assert told["ceiling_by_backend"] == {"openvino f32": 40.0, "ort-cpu f32": 44.44, "openvino int8": 160.0}
    assert told["rows"] == [
        {
            "model": "m",
            "backend": "openvino",
            "precision": "f32",
            "batch": 1,
            "ms": 1.234568,
            "faces_per_s": 2,
            "gmacs_per_s": 3,
            "ceiling_share": 0.5,
            "error": 0,
        }
    ]


def test_runtimes_are_those_that_are_named_in_that_order() -> None:
    usable = backends("")
    assert "openvino" in usable
    assert backends(" openvino ,") == ["openvino"]
    with pytest.raises(UnderstudyError, match="no runtime is called 'openvin'"):
        backends("openvino,openvin")


def test_a_model_of_the_store_brings_its_compiled_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "store"
    root.mkdir()
    model = CATALOG.model("crossface_ghost")
    weight = {"w": np.eye(512, dtype=np.float32)}
    path = write(root / model.file, model, [node("MatMul", ["in0", "w"], "out0")], weight, rows=1)
    store = Store(root, CATALOG)
    monkeypatch.setattr(enginebench, "default_store", lambda: store)
    bare = subject(model.name, tmp_path, int8=True)
    assert (bare.path, bare.macs, bare.int8) == (path, 512 * 512, None)
    copy = installed(root / "compiled", model.name, "int8", path)
    copy.parent.mkdir()
    save(load(path), copy)
    assert subject(model.name, tmp_path, int8=True).int8 == copy
    assert bare.feeds["in0"].shape == (1, 512)


def test_a_result_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder"):
        bench_engines.engines(to=tmp_path / "none" / "f.json", batch="1")


def test_the_standins_feeds_fit_the_standin(tmp_path: Path) -> None:
    from engines.graph.standin import standin

    save(standin(width=8, blocks=1)[0], tmp_path / "m.onnx")
    out = open_openvino(tmp_path / "m.onnx").session().run(standin_feeds())["output"]
    assert out.shape == (1, 3, 128, 128)


def test_a_tflite_model_is_refused_for_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is healthy: other runtimes have nothing to run of it."""
    monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path))
    (tmp_path / "mine.tflite").write_bytes(b"\x1c\x00\x00\x00TFL3")
    store = default_store()
    store.ledger.update("mine", file="mine.tflite", like="face_landmark", origin="added")
    with pytest.raises(ModelError, match=r"mine is a TFLite file, which OpenVINO alone runs.*models list --here"):
        subject("mine", tmp_path, int8=False)
