"""`bench engines` on a narrow stand-in: what is counted, what is written, and that shares and ratios follow."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from engines.backends.openvino import open_openvino
from engines.errors import UnderstudyError
from engines.graph.load import load
from engines.graph.macs import macs
from engines.graph.standin import standin
from tools.bench.engines import command as bench_engines
from tools.bench.engines import contenders as contest
from tools.bench.engines import measure as enginebench
from tools.bench.engines.contenders import Subject, contenders, grouped, race, rows
from tools.bench.engines.matmul_peak import open_product, product


def test_multiply_adds_are_counted() -> None:
    """Against the stand-in's own count, and by hand for the kinds it does not have."""
    graph, counted = standin(width=8, blocks=2)
    assert macs(graph) == counted
    assert macs(product(64)) == 64**3
    weight = numpy_helper.from_array(np.zeros((4, 6, 3, 3), np.float32), "w")
    up = helper.make_graph(
        [helper.make_node("ConvTranspose", ["x", "w"], ["y"], kernel_shape=[3, 3], strides=[2, 2])],
        "up",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4, 5, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 6, 11, 11])],
        [weight],
    )
    assert macs(helper.make_model(up, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)) == 25 * 4 * 6 * 9


def test_a_ceiling_is_the_products_rate() -> None:
    made = open_product("f32", "openvino", 1, side=256)
    assert made.seconds == [], "the first call compiles, and does not count"
    made.run()
    made.run()
    assert made.rate == 256**3 / min(made.seconds) / 1e9
    assert 0.2 < made.rate < 5000, "thousand million multiply-adds a second"


def test_every_contender_is_timed_and_compared(narrow: Subject, tmp_path: Path) -> None:
    said: list[str] = []
    field = contenders(narrow, ["openvino"], [1, 2], 2, tmp_path, said.append)
    assert [(c.precision, c.batch) for c in field] == [(p, b) for p in ("f32", "bf16", "int8") for b in (1, 2)]
    assert said == []
    matrix = open_product("bf16", "openvino", 1, side=64)
    race(field, [matrix], 3)
    assert len(matrix.seconds) == 3 and all(len(c.seconds) == 3 for c in field)
    found = rows(narrow, field, {("openvino", p): 100.0 for p in ("f32", "bf16", "int8")})
    for row, one in zip(found, field, strict=True):
        middle = sorted(one.seconds)[1]
        assert row.ms == pytest.approx(middle * 1e3)
        assert row.faces_per_s == pytest.approx(row.batch / middle)
        assert row.gmacs_per_s == pytest.approx(narrow.macs * row.batch / middle / 1e9)
        assert row.ceiling_share == pytest.approx(row.gmacs_per_s / 100)
    errors = {row.precision: row.error for row in found}
    assert errors["f32"] < 1e-6 < errors["int8"] < 0.03 and errors["bf16"] <= 0.01


def test_what_cannot_be_opened_is_said(narrow: Subject, tmp_path: Path) -> None:
    said: list[str] = []
    without = Subject("narrow", narrow.path, narrow.feeds, narrow.macs, None)
    assert len(contenders(without, ["openvino"], [1], 1, tmp_path, said.append)) == 2
    assert said == ["narrow: no int8 copy (`understudy models compile narrow --precision int8`)"]


def test_the_copy_for_timing_is_quantised(narrow: Subject) -> None:
    assert narrow.int8 is not None
    kinds = [node.op_type for node in load(narrow.int8).graph.node]
    assert kinds.count("QuantizeLinear") > 8
    assert open_openvino(narrow.int8, "int8").session().run(narrow.feeds)["output"].shape == (1, 3, 128, 128)


def test_the_command_writes_the_agreed_json(narrow: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enginebench, "subject", lambda name, *_: Subject(name, *(getattr(narrow, n) for n in FIELDS)))
    monkeypatch.setattr(enginebench.Wish.__init__, "__defaults__", (256,))
    app = typer.Typer()
    bench_engines.register(app)
    to = tmp_path / "figures.json"
    line = ["--json", str(to), "--backend", "openvino", "--batch", "1,2", "--rounds", "2", "--threads", "1"]
    result = CliRunner().invoke(app, line, catch_exceptions=False)
    assert result.exit_code == 0 and "GMAC/s" in result.output
    told = json.loads(to.read_text())
    assert set(told["ceiling"]) == {"f32", "bf16", "int8"} and all(rate > 0 for rate in told["ceiling"].values())
    keys = {"model", "backend", "precision", "batch", "ms", "faces_per_s", "gmacs_per_s", "ceiling_share", "error"}
    assert len(told["rows"]) == 6 and all(set(row) == keys for row in told["rows"])
    assert {row["model"] for row in told["rows"]} == {"standin-138m"}


FIELDS = ("path", "feeds", "macs", "int8")


@pytest.mark.parametrize(("backend", "says"), [("npu9", "'npu9'.*openvino"), ("tensorrt", "understudy doctor")])
def test_runtimes_that_are_not_there_are_named(backend: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enginebench, "survey", lambda: ())
    with pytest.raises(UnderstudyError, match=says):
        enginebench.backends(backend)


def test_batches_must_be_numbers() -> None:
    with pytest.raises(UnderstudyError, match="no number"):
        bench_engines.engines(batch="many")


def test_every_runtime_has_its_precisions() -> None:
    from engines.backends.survey import ORDER

    assert set(contest.PRECISIONS) == set(ORDER)


@pytest.mark.parametrize(
    ("backend", "batches", "threads", "want"),
    [
        ("openvino", [1, 2, 8], 2, {1: [1], 2: [2, 8]}),
        ("openvino", [1, 4], 16, {1: [1], 4: [4]}),
        ("openvino", [8], 1, {1: [8]}),
        ("ort-cpu", [1, 8], 4, {1: [1, 8]}),
    ],
)
def test_each_batch_is_run_with_the_streams_that_suit_it(
    backend: str, batches: list[int], threads: int, want: dict[int, list[int]]
) -> None:
    assert grouped(backend, batches, threads) == want
