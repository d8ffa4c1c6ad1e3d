"""The matrix product that networks are compared with: what it computes, and how its rate is taken."""

import time

import numpy as np
import pytest

from tools.bench.engines.contenders import (
    PRECISIONS,
)
from tools.bench.engines.matmul_peak import middle, open_product, product, timed


def test_a_ceiling_is_the_products_rate() -> None:
    made = open_product("f32", "openvino", 1, side=256)
    assert made.seconds == [], "the first call compiles, and does not count"
    made.run()
    made.run()
    assert made.rate == 256**3 / min(made.seconds) / 1e9
    assert 0.2 < made.rate < 5000, "thousand million multiply-adds a second"


def test_the_product_is_a_product() -> None:
    """y = x w, with weights that keep the size of what goes through."""
    model = product(32)
    [weight] = [t for t in model.graph.initializer if t.name == "w"]
    w = np.frombuffer(weight.raw_data, np.float32).reshape(32, 32)
    assert w.std() == pytest.approx(32**-0.5, rel=0.1)
    assert [n.op_type for n in model.graph.node] == ["MatMul"]


@pytest.mark.parametrize("precision", PRECISIONS["openvino"])
def test_a_ceiling_opens_in_every_precision(precision: str) -> None:
    made = open_product(precision, "openvino", 1, side=64)
    x = np.ones((64, 64), np.float32)
    [y] = made.session.run({"x": x}).values()
    weight = np.frombuffer(product(64).graph.initializer[0].raw_data, np.float32).reshape(64, 64)
    # int8: ranges of -4 to 4 in 255 steps
    assert np.abs(np.asarray(y, np.float32) - x @ weight).max() < {"f32": 1e-4, "bf16": 0.05, "int8": 0.2}[precision]


def test_time_is_taken_of_one_call_and_the_middle_counts() -> None:
    assert 0.02 <= timed(lambda: time.sleep(0.02)) < 0.2
    assert middle([3.0, 1.0, 100.0]) == 3.0
    assert middle([1.0, 2.0]) == 1.5
