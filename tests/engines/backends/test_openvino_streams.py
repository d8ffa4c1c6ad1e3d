"""OpenVINO's streams: rows of a call side by side, the same answers in the same order; threads that are not pinned."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from onnx import TensorProto, helper

from calib.precision import distance
from engines.backends.openvino import has_bf16, open_openvino, runtime, settings
from engines.graph.load import save
from engines.graph.quantise import Range, observed, quantise
from engines.graph.standin import standin
from engines.values import F32, Array

RNG = np.random.default_rng(4)


def written(path: Path, rows: int | str, other: int | str) -> Path:
    """a, b -> sum = a + b, and twice = 2 a. Rows of `b` and of `twice` by name or fixed."""
    size = [4, 5]
    graph = helper.make_graph(
        [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Add", ["a", "a"], ["twice"])],
        "net",
        [
            helper.make_tensor_value_info("a", TensorProto.FLOAT, [rows, *size]),
            helper.make_tensor_value_info("b", TensorProto.FLOAT, [other, *size]),
        ],
        [
            helper.make_tensor_value_info("sum", TensorProto.FLOAT, [rows, *size]),
            helper.make_tensor_value_info("twice", TensorProto.FLOAT, [rows, *size]),
        ],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def values(rows: int) -> F32:
    return RNG.standard_normal((rows, 4, 5)).astype(np.float32)


@pytest.mark.parametrize("streams", [1, 2])
def test_every_row_has_its_own_answer_at_its_own_place(streams: int, tmp_path: Path) -> None:
    engine = open_openvino(written(tmp_path / "m.onnx", "n", "n"), threads=2, streams=streams)
    session = engine.session()
    for rows in (1, 5, 2, 9):
        a, b = values(rows), values(rows)
        out = session.run({"a": a, "b": b})
        np.testing.assert_array_equal(out["sum"], a + b)
        np.testing.assert_array_equal(out["twice"], 2 * a)


def test_the_answers_are_the_callers_and_outlive_the_next_call(tmp_path: Path) -> None:
    session = open_openvino(written(tmp_path / "m.onnx", "n", "n"), threads=2, streams=2).session()
    a = values(3)
    first = session.run({"a": a, "b": a})
    session.run({"a": values(3), "b": values(3)})
    np.testing.assert_array_equal(first["twice"], 2 * a)
    first["twice"][:] = 0


@pytest.mark.parametrize(("rows", "streams", "parts"), [("n", 2, True), ("n", 1, False), (3, 2, False)])
def test_only_what_has_rows_is_parted(rows: int | str, streams: int, parts: bool, tmp_path: Path) -> None:
    engine = open_openvino(written(tmp_path / "m.onnx", rows, rows), threads=2, streams=streams)
    assert engine.parts is parts


def test_a_tensor_of_one_row_beside_many_is_not_taken_apart(tmp_path: Path) -> None:
    """As a DFM's morph value: one for all rows."""
    engine = open_openvino(written(tmp_path / "m.onnx", "n", "k"), threads=2, streams=2)
    a, b = values(4), values(1)
    np.testing.assert_array_equal(engine.session().run({"a": a, "b": b})["sum"], a + b)
    fixed = open_openvino(written(tmp_path / "f.onnx", "n", 1), threads=2, streams=2)
    assert not fixed.parts
    np.testing.assert_array_equal(fixed.session().run({"a": a, "b": b})["sum"], a + b)


def test_threads_with_sessions_of_their_own_share_the_streams(tmp_path: Path) -> None:
    engine = open_openvino(written(tmp_path / "m.onnx", "n", "n"), threads=2, streams=2)
    wrong: list[int] = []

    def work(number: int) -> None:
        session = engine.session()
        for rows in (1, 4, 3, 8) * 5:
            a = np.full((rows, 4, 5), number, np.float32)
            if not np.array_equal(session.run({"a": a, "b": a})["sum"], a + a):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wrong == [] and not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("precision", ["f32", "bf16", "int8"])
