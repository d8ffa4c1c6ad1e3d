"""Builds a TensorRT 11 plan from an ONNX graph whose precision is written in it (strongly typed). Knows no sessions.

Not yet run on a GPU: names and signatures are checked against the published bindings.
"""

import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from engines.backends.plans import PlanKey, profile
from engines.errors import DeviceError, ModelError
from engines.extras import install
from engines.protocol import Spec

WORKSPACE = 4 << 30


def bindings() -> Any:
    """The module tensorrt, version 11 or later. Errors: DeviceError with the command that installs it."""
    try:
        trt = import_module("tensorrt")
    except (ImportError, OSError) as error:
        raise DeviceError(f"TensorRT is not installed: {install('tensorrt')}") from error
    if int(trt.__version__.split(".")[0]) < 11:
        raise DeviceError(f"TensorRT {trt.__version__} is too old: {install('tensorrt')}")
    return trt


def build(trt: Any, model: Path, key: PlanKey, folder: Path, level: int = 3) -> Path:
    """Builds and stores the plan of `model`, atomically; returns its file. level: TensorRT's effort, 0 to 5.

    Takes minutes. Errors: ModelError where the graph is not parsed, no plan comes out, or there is no room for it.
    """
    logger = trt.Logger(trt.Logger.WARNING)
    builder = trt.Builder(logger)
    network = builder.create_network(0)  # always strongly typed since 11
    parser = trt.OnnxParser(network, logger)
    if not parser.parse_from_file(str(model)):
        said = "; ".join(parser.get_error(i).desc() for i in range(parser.num_errors))
        raise ModelError(f"TensorRT cannot read {model}: {said}; use --device cuda or cpu for this model")
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE)
    config.builder_optimization_level = level
    config.set_flag(trt.BuilderFlag.TF32)
    _add_profile(builder, network, config, key.batch)
    timing = key.timing(folder)
    cache = config.create_timing_cache(timing.read_bytes() if timing.is_file() else b"")
    if not config.set_timing_cache(cache, False):
        cache = config.create_timing_cache(b"")  # made by another chip or version: start afresh
        config.set_timing_cache(cache, False)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise ModelError(f"TensorRT built no plan for {model} at {key.precision}; use --device cuda for this model")
    _store(timing, bytes(cache.serialize()))
    return _store(key.plan(folder), bytes(plan))


def _add_profile(builder: Any, network: Any, config: Any, batch: int) -> None:
    chosen = builder.create_optimization_profile()
    free = False
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        shapes = profile(Spec(tuple(tensor.shape), "float32"), batch)
        if shapes is not None:
            smallest, usual, largest = shapes
            chosen.set_shape(tensor.name, smallest, usual, largest)
            free = True
    if free:
        config.add_optimization_profile(chosen)


def _store(path: Path, data: bytes) -> Path:
    part = path.with_suffix(f".part{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise ModelError(f"the plan cannot go to {path.parent} ({error.strerror}); make room there") from error
    return path
