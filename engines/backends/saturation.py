"""Whether a CPU's int8 products overflow, and the file it is given then. Knows values, no runtimes.

x86 without VNNI adds two u8 x s8 products in 16 bits (`vpmaddubsw`) and cuts the sum off at 32767; 2 * 255 * 127 is
64770. Weights of 7 bits cannot overflow.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from engines.graph.load import load
from engines.graph.narrow import narrowed, worst_case
from engines.store.onnx_header import read_head
from engines.values import F32, Array

LINEAR = "DequantizeLinear"


def overflows(run: Callable[[bytes, F32], Array]) -> bool:
    """run: answers x (1, 4) with an ONNX file's first output. True where the largest sum does not come out whole."""
    answer = float(np.asarray(run(worst_case().SerializeToString(), np.ones((1, 4), np.float32))).ravel()[0])
    return abs(answer - 4) > 0.1


def suited(model: Path, overflowing: Callable[[], bool]) -> bytes | None:
    """What to run in place of an ONNX file with Q/DQ: the same with weights of 7 bits, where the chip needs it.

    None where the file can run as it is. Raises ModelError where it cannot be read.
    """
    if LINEAR not in read_head(model).operators or not overflowing():
        return None
    graph: bytes = narrowed(load(model)).SerializeToString()
    return graph