def test_a_whole_network_answers_alike_however_it_is_run(precision: str, tmp_path: Path) -> None:
    """One stream with one thread, one with two, two with one each: the same numbers, and again at the next call."""
    graph, _ = standin(width=8, blocks=1)
    path = tmp_path / "m.onnx"
    save(graph, path)
    if precision == "int8":
        save(quantise(graph, {name: Range(-4, 4) for name in observed(graph)}), path)
    source = RNG.standard_normal((3, 512)).astype(np.float32)
    feeds: dict[str, Array] = {"target": RNG.random((3, 3, 128, 128)).astype(np.float32), "source": source}
    rows = [{name: array[i : i + 1] for name, array in feeds.items()} for i in range(3)]
    one = open_openvino(path, precision).session()
    want = np.concatenate([one.run(row)["output"] for row in rows])
    bound = 1e-5 if precision == "f32" else 0.01
    for threads, streams in ((2, 1), (2, 2)):
        session = open_openvino(path, precision, threads, streams).session()
        got = np.concatenate([session.run(row)["output"] for row in rows])
        assert distance(got, want).error < bound
        again = np.concatenate([session.run(row)["output"] for row in rows])
        np.testing.assert_array_equal(again, got)


def test_no_caller_is_bound_to_a_core(tmp_path: Path) -> None:
    """Pinned, a network of one thread takes its caller to core 0, and every other network's caller too."""
    graph, _ = standin(width=8, blocks=1)
    save(graph, tmp_path / "m.onnx")
    engine = open_openvino(tmp_path / "m.onnx")
    feeds: dict[str, Array] = {
        "target": np.zeros((1, 3, 128, 128), np.float32),
        "source": np.zeros((1, 512), np.float32),
    }
    seen: set[frozenset[int]] = set()
    ended = threading.Event()

    def work() -> None:
        session = engine.session()
        for _ in range(20):
            session.run(feeds)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not ended.is_set():
        if thread.native_id is not None and Path(f"/proc/self/task/{thread.native_id}").exists():
            seen.add(frozenset(os.sched_getaffinity(thread.native_id)))
        time.sleep(0.0005)
    thread.join()
    assert seen == {frozenset(os.sched_getaffinity(0))}


def test_what_is_not_int8_runs_in_bf16_where_the_chip_has_it() -> None:
    wanted = settings("int8", 2, 1, None)
    assert wanted["INFERENCE_PRECISION_HINT"] == ("bf16" if has_bf16() else "f32")
    assert settings("f32", 2, 1, None)["INFERENCE_PRECISION_HINT"] == "f32"


@pytest.mark.parametrize(
    ("threads", "streams", "hint", "partitioner"),
    [(1, 1, "LATENCY", False), (2, 1, "LATENCY", True), (2, 2, "THROUGHPUT", False), (4, 2, "THROUGHPUT", True)],
)
def test_work_is_dealt_out_as_threads_come_free(threads: int, streams: int, hint: str, partitioner: bool) -> None:
    wanted = settings("f32", threads, streams, None)
    known = "TBB_PARTITIONER" in runtime().get_property("CPU", "SUPPORTED_PROPERTIES")
    assert wanted["PERFORMANCE_HINT"] == hint and wanted["ENABLE_CPU_PINNING"] is False
    assert ("TBB_PARTITIONER" in wanted) is (partitioner and known)


def test_openvino_takes_the_settings_at_their_word(tmp_path: Path) -> None:
    compiled = open_openvino(written(tmp_path / "m.onnx", "n", "n"), "bf16", 2, 2).compiled
    assert compiled.get_property("ENABLE_CPU_PINNING") is False
    assert int(compiled.get_property("NUM_STREAMS")) == 2
    assert compiled.get_property("INFERENCE_PRECISION_HINT") == (ov.Type.bf16 if has_bf16() else ov.Type.f32)
