"""`bench engines` on a narrow stand-in: what is counted, what is written, and that shares and ratios follow."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from engines.errors import UnderstudyError
from engines.graph.macs import macs
from engines.graph.standin import standin
from tools.bench.engines import command as bench_engines
from tools.bench.engines import measure as enginebench
from tools.bench.engines.contenders import Subject
from tools.bench.engines.matmul_peak import product


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


def test_the_command_writes_the_agreed_json(narrow: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enginebench, "subject", lambda name, *_: Subject(name, *(getattr(narrow, n) for n in FIELDS)))
    measure = enginebench.measure
    monkeypatch.setattr(enginebench, "measure", lambda wish, say: measure(replace(wish, side=256), say))
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
