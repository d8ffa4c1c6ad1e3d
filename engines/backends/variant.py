"""Keeps rewritten copies of a model file: batch axis opened, precision written in. Made once, found by content."""

import os
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from engines.backends.plans import sha256
from engines.errors import ModelError
from engines.graph.batch import is_open, open_batch
from engines.graph.cast import HALF, cast
from engines.graph.load import load, save
from engines.graph.quantise import symmetric


def default_folder() -> Path:
    return user_cache_path("understudy") / "engines"


def variant(model: Path, batch: int, precision: str, folder: Path, signed: bool = False) -> Path:
    """The file itself, or its copy for many rows and in `precision` (f16 and bf16 are written in; else as it is).

    signed: an int8 file's activations become S8, symmetric. Errors: ModelError, also where there is no room.
    """
    turned = signed and precision == "int8"
    if model.suffix == ".tflite" or (batch == 1 and precision not in HALF and not turned):
        return model
    half = precision if precision in HALF else "f32"
    rows = "rows" if batch > 1 else "one"
    copy = folder / f"{sha256(model)}-{'s8' if turned else half}-{rows}.onnx"
    if copy.is_file():
        return copy
    graph = load(model)
    if batch > 1:
        if half == "f32" and not turned and is_open(graph):
            return model
        graph = open_batch(graph)
    if half in HALF:
        graph = cast(graph, half)
    if turned:
        graph = symmetric(graph)
    part = copy.with_suffix(f".part{os.getpid()}.onnx")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save(graph, part)
        part.replace(copy)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise ModelError(f"the rewritten model cannot go to {folder} ({error.strerror}); make room there") from error
    return copy
