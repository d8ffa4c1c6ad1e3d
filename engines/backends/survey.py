"""What this machine can run models on: each runtime, whether it works, what it would bring and how to get it."""

from collections.abc import Callable
from dataclasses import dataclass

from engines.backends import cuda, onnxruntime, openvino, tensorrt_build
from engines.errors import DeviceError
from engines.extras import PIP, install

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


ASKED: dict[str, tuple[Callable[[], str], str, str]] = {
    "tensorrt": (
        lambda: f"{tensorrt_build.bindings().__version__} on {cuda.gpu().name}",
        "the fastest runtime on NVIDIA GPUs (fp16, bf16, int8)",
        install("tensorrt"),
    ),
    "ort-cuda": (
        lambda: f"{onnxruntime.state(True)} on {cuda.gpu().name}",
        "every ONNX model on NVIDIA GPUs, with nothing to compile",
        onnxruntime.GET_CUDA,
    ),
    "openvino": (
        openvino.state,
        "ONNX and TFLite on the CPU, with bf16 and int8 where the chip has them",
        f"{PIP} install openvino",
    ),
    "ort-cpu": (
        onnxruntime.state,
        "a second opinion on the CPU: parity, comparisons",
        f"{PIP} install onnxruntime",
    ),
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
