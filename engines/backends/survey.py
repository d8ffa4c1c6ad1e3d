"""What this machine can run models on: each runtime, whether it works, what it would bring and how to get it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from engines.backends import cuda, onnxruntime, tensorrt_build
from engines.errors import DeviceError

# fastest first: `auto` takes the first one that works
ORDER = ("tensorrt", "ort-cuda", "openvino", "ort-cpu")


@dataclass(frozen=True, slots=True)
class Finding:
    """One runtime. state: what was found, in words. brings: what it is good for. command: how to get it, if missing."""

    backend: str
    usable: bool
    state: str
    brings: str
    command: str


def _openvino() -> str:
    ov = import_module("openvino")
    core = ov.Core()
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    kinds = "/".join(name.lower() for name in ("BF16", "FP16", "INT8") if name in able)
    return f"{ov.__version__.split('-')[0]}, {core.get_property('CPU', 'FULL_DEVICE_NAME').strip()}, {kinds}"


def _ort_cpu() -> str:
    found = onnxruntime.installed()
    onnxruntime.refuse_broken(found)
    return ", ".join(f"{name} {number}" for name, number in found.items())


def _ort_cuda() -> str:
    state = _ort_cpu()
    providers = import_module("onnxruntime").get_available_providers()
    if "CUDAExecutionProvider" not in providers:
        raise DeviceError(f"{state} has no CUDA provider")
    return f"{state} on {cuda.gpu().name}"


def _tensorrt() -> str:
    number = tensorrt_build.bindings().__version__
    return f"{number} on {cuda.gpu().name}"


ASKED: dict[str, tuple[Callable[[], str], str, str]] = {
    "tensorrt": (
        _tensorrt,
        "the fastest runtime on NVIDIA GPUs (fp16, bf16, int8)",
        "pip install 'understudy[tensorrt]'",
    ),
    "ort-cuda": (
        _ort_cuda,
        "every ONNX model on NVIDIA GPUs, with nothing to compile",
        "pip uninstall -y onnxruntime && pip install 'understudy[gpu]'",
    ),
    "openvino": (
        _openvino,
        "ONNX and TFLite on the CPU, with bf16 and int8 where the chip has them",
        "pip install openvino",
    ),
    "ort-cpu": (_ort_cpu, "a second opinion on the CPU: parity checks and comparisons", "pip install onnxruntime"),
}


def ask(backend: str) -> Finding:
    """Tries one runtime of `ORDER`."""
    probe, brings, command = ASKED[backend]
    try:
        return Finding(backend, True, probe(), brings, command)
    except DeviceError as error:
        return Finding(backend, False, str(error), brings, command)
    except ImportError as error:
        return Finding(backend, False, f"not installed ({error})", brings, command)


def survey() -> tuple[Finding, ...]:
    """All runtimes, fastest first."""
    return tuple(ask(backend) for backend in ORDER)
