"""The contenders of `bench engines`: opened, compared, timed in turns, and the figures of each."""

from pathlib import Path

import numpy as np
import pytest

from engines.backends.openvino import open_openvino
from engines.graph.load import load
from tools.bench.engines import contenders as contest
from tools.bench.engines.contenders import Contender, Subject, contenders, grouped, race, repeated, rows
from tools.bench.engines.matmul_peak import open_product
from tools.bench.engines.measure import standin_feeds


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


def test_rows_are_repeated_in_every_feed() -> None:
    given = repeated(standin_feeds(), 3)
    assert {name: array.shape for name, array in given.items()} == {"target": (3, 3, 128, 128), "source": (3, 512)}
    assert np.array_equal(given["target"][0], given["target"][2])
    assert np.linalg.norm(given["source"][1].astype(np.float64)) == pytest.approx(1, abs=1e-5)


def test_a_rows_figures_follow_from_its_times() -> None:
    model = Subject("m", Path("m"), {}, 5_000_000_000, None)
    field = [Contender("openvino", "bf16", 4, None, {}, [0.3, 0.1, 0.2], 0.01)]  # type: ignore[arg-type]
    [row] = rows(model, field, {("openvino", "bf16"): 200.0})
    assert (row.model, row.backend, row.precision, row.batch, row.error) == ("m", "openvino", "bf16", 4, 0.01)
    figures = (row.ms, row.faces_per_s, row.gmacs_per_s, row.ceiling_share)
    assert figures == pytest.approx((200, 20, 100, 0.5))
