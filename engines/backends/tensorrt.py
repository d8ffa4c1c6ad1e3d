"""TensorRT 11: runs a plan on its own stream, by CUDA graph once a shape has been seen twice. Knows no ONNX.

Not yet run on a GPU: names and signatures are checked against the published bindings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.backends import feeds as fed
from engines.backends.cuda import StagedStream, Staging, gpu
from engines.backends.plans import PlanKey
from engines.backends.tensorrt_build import bindings, build
from engines.digest import sha256
from engines.errors import DeviceError, ModelError
from engines.protocol import Spec
from engines.values import Array


@dataclass(frozen=True, slots=True)
class TensorRtEngine:
    """A deserialised plan: weights once on the device. batch: the most rows a call takes."""

    plan: Any
    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]
    device: str
    batch: int

    def session(self) -> "TensorRtSession":
        return TensorRtSession(self)


class TensorRtSession:
    """One execution context, one stream, one set of staging buffers."""

    def __init__(self, engine: TensorRtEngine) -> None:
        self._engine = engine
        self._lane = StagedStream()
        self._context = engine.plan.create_execution_context()
        if self._context is None:
            raise DeviceError("the GPU has no memory left for another session; close one, or use a smaller batch")

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        fed.check(self._engine.inputs, feeds)
        lane, context = self._lane, self._context
        lane.enter()
        for name, array in feeds.items():
            if not context.set_input_shape(name, array.shape):
                most = self._engine.batch
                raise ValueError(f"`{name}` was fed {array.shape}; the plan was built for up to {most} rows")
            place = self._bind(name, array.nbytes)
            np.copyto(place.host(array.shape, array.dtype.name), array)
        for name in self._engine.outputs:
            self._bind(name, context.get_max_output_size(name))
        lane.replay(tuple(array.shape for array in feeds.values()), self._work)
        lane.stream.sync()
        return {
            name: lane.place(name, 0).host(tuple(context.get_tensor_shape(name)), spec.dtype).copy()
            for name, spec in self._engine.outputs.items()
        }

    def _bind(self, name: str, size: int) -> Staging:
        """A larger call than any before moves the tensor, and the lane then forgets its graphs."""
        place = self._lane.place(name, size)
        self._context.set_tensor_address(name, place.address)
        return place

    def _work(self) -> None:
        """Everything that goes onto the stream, and nothing else: a graph captures it."""
        lane = self._lane
        for name in self._engine.inputs:
            lane.place(name, 0).up(lane.stream)
        if not self._context.execute_async_v3(lane.handle):
            raise DeviceError("TensorRT refused to run; delete the plan cache and let it build again")
        for name in self._engine.outputs:
            lane.place(name, 0).down(lane.stream)

    def close(self) -> None:
        self._lane.close()
        self._context = None


def open_tensorrt(model: Path, precision: str, batch: int, folder: Path) -> TensorRtEngine:
    """The plan of an ONNX file, built where the cache lacks it. precision: what the graph is written in.

    batch: the most rows a call takes. folder: plan and timing cache.
    """
    trt = bindings()
    key = PlanKey(sha256(model), gpu(), trt.__version__, precision, batch)
    path = key.plan(folder)
    if not path.is_file():
        build(trt, model, key, folder)
    plan = trt.Runtime(trt.Logger(trt.Logger.WARNING)).deserialize_cuda_engine(path.read_bytes())
    if plan is None:
        raise ModelError(f"the plan {path.name} cannot be read; delete it and let it build again")
    inputs: dict[str, Spec] = {}
    outputs: dict[str, Spec] = {}
    for index in range(plan.num_io_tensors):
        name = plan.get_tensor_name(index)
        spec = Spec(tuple(plan.get_tensor_shape(name)), np.dtype(trt.nptype(plan.get_tensor_dtype(name))).name)
        (inputs if plan.get_tensor_mode(name) == trt.TensorIOMode.INPUT else outputs)[name] = spec
    return TensorRtEngine(plan, inputs, outputs, f"TensorRT {trt.__version__} {key.gpu.name} {precision}", batch)
