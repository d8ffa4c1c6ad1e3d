"""ONNX Runtime: on the CPU without spinning, on CUDA with bound memory and a stream of its own. Knows no models.

The only file that imports onnxruntime, and only when an engine is opened: it is an optional package. The CUDA part
has not yet run on a GPU.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from engines.backends import feeds as fed
from engines.backends import saturation
from engines.backends.cuda import StagedStream
from engines.errors import DeviceError, ModelError
from engines.extras import PIP, install
from engines.protocol import Spec
from engines.store.onnx_header import read_head
from engines.values import F32, Array

DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}

# a wheel without CUDA shares a folder with the one that has it
GET_CUDA = f"{PIP} uninstall -y onnxruntime && {install('gpu')}"


def installed() -> dict[str, str]:
    """The ONNX Runtime wheels present, with their versions. More than one share a folder, and one is broken."""
    found = {}
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def refuse_broken(found: Mapping[str, str]) -> None:
    """Errors: DeviceError where no wheel is present, or both: the later one has overwritten the other's files."""
    if not found:
        raise DeviceError(
            f"ONNX Runtime is not installed: {PIP} install onnxruntime; with an NVIDIA GPU {install('gpu')}"
        )
    if len(found) > 1:
        raise DeviceError(
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other: "
            f"{PIP} uninstall -y onnxruntime onnxruntime-gpu && {install('gpu')}"
        )


def state(cuda: bool = False) -> str:
    """The wheel and its version, for people. Errors: DeviceError, also where `cuda` is asked of a wheel without it."""
    found = installed()
    refuse_broken(found)
    told = ", ".join(f"{name} {number}" for name, number in found.items())
    if cuda and "CUDAExecutionProvider" not in import_module("onnxruntime").get_available_providers():
        raise DeviceError(f"{told} has no CUDA provider: {GET_CUDA}")
    return told


@dataclass(frozen=True, slots=True)
class OrtEngine:
    """One InferenceSession; on the CPU every session of ours runs it, its `run` is safe from several threads."""

    model: Path
    shared: Any
    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]
    device: str
    fixed: bool = False
    lanes: list[StagedStream] = field(default_factory=list)

    def session(self) -> "OrtSession | OrtCudaSession":
        return OrtCudaSession(self) if self.lanes else OrtSession(self)


class OrtSession:
    """The right to run on the CPU."""

    def __init__(self, engine: OrtEngine) -> None:
        self._engine = engine

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        fed.check(self._engine.inputs, feeds)
        names = list(self._engine.outputs)
        return dict(zip(names, self._engine.shared.run(names, dict(feeds)), strict=True))

    def close(self) -> None:
        pass


class OrtCudaSession:
    """A CUDA stream with pinned staging. A stream is fixed when ONNX Runtime loads a model: the second session of an
    engine therefore loads the weights again; share one session through a `Batcher` where memory is short."""

    def __init__(self, engine: OrtEngine) -> None:
        self._engine = engine
        first = len(engine.lanes) == 1
        self._lane = engine.lanes[0] if first else StagedStream()
        self._run = engine.shared if first else load_session(engine.model, 1, self._lane, engine.fixed)
        engine.lanes.append(self._lane)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        fed.check(self._engine.inputs, feeds)
        lane = self._lane
        lane.enter()
        binding = self._run.io_binding()
        for name, array in feeds.items():
            place = lane.place(name, array.nbytes)
            np.copyto(place.host(array.shape, array.dtype.name), array)
            place.up(lane.stream)
            binding.bind_input(name, "cuda", 0, array.dtype.type, array.shape, place.address)
        rows = len(next(iter(feeds.values())))
        shapes = {
            name: (rows, *s.shape[1:]) if s.shape[0] == -1 else s.shape for name, s in self._engine.outputs.items()
        }
        for name, spec in self._engine.outputs.items():
            if -1 in shapes[name]:
                binding.bind_output(name, "cpu")  # its size is known only afterwards
            else:
                size = int(np.prod(shapes[name])) * np.dtype(spec.dtype).itemsize
                address = lane.place(name, size).address
                binding.bind_output(name, "cuda", 0, np.dtype(spec.dtype).type, shapes[name], address)
        self._run.run_with_iobinding(binding)
        fixed = [name for name in shapes if -1 not in shapes[name]]
        for name in fixed:
            lane.place(name, 0).down(lane.stream)
        lane.stream.sync()
        late = dict(zip(self._engine.outputs, binding.get_outputs(), strict=True))
        return {
            name: lane.place(name, 0).host(shapes[name], spec.dtype).copy() if name in fixed else late[name].numpy()
            for name, spec in self._engine.outputs.items()
        }

    def close(self) -> None:
        self._lane.close()


