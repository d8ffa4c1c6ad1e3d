"""Which runtime is taken, what a fallback says, and what rewritten copies are kept."""

import logging
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from engines.backends import choose
from engines.backends.choose import open_engine
from engines.backends.onnxruntime import cuda_options, installed, is_fixed, refuse_broken
from engines.backends.survey import ORDER, ask, survey
from engines.backends.variant import variant
from engines.errors import DeviceError, ModelError
from engines.graph.batch_axis import UnbatchableError
from engines.graph.load import load, save
from tests.engines.backends.small_network import written


def has_gpu() -> bool:
    return ask("ort-cuda").usable or ask("tensorrt").usable


def test_auto_takes_openvino_for_small_networks(tmp_path: Path) -> None:
    engine = open_engine(written(tmp_path))
    assert engine.device == "OpenVINO CPU f32"
    assert engine.session().run({"x": np.array([[-1] * 4 + [2] * 4], np.float32)})["y"].tolist() == [[0] * 4 + [2] * 4]


def test_a_batch_opens_the_fixed_axis(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert open_engine(path).inputs["x"].shape == (1, 8)
    engine = open_engine(path, batch=4, folder=tmp_path / "cache")
    assert engine.inputs["x"].shape == (-1, 8)
    assert engine.session().run({"x": np.ones((4, 8), np.float32)})["y"].shape == (4, 8)


@pytest.mark.skipif(has_gpu(), reason="a GPU is usable: nothing falls back")
def test_a_fallback_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    choose.announce.cache_clear()
    with caplog.at_level(logging.WARNING, "understudy"):
        for _ in range(3):
            assert open_engine(written(tmp_path), "tensorrt").device == "OpenVINO CPU f32"
    assert [r.getMessage().split(" (")[0] for r in caplog.records] == ["tensorrt is not usable"]
    assert "doctor" in caplog.text


@pytest.mark.skipif(has_gpu(), reason="a GPU is usable: nothing falls back")
@pytest.mark.parametrize("device", ["cuda", "gpu", "tensorrt", "ort-cuda"])
def test_strict_refuses_to_fall_back(tmp_path: Path, device: str) -> None:
    with pytest.raises(DeviceError, match="--strict-device"):
        open_engine(written(tmp_path), device, strict=True)


def test_unknown_devices_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"'npu9'.*auto"):
        open_engine(written(tmp_path), "npu9")
    with pytest.raises(ModelError, match=r"gone\.onnx is missing"):
        open_engine(tmp_path / "gone.onnx")


def test_a_broken_install_is_refused_with_the_cure() -> None:
    with pytest.raises(DeviceError, match=r"pip uninstall -y onnxruntime onnxruntime-gpu && .*pip install"):
        refuse_broken({"onnxruntime": "1.31", "onnxruntime-gpu": "1.31"})
    with pytest.raises(DeviceError, match="pip install onnxruntime"):
        refuse_broken({})
    refuse_broken({"onnxruntime-gpu": "1.31"})


def test_cuda_runs_on_the_streams_handle() -> None:
    assert cuda_options(4711, fixed=True)["user_compute_stream"] == "4711"
    assert [cuda_options(1, fixed=f)["enable_cuda_graph"] for f in (True, False)] == ["1", "0"]


def test_the_survey_answers_for_every_runtime() -> None:
    found = survey()
    assert tuple(f.backend for f in found) == ORDER
    by_name = {f.backend: f for f in found}
    assert by_name["openvino"].usable and by_name["openvino"].state.startswith("20")
    assert by_name["ort-cpu"].usable == bool(installed())
    assert all(f.usable or "pip" in f.command for f in found)


def test_no_model_is_opened_that_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "available", lambda: 64)
    with pytest.raises(ModelError, match="GB of memory"):
        open_engine(written(tmp_path))


def test_only_files_of_declared_sizes_are_fixed(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert is_fixed(path)
    assert not is_fixed(variant(path, 4, "f32", tmp_path / "cache"))


def test_what_openvino_compiled_is_kept_where_asked(tmp_path: Path) -> None:
    open_engine(written(tmp_path), folder=tmp_path / "cache", keep=True)
    assert list((tmp_path / "cache" / "openvino").rglob("*.blob"))


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"half"])
def test_damaged_files_never_reach_a_runtime(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:60] if content == b"half" else content)
    with pytest.raises(ModelError, match=r"net\.onnx"):
        open_engine(path)


