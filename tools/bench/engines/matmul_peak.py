"""The most multiply-adds a second that a runtime gets out of this machine: one large matrix product per precision.

What a network reaches is told as a share of it.
"""

import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from engines.backends.choose import open_engine
from engines.graph.load import save
from engines.graph.quantise import Range, quantise
from engines.protocol import Session

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


@dataclass(slots=True)
class Product:
    """The matrix product on one runtime in one precision, with the time of each call so far."""

    backend: str
    precision: str
    side: int
    session: Session
    seconds: list[float] = field(default_factory=list)

    def run(self) -> None:
        """One more call, timed."""
        x = np.ones((self.side, self.side), np.float32)
        self.seconds.append(timed(lambda: self.session.run({"x": x})))

    @property
    def rate(self) -> float:
        """Thousand million multiply-adds a second, at its best."""
        return self.side**3 / min(self.seconds) / 1e9


def open_product(precision: str, backend: str, threads: int, side: int = SIDE) -> Product:
    """Compiled, and warmed up by one call that does not count."""
    graph = product(side)
    if precision == "int8":
        graph = quantise(graph, {"x": Range(-4, 4)}, signed=backend == "tensorrt")
    with TemporaryDirectory(prefix="understudy-") as scratch:
        path = Path(scratch) / "product.onnx"
        save(graph, path)
        session = open_engine(path, backend, precision, threads, strict=True, folder=Path(scratch)).session()
    session.run({"x": np.ones((side, side), np.float32)})
    return Product(backend, precision, side, session)


def timed(work: object) -> float:
    """Seconds of one call."""
    assert callable(work)
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def middle(seconds: list[float]) -> float:
    return statistics.median(seconds)
