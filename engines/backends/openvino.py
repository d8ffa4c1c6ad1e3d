"""OpenVINO: ONNX and TFLite on the CPU (and Intel's other devices). Knows streams and precision, nothing of models.

`openvino_import` imports openvino, and nothing else does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from engines.backends import feeds as fed
from engines.backends import saturation
from engines.backends.openvino_import import ov
from engines.errors import DeviceError, ModelError
from engines.graph import narrow, quantise
from engines.protocol import Spec
from engines.values import F32, Array

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
    """A compiled model. streams: requests that run at once; others wait for them inside OpenVINO."""

    compiled: Any
    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]
    device: str
    streams: int = 1

    def session(self) -> "OpenVinoSession":
        return OpenVinoSession(self)

    @property
    def parts(self) -> bool:
        """Whether a call of several rows goes as one request a row: there are streams to take them, and every tensor
        has its rows first."""
        return self.streams > 1 and all(s.shape[:1] == (-1,) for s in (*self.inputs.values(), *self.outputs.values()))


class _Request:
    """One infer request with its own input memory."""

    def __init__(self, engine: OpenVinoEngine) -> None:
        self._engine, self.infer = engine, engine.compiled.create_infer_request()
        self._inputs: list[Array | None] = [None] * len(engine.inputs)

    def place(self, feeds: Mapping[str, Array]) -> None:
        for index, name in enumerate(self._engine.inputs):
            array, buffer = feeds[name], self._inputs[index]
            if buffer is None or buffer.shape != array.shape:
                tensor = ov.Tensor(self._engine.compiled.inputs[index].get_element_type(), ov.Shape(array.shape))
                self.infer.set_input_tensor(index, tensor)
                buffer = self._inputs[index] = tensor.data
            np.copyto(buffer, array)

    def outputs(self) -> list[Array]:
        """OpenVINO's own memory, until the next call."""
        return [self.infer.get_output_tensor(index).data for index in range(len(self._engine.outputs))]


class OpenVinoSession:
    """One caller's requests: one, or where the engine has several streams, one for each row of a call."""

    def __init__(self, engine: OpenVinoEngine) -> None:
        self._engine, self._parts = engine, engine.parts
        self._requests = [_Request(engine)]

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        fed.check(self._engine.inputs, feeds)
        if self._parts and (rows := _rows(feeds)) > 1:
            return self._by_rows(feeds, rows)
        first = self._requests[0]
        first.place(feeds)
        # nothing to dispatch: the inputs lie in the request already, which saves OpenVINO's Python layer its work
        first.infer.infer({}, share_inputs=True, share_outputs=True)
        return self._answer()

    def _by_rows(self, feeds: Mapping[str, Array], rows: int) -> dict[str, Array]:
        """A request for each row, all begun at once; a stream takes the next as soon as it is done with one, so a core
        that is busy elsewhere holds nobody up."""
        while len(self._requests) < rows:
            self._requests.append(_Request(self._engine))
        begun = self._requests[:rows]
        for i, request in enumerate(begun):
            request.place({name: array[i : i + 1] for name, array in feeds.items()})
        for request in begun:
            request.infer.start_async()
        failed: RuntimeError | None = None
        for request in begun:
            try:
                request.infer.wait()
            except RuntimeError as error:  # the others still run, on memory that is theirs
                failed = error
        if failed is not None:
            raise failed
        each = [request.outputs() for request in begun]
        return {name: np.concatenate([one[i] for one in each]) for i, name in enumerate(self._engine.outputs)}

    def start(self, feeds: Mapping[str, Array]) -> None:
        """Begins a call and returns at once: with several sessions, one thread keeps several streams busy.

        Costs some 50 us more than `run`, so that is what `run` does not do.
        """
        fed.check(self._engine.inputs, feeds)
        self._requests[0].place(feeds)
        self._requests[0].infer.start_async()

    def finish(self) -> dict[str, Array]:
        """Waits for what `start` began; the outputs as `run` gives them."""
        self._requests[0].infer.wait()
        return self._answer()

    def _answer(self) -> dict[str, Array]:
        return {n: a.copy() for n, a in zip(self._engine.outputs, self._requests[0].outputs(), strict=True)}

    def close(self) -> None:
        self._requests = []


def _rows(feeds: Mapping[str, Array]) -> int:
    """Rows that all tensors have; 0 where they differ."""
    found = {len(array) for array in feeds.values()}
    return found.pop() if len(found) == 1 else 0


