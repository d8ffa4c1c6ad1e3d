"""`open_engine`: the only place that chooses a runtime for a model file."""

from pathlib import Path

from engines.backends.openvino import open_openvino
from engines.errors import DeviceError, ModelError
from engines.protocol import Engine

DEVICES = ("auto", "cpu")


def open_engine(model: Path, device: str = "auto", precision: str = "f32", threads: int = 1) -> Engine:
    """Weights of an ONNX or TFLite file, compiled for `device`.

    precision: f32, bf16, f16, or int8 (for a file with Q/DQ nodes). threads: inference threads.
    """
    if not model.is_file():
        raise ModelError(f"{model} is missing; `understudy models list` shows what can be pulled")
    if device not in DEVICES:
        raise DeviceError(f"no device named {device!r}; take one of {', '.join(DEVICES)}")
    return open_openvino(model, precision, threads)
