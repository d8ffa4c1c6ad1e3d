"""The same small network on every runtime that is installed: same answers, same refusals."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from engines.backends.onnxruntime import installed, open_onnxruntime
from engines.backends.openvino import open_openvino
from engines.backends.reference import ReferenceEngine
from engines.errors import DeviceError, ModelError
from engines.graph.load import save
from engines.protocol import Engine, Spec
from engines.values import F32, Array

WEIGHT = np.random.default_rng(1).standard_normal((4, 3, 3, 3)).astype(np.float32)


def written(folder: Path) -> Path:
    """x (n, 3, 6, 6) -> conv -> `y`, and an Identity of the input as `same`."""
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[3, 3]),
            helper.make_node("Identity", ["x"], ["same"]),
        ],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 6, 6])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4, 4, 4]),
            helper.make_tensor_value_info("same", TensorProto.FLOAT, ["n", 3, 6, 6]),
        ],
        [numpy_helper.from_array(WEIGHT, "w")],
    )
    path = folder / "net.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def expected(x: F32) -> F32:
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    convolved: F32 = np.einsum("nchwij,ocij->nohw", windows, WEIGHT).astype(np.float32)
    return convolved


def reference(_: Path) -> Engine:
    def function(feeds: dict[str, Array]) -> dict[str, Array]:
        x = feeds["x"].astype(np.float32)
        return {"y": expected(x), "same": x}

    outputs = {"y": Spec((-1, 4, 4, 4), "float32"), "same": Spec((-1, 3, 6, 6), "float32")}
    return ReferenceEngine({"x": Spec((-1, 3, 6, 6), "float32")}, outputs, function)  # type: ignore[arg-type]


def openvino_one(path: Path) -> Engine:
    return open_openvino(path)


def openvino_many(path: Path) -> Engine:
    return open_openvino(path, threads=2, streams=2)


def ort(path: Path) -> Engine:
    if not installed():
        pytest.skip("onnxruntime is not installed")
    return open_onnxruntime(path)


Opener = Callable[[Path], Engine]
every = pytest.mark.parametrize("opener", [reference, openvino_one, openvino_many, ort])


@every
def test_values_names_and_shapes(opener: Opener, tmp_path: Path) -> None:
    engine = opener(written(tmp_path))
    assert engine.inputs == {"x": Spec((-1, 3, 6, 6), "float32")}
    assert engine.outputs == {"y": Spec((-1, 4, 4, 4), "float32"), "same": Spec((-1, 3, 6, 6), "float32")}
    session = engine.session()
    for rows in (1, 3, 2):
        x = np.random.default_rng(rows).standard_normal((rows, 3, 6, 6)).astype(np.float32)
        x.setflags(write=False)
        out = session.run({"x": x})
        assert np.abs(out["y"].astype(np.float32) - expected(x)).max() < 1e-5
        assert np.array_equal(out["same"], x)
    session.close()


@every
def test_outputs_outlive_the_next_call(opener: Opener, tmp_path: Path) -> None:
    session = opener(written(tmp_path)).session()
    first = session.run({"x": np.ones((1, 3, 6, 6), np.float32)})
    kept = {name: array.copy() for name, array in first.items()}
    session.run({"x": np.full((1, 3, 6, 6), 7, np.float32)})
    assert all(np.array_equal(first[name], kept[name]) for name in kept)
    first["y"][:] = 0  # theirs to write to


@every
@pytest.mark.parametrize(
    "feeds",
    [
        {},
        {"z": np.zeros((1, 3, 6, 6), np.float32)},
        {"x": np.zeros((1, 3, 6, 6), np.float64)},
        {"x": np.zeros((1, 3, 6, 5), np.float32)},
        {"x": np.zeros((3, 6, 6), np.float32)},
    ],
)
def test_wrong_feeds_are_refused(opener: Opener, tmp_path: Path, feeds: dict[str, Array]) -> None:
    with pytest.raises(ValueError, match=r"takes"):
        opener(written(tmp_path)).session().run(feeds)


@every
def test_sessions_of_one_engine_run_on_threads_of_their_own(opener: Opener, tmp_path: Path) -> None:
    engine = opener(written(tmp_path))
    wrong: list[int] = []

    def work(number: int) -> None:
        session = engine.session()
        x = np.full((1, 3, 6, 6), number, np.float32)
        answers = [session.run({"x": x})["y"].astype(np.float32) for _ in range(50)]
        wrong.extend(number for y in answers if np.abs(y - expected(x)).max() > 1e-3)
        session.close()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("opener", [openvino_one, ort])
@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"half"])
def test_damaged_files_are_refused(opener: Opener, tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:100] if content == b"half" else content)
    with pytest.raises(ModelError, match=r"net\.onnx"):
        opener(path)


def test_openvino_without_the_chip_says_what_it_sees(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="CPU"):
        open_openvino(written(tmp_path), chip="NPU")


def test_openvino_in_bf16_is_close_but_not_equal(tmp_path: Path) -> None:
    path = written(tmp_path)
    x = np.random.default_rng(0).standard_normal((1, 3, 6, 6)).astype(np.float32)
    half = open_openvino(path, "bf16").session().run({"x": x})["y"].astype(np.float32)
    assert np.abs(half - expected(x)).max() < 0.1


def test_openvino_keeps_compiled_models_where_asked(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    open_openvino(written(tmp_path), cache=folder)
    assert list(folder.rglob("*.blob"))


def test_openvino_starts_calls_and_finishes_them_later(tmp_path: Path) -> None:
    engine = open_openvino(written(tmp_path), threads=2, streams=2)
    sessions = [engine.session() for _ in range(4)]
    inputs = [np.random.default_rng(i).standard_normal((1, 3, 6, 6)).astype(np.float32) for i in range(4)]
    for session, x in zip(sessions, inputs, strict=True):
        session.start({"x": x})
    for session, x in zip(sessions, inputs, strict=True):
        assert np.abs(session.finish()["y"].astype(np.float32) - expected(x)).max() < 1e-5