def cuda_options(handle: int, fixed: bool) -> dict[str, str]:
    """The CUDA provider's options. handle: the stream. fixed: every input size is, so that a CUDA graph may serve."""
    return {
        "device_id": "0",
        "has_user_compute_stream": "1",
        "user_compute_stream": str(handle),
        "enable_cuda_graph": "1" if fixed else "0",
        "arena_extend_strategy": "kSameAsRequested",  # doubling the arena is what leaks on long runs
        "cudnn_conv_algo_search": "EXHAUSTIVE",
        "use_tf32": "1",
    }


@cache
def overflows() -> bool:
    """Whether int8 sums overflow on this CPU, so that weights must have 7 bits. Asked once, by value."""

    def run(graph: bytes, x: F32) -> Array:
        session = import_module("onnxruntime").InferenceSession(graph, providers=["CPUExecutionProvider"])
        return np.asarray(session.run(None, {"x": x})[0])

    return saturation.overflows(run)


def load_session(model: Path, threads: int, lane: StagedStream | None, fixed: bool) -> Any:
    ort = import_module("onnxruntime")
    ort.disable_telemetry_events()  # Windows' builds have them
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # spinning costs a whole core at 30 calls a second and saves 0.35 ms
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers: list[object] = ["CPUExecutionProvider"]
    if lane is not None:
        if "CUDAExecutionProvider" not in ort.get_available_providers():
            raise DeviceError(f"this ONNX Runtime has no CUDA: {GET_CUDA}")
        ort.preload_dlls()  # finds the CUDA and cuDNN wheels beside it
        providers = [("CUDAExecutionProvider", cuda_options(lane.handle, fixed))]
    graph = None if lane is not None else saturation.suited(model, overflows)
    try:
        session = ort.InferenceSession(graph or str(model), options, providers=providers)
    except Exception as error:  # its exception classes are private
        raise ModelError(f"ONNX Runtime cannot load {model} ({str(error).splitlines()[0]})") from error
    if lane is not None and session.get_providers()[0] != "CUDAExecutionProvider":
        raise DeviceError(f"ONNX Runtime fell back to the CPU, as CUDA or cuDNN is missing: {install('gpu')}")
    return session


def open_onnxruntime(model: Path, threads: int = 1, cuda: bool = False) -> OrtEngine:
    """Loads an ONNX file, in the precision that is written in it; on a CPU whose int8 sums overflow, with weights of
    7 bits.

    Errors: DeviceError for a missing or half-broken install, ModelError where the file cannot be loaded.
    """
    refuse_broken(installed())
    lane = StagedStream() if cuda else None
    fixed = cuda and is_fixed(model)
    session = load_session(model, threads, lane, fixed)
    return OrtEngine(
        model,
        session,
        {value.name: _spec(value) for value in session.get_inputs()},
        {value.name: _spec(value) for value in session.get_outputs()},
        f"ONNX Runtime {'CUDA' if cuda else 'CPU'}",
        fixed,
        [lane] if lane is not None else [],
    )


def is_fixed(model: Path) -> bool:
    """Whether every size of every input and output is declared: only then may a CUDA graph replay the call."""
    head = read_head(model)
    return all(tensor.shape and -1 not in tensor.shape for tensor in (*head.inputs, *head.outputs))


def _spec(value: Any) -> Spec:
    shape = tuple(size if isinstance(size, int) else -1 for size in value.shape)
    return Spec(shape, DTYPES[value.type])
