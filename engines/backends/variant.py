"""Keeps rewritten copies of a model file: batch axis opened, precision written in. Made once, found by content."""

import os
from pathlib import Path

from platformdirs import user_cache_path

from engines.backends.plans import sha256
from engines.graph.batch import is_open, open_batch
from engines.graph.cast import HALF, cast
from engines.graph.load import load, save


def default_folder() -> Path:
    return user_cache_path("understudy") / "engines"


def variant(model: Path, batch: int, precision: str, folder: Path) -> Path:
    """The file itself, or its copy for many rows and in `precision` (f16 and bf16 are written in; else as it is)."""
    if model.suffix == ".tflite" or (batch == 1 and precision not in HALF):
        return model
    half = precision if precision in HALF else "f32"
    rows = "rows" if batch > 1 else "one"
    copy = folder / f"{sha256(model)}-{half}-{rows}.onnx"
    if copy.is_file():
        return copy
    graph = load(model)
    if batch > 1:
        if half == "f32" and is_open(graph):
            return model
        graph = open_batch(graph)
    if half in HALF:
        graph = cast(graph, half)
    folder.mkdir(parents=True, exist_ok=True)
    part = copy.with_suffix(f".part{os.getpid()}.onnx")
    save(graph, part)
    part.replace(copy)
    return copy
