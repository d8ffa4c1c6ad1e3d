"""The most multiply-adds a second that a runtime gets out of this machine: one large matrix product per precision.

What a network reaches is told as a share of it.
"""

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from engines.backends.choose import open_engine
from engines.graph.load import save
from engines.graph.quantise import Range, quantise

SIDE = 2048


def product(side: int) -> ModelProto:
    """y = x w, with `side` rows, columns and terms."""
    weight = np.random.default_rng(0).standard_normal((side, side), np.float32) / np.float32(np.sqrt(side))
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [side, side])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [side, side])],
        [numpy_helper.from_array(weight, "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def ceiling(precision: str, device: str, threads: int, side: int = SIDE, rounds: int = 5) -> float:
    """Thousand million multiply-adds a second, the best of some rounds."""
    graph = product(side)
    if precision == "int8":
        graph = quantise(graph, {"x": Range(-4, 4)}, signed=device == "tensorrt")
    with TemporaryDirectory(prefix="understudy-") as scratch:
        path = Path(scratch) / "product.onnx"
        save(graph, path)
        engine = open_engine(path, device, precision, threads, strict=True, folder=Path(scratch))
        session = engine.session()
        x = np.random.default_rng(1).standard_normal((side, side), np.float32)
        session.run({"x": x})
        best = min(timed(lambda: session.run({"x": x})) for _ in range(rounds))
        session.close()
    return side**3 / best / 1e9


def timed(work: object) -> float:
    """Seconds of one call."""
    assert callable(work)
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def middle(seconds: list[float]) -> float:
    return statistics.median(seconds)
