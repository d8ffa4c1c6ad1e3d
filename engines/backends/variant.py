"""Keeps rewritten copies of a model file: batch axis opened, precision written in. Made once, found by content,
and proven equal when they are made."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from platformdirs import user_cache_path

from engines.backends.openvino import open_openvino
from engines.digest import sha256
from engines.errors import ModelError
from engines.graph.batch_axis import UnbatchableError, agree, is_open, open_batch
from engines.graph.cast import HALF, cast
from engines.graph.load import Graph, load, save
from engines.graph.quantise import is_quantised, symmetric

ROWS = 3
EQUAL = 1e-4
# a value on the edge between two of 256 levels may fall either way, and a layer's flip travels on
EQUAL_INT8 = 0.02


def prove(model: Path, opened: Graph) -> None:
    """Runs several rows in one call and in calls of one, the latter on the file as it is. Errors: UnbatchableError.

    Done once for a file, when its copy is made. A file whose pictures may have any size is taken on trust.
    """
    with TemporaryDirectory(prefix="understudy-") as scratch:
        path = Path(scratch) / "opened.onnx"
        save(opened, path)
        threads = os.cpu_count() or 1
        one = open_openvino(model, "f32", threads)
        if any(-1 in spec.shape for spec in one.inputs.values()):
            return
        rng = np.random.default_rng(0)
        rows = {name: rng.random((ROWS, *s.shape[1:])).astype(s.dtype) for name, s in one.inputs.items()}
        apart = agree(open_openvino(path, "f32", threads).session(), rows, one.session())
    if not apart <= (EQUAL_INT8 if is_quantised(opened) else EQUAL):
        raise UnbatchableError(f"{model.name}: several rows in one call differ from single ones by {100 * apart:.3g} %")


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
    if batch > 1 and not is_open(graph):
        graph = open_batch(graph)
        prove(model, graph)
    elif half == "f32" and not turned:
        return model
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