@cache
def runtime() -> ov.Core:
    """OpenVINO, loaded once and never unloaded: its CPU plugin gives the loading thread a stack for signals and frees
    it with the last Core; if another thread drops that one, the next Ctrl-C is a segmentation fault (2026.4.1)."""
    return ov.Core()


def has_bf16(chip: str = "CPU") -> bool:
    """Whether the chip computes in bf16 (AMX or AVX512-BF16 on a CPU), and does not merely store it."""
    core = runtime()
    return chip in core.available_devices and "BF16" in core.get_property(chip, "OPTIMIZATION_CAPABILITIES")


@cache
def overflows() -> bool:
    """Whether int8 sums overflow on this CPU, so that weights must have 7 bits. Asked once, by value."""

    def run(graph: bytes, x: F32) -> Array:
        compiled = runtime().compile_model(runtime().read_model(graph), "CPU", settings("int8", 1, 1, None))
        return np.array(compiled({"x": x})[0])

    return saturation.overflows(run)


def weight_peak() -> int:
    """The largest int8 weight that this CPU multiplies without overflow."""
    return narrow.PEAK if overflows() else quantise.PEAK


def state() -> str:
    """The version, the CPU, and what it computes in, for people."""
    core = runtime()
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    kinds = "/".join(name.lower() for name in ("BF16", "FP16", "INT8") if name in able)
    if "INT8" in able and overflows():
        kinds += " with weights of 7 bits (no VNNI)"
    return f"{ov.__version__.split('-')[0]}, {core.get_property('CPU', 'FULL_DEVICE_NAME').strip()}, {kinds}"


def settings(precision: str, threads: int, streams: int, cache: Path | None) -> dict[str, object]:
    """OpenVINO's properties. int8 lies in the graph (Q/DQ); what is not quantised there runs in bf16, if the chip has
    it.

    Threads are not pinned: OpenVINO would bind every caller of a one-thread network to core 0, all engines to the same,
    and a network of several threads would wait at each layer for the core that a decoder happens to use. For the same
    reason a layer's work is not dealt out in equal shares beforehand but taken as threads come free.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is one of {PRECISIONS}, not {precision!r}")
    chosen: dict[str, object] = {
        "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
        "NUM_STREAMS": str(streams),
        "INFERENCE_NUM_THREADS": str(threads),
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": precision,
    }
    if precision == "int8":
        chosen["INFERENCE_PRECISION_HINT"] = "bf16" if has_bf16() else "f32"
    if threads > streams and "TBB_PARTITIONER" in runtime().get_property("CPU", "SUPPORTED_PROPERTIES"):  # from 2026 on
        chosen["TBB_PARTITIONER"] = "AUTO"
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
    """Reads and compiles an ONNX or TFLite file. An ONNX file with Q/DQ runs with weights of 7 bits on a CPU whose
    int8 sums overflow.

    threads: inference threads over all streams. streams: requests that run at once. 1 answers a single row soonest; as
    many as threads gets the most rows done in a time, and then several rows of a call are run side by side. cache:
    folder for compiled blobs, None for none. Errors: ModelError where the file cannot be read or compiled, DeviceError
    where OpenVINO does not see the chip.
    """
    core = runtime()
    if chip not in core.available_devices:
        raise DeviceError(f"OpenVINO sees {core.available_devices}, not {chip}; use --device cpu")
    try:
        # OpenVINO goes by the file's ending; a .dfm is ONNX under another name
        network = core.read_model(str(model) if model.suffix in KNOWN else model.read_bytes())
    except RuntimeError as error:
        raise ModelError(f"{model} is not a model OpenVINO can read; fetch it again ({_last_line(error)})") from error
    if chip == "CPU" and model.suffix not in (".tflite", ".xml") and (graph := saturation.suited(model, overflows)):
        network = core.read_model(graph)
    try:
        compiled = core.compile_model(network, chip, settings(precision, threads, streams, cache))
    except (RuntimeError, MemoryError) as error:
        raise ModelError(f"{model} does not compile for {chip} at {precision} ({_last_line(error)})") from error
    return OpenVinoEngine(
        compiled,
        {declared_name(p): spec(p) for p in compiled.inputs},
        {declared_name(p): spec(p) for p in compiled.outputs},
        f"OpenVINO {chip} {precision}",
        streams,
    )


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
