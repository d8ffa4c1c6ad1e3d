"""`open_engine`: the only place that chooses a runtime for a model file."""

import logging
from functools import cache
from pathlib import Path

from engines.backends.memory import available, refuse_too_big
from engines.backends.onnxruntime import open_onnxruntime
from engines.backends.openvino import open_openvino
from engines.backends.survey import ORDER, ask
from engines.backends.tensorrt import open_tensorrt
from engines.backends.variant import default_folder, variant
from engines.errors import DeviceError, ModelError
from engines.protocol import Engine
from engines.store.onnx_header import read_head

ALIAS = {"cpu": "openvino", "cuda": "ort-cuda", "gpu": "ort-cuda"}
DEVICES = ("auto", *ALIAS, *ORDER)
# a network of fewer bytes than this answers sooner on the CPU than a copy to a GPU and back takes
SMALL = 16 << 20


def open_engine(
    model: Path,
    device: str = "auto",
    precision: str = "f32",
    threads: int = 1,
    *,
    batch: int = 1,
    streams: int = 1,
    strict: bool = False,
    folder: Path | None = None,
    keep: bool = False,
) -> Engine:
    """Weights of an ONNX or TFLite file, compiled for `device`.

    device: one of `DEVICES`. precision: f32, bf16, f16, or int8 (for a file with Q/DQ nodes). threads: inference
    threads of a CPU. batch: the most rows a call takes; above 1 the batch axis is opened where the file fixes it at 1.
    streams: rows that are computed at once on a CPU: 1 answers a single row soonest, as many as threads does the most
    rows in a time. strict: an unusable device is an error, not a fallback. folder: where rewritten graphs and plans are
    kept, the user's cache by default. keep: also keeps what OpenVINO compiled, as large as the model, which then opens
    sooner. Errors: ModelError, DeviceError.
    """
    if not model.is_file():
        raise ModelError(f"{model} is missing; `understudy models list` shows what can be pulled")
    size = model.stat().st_size
    if model.suffix != ".tflite":
        # refuses damage, and weights that lie outside the model's folder, before a runtime looks
        size += sum((model.parent / place).stat().st_size for place in read_head(model).external)
    refuse_too_big(size, available())
    chosen = choose(model, device, strict)
    folder = folder or default_folder()
    if chosen == "openvino":
        kept = folder / "openvino" if keep else None
        return open_openvino(variant(model, batch, "f32", folder), precision, threads, streams, kept)
    # ONNX Runtime computes in f32 on the CPU, and on CUDA has no convolution in bf16
    given = {("ort-cpu", "bf16"): "f32", ("ort-cpu", "f16"): "f32", ("ort-cuda", "bf16"): "f16"}
    precision = given.get((chosen, precision), precision)
    written = variant(model, batch, precision, folder, signed=chosen == "tensorrt")
    if chosen == "tensorrt":
        return open_tensorrt(written, precision, batch, folder)
    return open_onnxruntime(written, threads, cuda=chosen == "ort-cuda")


def choose(model: Path, device: str, strict: bool) -> str:
    """The backend of `ORDER` that will run the file. Errors: DeviceError for an unknown or, if strict, unusable one."""
    if device not in DEVICES:
        raise DeviceError(f"no device is called {device!r}; take one of {', '.join(DEVICES)}")
    tflite = model.suffix == ".tflite"
    if device == "auto":
        if tflite or model.stat().st_size < SMALL:
            return "openvino"
        return next(name for name in ORDER if _usable(name))
    wanted = ALIAS.get(device, device)
    why = obstacle(wanted)
    if why == "":
        # a small TFLite net beside a GPU is where it belongs
        return "openvino" if tflite else wanted
    if strict:
        raise DeviceError(f"--strict-device: {wanted} is not usable: {why}")
    announce(f"{wanted} is not usable ({why}): models run on the CPU with OpenVINO, far slower. `understudy doctor`")
    return "openvino"


@cache
def announce(message: str) -> None:
    """Says it once, however many models fall back for the same reason."""
    logging.getLogger("understudy").warning(message)


@cache
def obstacle(backend: str) -> str:
    """Why a backend is not usable, or nothing. Asked once: a running program's installs stay."""
    finding = ask(backend)
    return "" if finding.usable else finding.state


def _usable(backend: str) -> bool:
    return obstacle(backend) == ""