def test_weights_outside_the_folder_never_reach_a_runtime(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    graph = load(written(inner))
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[8], data_location=TensorProto.EXTERNAL)
    weight.external_data.add(key="location", value="../w.bin")
    graph.graph.initializer.append(weight)
    graph.graph.node[0].op_type = "Add"
    graph.graph.node[0].input.append("w")
    np.ones(8, np.float32).tofile(tmp_path / "w.bin")
    (inner / "net.onnx").write_bytes(graph.SerializeToString())
    with pytest.raises(ModelError, match="outside its own folder"):
        open_engine(inner / "net.onnx")


def mixing(folder: Path) -> Path:
    """Adds the mean over the rows: equal for one row, wrong for several."""
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["x"], ["m"], axes=[0], keepdims=1),
            helper.make_node("Add", ["x", "m"], ["y"]),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 8])],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), folder / "mix.onnx")
    return folder / "mix.onnx"


def test_a_rewrite_that_is_not_equal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnbatchableError, match=r"mix\.onnx: several rows in one call differ"):
        open_engine(mixing(tmp_path), batch=4, folder=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    assert open_engine(mixing(tmp_path)).inputs["x"].shape == (1, 8)


def test_weights_beside_the_file_count_for_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a few hundred bytes with a megabyte of weights beside it."""
    graph = load(written(tmp_path))
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[8], data_location=TensorProto.EXTERNAL)
    for name, value in (("location", "net.data"), ("offset", "0"), ("length", "32")):
        weight.external_data.add(key=name, value=value)
    graph.graph.initializer.append(weight)
    graph.graph.node[0].op_type = "Add"
    graph.graph.node[0].input.append("w")
    (tmp_path / "net.data").write_bytes(b"\0" * 1_000_000)
    (tmp_path / "net.onnx").write_bytes(graph.SerializeToString())
    monkeypatch.setattr(choose, "available", lambda: 2_100_000)
    with pytest.raises(ModelError, match="GB of memory"):
        open_engine(tmp_path / "net.onnx")
    monkeypatch.setattr(choose, "available", lambda: 2_300_000)
    assert open_engine(tmp_path / "net.onnx").device.startswith("OpenVINO")


@pytest.mark.skipif(has_gpu(), reason="a GPU is usable: nothing falls back")
def test_a_network_for_the_cpu_falls_back_no_quieter_than_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """TFLite runs on the CPU beside a GPU; where there is none, who asked for one is told."""
    model = tmp_path / "small.tflite"
    model.write_bytes(b"tflite")
    choose.announce.cache_clear()
    assert choose.choose(model, "cuda", strict=False) == "openvino"
    assert "far slower" in caplog.text
    with pytest.raises(DeviceError, match="--strict-device"):
        choose.choose(model, "cuda", strict=True)
    assert choose.choose(model, "ort-cpu", strict=True) == "openvino"


@pytest.mark.parametrize(
    ("backend", "asked", "written_in"),
    [
        ("ort-cuda", "bf16", "f16"),
        ("ort-cuda", "f16", "f16"),
        ("ort-cuda", "f32", "f32"),
        ("ort-cpu", "bf16", "f32"),
        ("ort-cpu", "f16", "f32"),
        ("tensorrt", "bf16", "bf16"),
    ],
)
def test_a_runtime_gets_the_half_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, asked: str, written_in: str
) -> None:
    """ONNX Runtime's CUDA has no convolution in bf16, and its CPU computes in f32."""
    opened: list[Path] = []
    monkeypatch.setattr(choose, "obstacle", lambda backend: "")
    monkeypatch.setattr(choose, "open_onnxruntime", lambda path, threads, cuda: opened.append(path))
    monkeypatch.setattr(choose, "open_tensorrt", lambda path, precision, batch, folder: opened.append(path))
    open_engine(written(tmp_path), backend, asked, batch=2, folder=tmp_path / "cache")
    assert opened[0].name.split("-")[1:] == [written_in, "rows.onnx"]
