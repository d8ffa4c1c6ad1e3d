"""OpenVINO: ONNX and TFLite on the CPU (and Intel's other devices). Knows streams and precision, nothing of models.

The only file that imports openvino.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

from engines.backends import feeds as fed
from engines.errors import DeviceError, ModelError
from engines.protocol import Spec
from engines.values import Array

PRECISIONS = ("f32", "bf16", "f16", "int8")
KNOWN = (".onnx", ".tflite", ".xml")


def declared_name(port: Any) -> str:
    """The tensor's name as the file declares it: a port that swallowed an Identity carries several."""
    names: set[str] = port.get_names()
    stem = str(port.get_node().get_friendly_name()).removesuffix("/sink_port_0")
    return stem if stem in names or not names else min(names)


def spec(port: Any) -> Spec:
    shape = tuple(d.get_length() if d.is_static else -1 for d in port.get_partial_shape())
    return Spec(shape, np.dtype(port.get_element_type().to_dtype()).name)


@dataclass(frozen=True, slots=True)
class OpenVinoEngine:
    """A compiled model. Sessions beyond `streams` wait for each other inside OpenVINO."""

    compiled: Any
    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]
    device: str

    def session(self) -> "OpenVinoSession":
        return OpenVinoSession(self)


class OpenVinoSession:
    """One infer request with its own input memory."""

    def __init__(self, engine: OpenVinoEngine) -> None:
        self._engine = engine
        self._request = engine.compiled.create_infer_request()
        self._inputs: list[Array | None] = [None] * len(engine.inputs)

    def _place(self, index: int, array: Array) -> None:
        buffer = self._inputs[index]
        if buffer is None or buffer.shape != array.shape:
            tensor = ov.Tensor(self._engine.compiled.inputs[index].get_element_type(), ov.Shape(array.shape))
            self._request.set_input_tensor(index, tensor)
            buffer = self._inputs[index] = tensor.data
        np.copyto(buffer, array)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        fed.check(self._engine.inputs, feeds)
        for index, name in enumerate(self._engine.inputs):
            self._place(index, feeds[name])
        # nothing to dispatch: the inputs lie in the request already, which saves OpenVINO's Python layer its work
        self._request.infer({}, share_inputs=True, share_outputs=True)
        return self._outputs()

    def start(self, feeds: Mapping[str, Array]) -> None:
        """Begins a call and returns at once: with several sessions, one thread keeps several streams busy.

        Costs some 50 us more than `run`, so that is what `run` does not do.
        """
        fed.check(self._engine.inputs, feeds)
        for index, name in enumerate(self._engine.inputs):
            self._place(index, feeds[name])
        self._request.start_async()

    def finish(self) -> dict[str, Array]:
        """Waits for what `start` began; the outputs as `run` gives them."""
        self._request.wait()
        return self._outputs()

    def _outputs(self) -> dict[str, Array]:
        get = self._request.get_output_tensor
        return {name: get(index).data.copy() for index, name in enumerate(self._engine.outputs)}

    def close(self) -> None:
        self._request = None
        self._inputs = []


@cache
def runtime() -> ov.Core:
    """OpenVINO, loaded once and never unloaded: its CPU plugin gives the loading thread a stack for signals and frees
    it with the last Core; if another thread drops that one, the next Ctrl-C is a segmentation fault (2026.4.1)."""
    return ov.Core()


def has_bf16(chip: str = "CPU") -> bool:
    """Whether the chip computes in bf16 (AMX or AVX512-BF16 on a CPU), and does not merely store it."""
    core = runtime()
    return chip in core.available_devices and "BF16" in core.get_property(chip, "OPTIMIZATION_CAPABILITIES")


def state() -> str:
    """The version, the CPU, and what it computes in, for people."""
    core = runtime()
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    kinds = "/".join(name.lower() for name in ("BF16", "FP16", "INT8") if name in able)
    return f"{ov.__version__.split('-')[0]}, {core.get_property('CPU', 'FULL_DEVICE_NAME').strip()}, {kinds}"


def settings(precision: str, threads: int, streams: int, cache: Path | None) -> dict[str, object]:
    """OpenVINO's properties. int8 lies in the graph (Q/DQ): what is not quantised runs in the chip's own choice."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision is one of {PRECISIONS}, not {precision!r}")
    chosen: dict[str, object] = {
        "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
        "NUM_STREAMS": str(streams),
        "INFERENCE_NUM_THREADS": str(threads),
    }
    if precision != "int8":
        chosen["INFERENCE_PRECISION_HINT"] = precision
    if cache is not None:
        chosen["CACHE_DIR"] = str(cache)
    return chosen


def open_openvino(
    model: Path,
    precision: str = "f32",
    threads: int = 1,
    streams: int = 1,
    cache: Path | None = None,
    chip: str = "CPU",
) -> OpenVinoEngine:
    """Reads and compiles an ONNX or TFLite file.

    threads: inference threads over all streams. streams: requests that run at once (1: lowest latency). cache: folder
    for compiled blobs, None for none. Errors: ModelError where the file cannot be read or compiled, DeviceError where
    OpenVINO does not see the chip.
    """
    core = runtime()
    if chip not in core.available_devices:
        raise DeviceError(f"OpenVINO sees {core.available_devices}, not {chip}; use --device cpu")
    try:
        # OpenVINO goes by the file's ending; a .dfm is ONNX under another name
        network = core.read_model(str(model) if model.suffix in KNOWN else model.read_bytes())
    except RuntimeError as error:
        raise ModelError(f"{model} is not a model OpenVINO can read; fetch it again ({_last_line(error)})") from error
    try:
        compiled = core.compile_model(network, chip, settings(precision, threads, streams, cache))
    except (RuntimeError, MemoryError) as error:
        raise ModelError(f"{model} does not compile for {chip} at {precision} ({_last_line(error)})") from error
    return OpenVinoEngine(
        compiled,
        {declared_name(p): spec(p) for p in compiled.inputs},
        {declared_name(p): spec(p) for p in compiled.outputs},
        f"OpenVINO {chip} {precision}",
    )


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
