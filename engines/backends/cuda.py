"""One CUDA stream with its pinned and device memory, through cuda-core. Knows bytes, nothing of networks.

Not yet run on a GPU: names and signatures are checked against the published wheels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from engines.errors import DeviceError
from engines.extras import install
from engines.values import Array

INSTALL = f"{install('gpu')} for ONNX Runtime, or {install('tensorrt')} for TensorRT"


def core() -> Any:
    """The module cuda.core. Errors: DeviceError with the command that installs it."""
    try:
        return import_module("cuda.core")
    except ImportError as error:
        raise DeviceError(f"cuda-core is not installed: {INSTALL}") from error


@dataclass(frozen=True, slots=True)
class Gpu:
    """What a compiled plan depends on. driver: CUDA's version number, 13050 for 13.5. arch: `90` for Hopper."""

    name: str
    arch: str
    driver: int

    @property
    def has_bf16(self) -> bool:
        """From Ampere on."""
        return int(self.arch[:-1] or 0) >= 8


def gpu(index: int = 0) -> Gpu:
    """The device, made current for this thread. Errors: DeviceError where there is no driver or no such device."""
    cuda = core()
    try:
        device = cuda.Device(index)
        device.set_current()
        code, version = import_module("cuda.bindings.driver").cuDriverGetVersion()
    except Exception as error:  # cuda-core raises a type of its own for each way a driver can be missing
        raise DeviceError(f"no NVIDIA GPU is usable ({error}); use --device cpu, or install NVIDIA's driver") from error
    if int(code) != 0:
        raise DeviceError(f"NVIDIA's driver answers with error {code}; install it again")
    return Gpu(str(device.name), str(device.arch), int(version))


class Staging:
    """One tensor's place: pinned memory on the host, memory of the same size on the device."""

    def __init__(self, device: Any, pinned: Any, stream: Any, size: int) -> None:
        self._pinned = pinned.allocate(size, stream=stream)
        self._device = device.allocate(size, stream=stream)
        self._bytes = np.from_dlpack(self._pinned).view(np.uint8)
        self.size = size

    @property
    def address(self) -> int:
        return int(self._device.handle)

    def host(self, shape: tuple[int, ...], dtype: str) -> Array:
        """The first bytes of the pinned memory, seen as an array."""
        count = int(np.prod(shape)) * np.dtype(dtype).itemsize
        view: Array = self._bytes[:count].view(dtype).reshape(shape)
        return view

    def up(self, stream: Any) -> None:
        self._device.copy_from(self._pinned, stream=stream)

    def down(self, stream: Any) -> None:
        self._device.copy_to(self._pinned, stream=stream)

    def close(self, stream: Any) -> None:
        self._device.close(stream)
        self._pinned.close(stream)


class StagedStream:
    """A non-blocking stream of its own, and the staging of every tensor that passes over it."""

    def __init__(self, index: int = 0) -> None:
        cuda = core()
        gpu(index)
        self._device = cuda.Device(index)
        self._pinned = cuda.LegacyPinnedMemoryResource()
        self.stream = self._device.create_stream(options=cuda.StreamOptions(nonblocking=True))
        self._places: dict[str, Staging] = {}
        self._graphs: dict[object, Any] = {}

    @property
    def handle(self) -> int:
        """The stream's address, as C wants it."""
        return int(self.stream.handle)

    def enter(self) -> None:
        """Makes the device current for the calling thread: CUDA keeps that per thread."""
        self._device.set_current()

    def place(self, name: str, size: int) -> Staging:
        """The tensor's staging, at least `size` bytes. Growing it moves it: captured graphs are then dropped."""
        found = self._places.get(name)
        if found is None or found.size < size:
            if found is not None:
                self.stream.sync()
                self.drop_graphs()
                found.close(self.stream)
            found = self._places[name] = Staging(self._device, self._pinned, self.stream, size)
        return found

    def replay(self, key: object, work: Callable[[], None]) -> None:
        """Runs `work`: the first time directly, the second time captured as a graph, from then on by that graph."""
        graph = self._graphs.get(key)
        if key not in self._graphs:
            self._graphs[key] = None
            work()
        elif graph is None:
            builder = self.stream.create_graph_builder().begin_building("thread_local")
            work()
            self._graphs[key] = graph = builder.end_building().complete()
            graph.launch(self.stream)
        else:
            graph.launch(self.stream)

    def drop_graphs(self) -> None:
        for graph in self._graphs.values():
            if graph is not None:
                graph.close()
        self._graphs.clear()

    def close(self) -> None:
        self.enter()
        self.stream.sync()
        self.drop_graphs()
        for place in self._places.values():
            place.close(self.stream)
        self._places.clear()
        self.stream.close()
