"""The GPU sessions' order of work on a simulated device: everything up to the driver call.

The simulation is stricter than a GPU: a stream does nothing until it is waited for, host and device memory are apart,
a captured graph replays addresses and not values. A copy, an address or a wait that is missing gives wrong numbers.
The names and signatures that it offers are those that `test_cuda_signatures.py` compares with the published wheels.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engines.backends import cuda, onnxruntime
from engines.backends.cuda import Gpu, StagedStream
from engines.backends.tensorrt import TensorRtEngine
from engines.errors import DeviceError
from engines.protocol import Spec
from engines.values import U8

MEMORY: dict[int, U8] = {}  # the device's, by address
STREAMS: list["Stream"] = []  # as they were made


class Buffer:
    """Memory on one side, of which the pinned kind is seen by numpy."""

    def __init__(self, size: int, pinned: bool) -> None:
        self.bytes = np.full(size, 0xAB, np.uint8)
        self.pinned, self.closed = pinned, False
        self.handle = id(self.bytes)
        if not pinned:
            MEMORY[self.handle] = self.bytes

    def __dlpack__(self, **options: Any) -> Any:
        assert self.pinned, "numpy cannot see the device's memory"
        return self.bytes.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.bytes.__dlpack_device__()

    def copy_from(self, other: "Buffer", *, stream: "Stream") -> None:
        stream.do(lambda: np.copyto(self.bytes, other.bytes))

    def copy_to(self, other: "Buffer", *, stream: "Stream") -> None:
        stream.do(lambda: np.copyto(other.bytes, self.bytes))

    def close(self, stream: "Stream") -> None:
        assert not stream.waiting, "freed under work that waits"
        MEMORY.pop(self.handle, None)
        self.closed = True


@dataclass(eq=False)
class Stream:
    """Work that waits, until `sync`; while it is captured, work goes into the graph."""

    waiting: list[Callable[[], None]] = field(default_factory=list)
    capture: list[Callable[[], None]] | None = None
    log: list[str] = field(default_factory=list)

    @property
    def handle(self) -> int:
        return id(self)

    def do(self, work: Callable[[], None]) -> None:
        (self.waiting if self.capture is None else self.capture).append(work)

    def sync(self) -> None:
        assert self.capture is None, "waiting while capturing breaks the capture"
        for work in self.waiting:
            work()
        self.waiting.clear()
        self.log.append("sync")

    def create_graph_builder(self) -> "Builder":
        return Builder(self)

    def close(self) -> None:
        self.log.append("closed")


@dataclass(eq=False)
class Builder:
    stream: Stream
    work: list[Callable[[], None]] = field(default_factory=list)

    def begin_building(self, mode: str) -> "Builder":
        assert mode == "thread_local", "another thread's allocation must not break the capture"
        self.stream.capture = self.work
        return self

    def end_building(self) -> "Builder":
        self.stream.capture = None
        return self

    def complete(self) -> "Graph":
        self.stream.log.append("captured")
        return Graph(self.work)


@dataclass(eq=False)
class Graph:
    work: list[Callable[[], None]]
    closed: bool = False

    def launch(self, stream: Stream) -> None:
        assert not self.closed
        stream.log.append("launched")
        stream.waiting.extend(self.work)

    def close(self) -> None:
        self.closed = True


class Device:
    current = 0

    def __init__(self, index: int = 0) -> None:
        self.index = index

    def set_current(self) -> None:
        Device.current += 1

    def allocate(self, size: int, *, stream: Stream) -> Buffer:
        return Buffer(size, pinned=False)

    def create_stream(self, *, options: Any) -> Stream:
        assert options.nonblocking, "the default stream would make streams wait for each other"
        STREAMS.append(Stream())
        return STREAMS[-1]


class Pinned:
    def allocate(self, size: int, *, stream: Stream) -> Buffer:
        return Buffer(size, pinned=True)


@pytest.fixture(autouse=True)
def simulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    names = {"Device": Device, "LegacyPinnedMemoryResource": Pinned, "StreamOptions": SimpleNamespace}
    monkeypatch.setattr(cuda, "core", lambda: SimpleNamespace(**names))
    monkeypatch.setattr(cuda, "gpu", lambda index=0: Gpu("simulated", "90", 13050))
    MEMORY.clear()
    yield
    MEMORY.clear()


class Context:
    """y = 2 x, for up to `most` rows of 3, on the device's memory; s = the sum of all of x."""

    def __init__(self, most: int) -> None:
        self.most, self.shape, self.where, self.runs = most, (0, 3), dict[str, int](), 0
        self.streams: dict[int, Stream] = {}

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        self.shape = (shape[0], 3)
        return name == "x" and 1 <= shape[0] <= self.most

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return (1,) if name == "s" else self.shape

    def get_max_output_size(self, name: str) -> int:
        return 4 if name == "s" else 4 * 3 * self.shape[0]

    def set_tensor_address(self, name: str, address: int) -> bool:
        assert address in MEMORY, "a host address was given"
        self.where[name] = address
        return True

    def execute_async_v3(self, handle: int) -> bool:
        rows, places = self.shape[0], dict(self.where)

        def work() -> None:
            self.runs += 1
            x = MEMORY[places["x"]][: rows * 12].view(np.float32)
            MEMORY[places["y"]][: rows * 12].view(np.float32)[:] = 2 * x
            MEMORY[places["s"]][:4].view(np.float32)[:] = x.sum()

        self.streams[handle].do(work)
        return True


def engine(context: Context) -> TensorRtEngine:
    specs = {"y": Spec((-1, 3), "float32"), "s": Spec((1,), "float32")}
    plan = SimpleNamespace(create_execution_context=lambda: context)
    return TensorRtEngine(plan, {"x": Spec((-1, 3), "float32")}, specs, "simulated", context.most)


def session(context: Context) -> tuple[Any, Stream]:
    made = engine(context).session()
    stream = STREAMS[-1]
    context.streams[id(stream)] = stream
    return made, stream


def check(made: Any, rows: int, value: float) -> None:
    x = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3) + np.float32(value)
    out = made.run({"x": x})
    assert np.array_equal(out["y"], 2 * x) and out["s"][0] == x.sum()


def test_inputs_go_up_and_outputs_come_down_in_order() -> None:
    made, stream = session(Context(4))
    check(made, 2, 5)
    assert stream.log[-1] == "sync" and not stream.waiting


def test_the_second_call_of_a_shape_is_captured_and_the_third_replayed() -> None:
    made, stream = session(Context(4))
    for value in (1, 2, 3, 4):
        check(made, 2, value)
    assert stream.log == ["sync", "captured", "launched", "sync", "launched", "sync", "launched", "sync"]


def test_every_shape_has_its_own_graph() -> None:
    context = Context(4)
    made, stream = session(context)
    check(made, 4, 0)
    for rows in (1, 2, 1, 2, 4, 1, 2):
        check(made, rows, rows)
    assert stream.log.count("captured") == 3
    assert context.runs == 8


def test_a_larger_call_moves_the_buffers_and_forgets_the_graphs() -> None:
    made, stream = session(Context(8))
    for _ in range(3):
        check(made, 1, 1)
    check(made, 8, 2)
    for _ in range(3):
        check(made, 1, 3)
    assert stream.log.count("captured") == 2, "the old graph held the old addresses"


def test_answers_outlive_the_next_call() -> None:
    made, _ = session(Context(4))
    first = made.run({"x": np.ones((2, 3), np.float32)})["y"]
    made.run({"x": np.zeros((2, 3), np.float32)})
    assert first.tolist() == [[2.0] * 3] * 2


def test_more_rows_than_the_plan_has_are_refused() -> None:
    made, stream = session(Context(2))
    with pytest.raises(ValueError, match="up to 2 rows"):
        made.run({"x": np.zeros((3, 3), np.float32)})
    assert not stream.waiting


def test_every_call_makes_the_device_current() -> None:
    """CUDA keeps the device per thread, and a session may be handed to another."""
    made, _ = session(Context(2))
    before = Device.current
    check(made, 1, 1)
    assert Device.current > before


def test_closing_waits_frees_and_closes() -> None:
    made, stream = session(Context(2))
    for _ in range(2):
        check(made, 1, 1)
    made.close()
    assert stream.log[-2:] == ["sync", "closed"] and not MEMORY


def test_a_full_gpu_is_said() -> None:
    plan = SimpleNamespace(create_execution_context=lambda: None)
    with pytest.raises(DeviceError, match="no memory left"):
        TensorRtEngine(plan, {}, {}, "simulated", 1).session()


def test_places_are_kept_and_grow() -> None:
    lane = StagedStream()
    small = lane.place("x", 16)
    assert lane.place("x", 8) is small
    grown = lane.place("x", 64)
    assert grown is not small and grown.size == 64
    host = grown.host((2, 4), "float32")
    host[:] = 3
    assert grown.host((8,), "float32").tolist() == [3.0] * 8


def test_a_driver_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    def broken(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(cuda, "import_module", broken)
    with pytest.raises(DeviceError, match=r"install -e '\.\[gpu\]'.*install -e '\.\[tensorrt\]'"):
        cuda.core()


class Binding:
    """ONNX Runtime's IOBinding: addresses on the device, or an output left to the CPU."""

    def __init__(self) -> None:
        self.inputs: dict[str, tuple[int, tuple[int, ...]]] = {}
        self.outputs: dict[str, tuple[int, tuple[int, ...]] | None] = {}
        self.late: dict[str, Any] = {}

    def bind_input(self, name: str, kind: str, device: int, dtype: type, shape: tuple[int, ...], address: int) -> None:
        assert (kind, device, dtype) == ("cuda", 0, np.float32) and address in MEMORY
        self.inputs[name] = (address, shape)

    def bind_output(self, name: str, kind: str, *where: Any) -> None:
        assert kind == ("cuda" if where else "cpu")
        self.outputs[name] = (where[3], where[2]) if where else None

    def get_outputs(self) -> list[Any]:
        return [SimpleNamespace(numpy=partial(self.late.get, name)) for name in self.outputs]


class Session:
    """y = x + 1 on the device; `found` = the rows of x that are positive, of a size known only afterwards."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream

    def io_binding(self) -> Binding:
        return Binding()

    def run_with_iobinding(self, binding: Binding) -> None:
        address, shape = binding.inputs["x"]
        target = binding.outputs["y"]
        assert target is not None and target[1] == shape

        def work() -> None:
            size = int(np.prod(shape)) * 4
            x = MEMORY[address][:size].view(np.float32)
            MEMORY[target[0]][:size].view(np.float32)[:] = x + 1
            binding.late["found"] = x.reshape(shape)[x.reshape(shape)[:, 0] > 0].copy()

        self.stream.do(work)
        self.stream.sync()  # an output on the CPU is only there once it is waited for


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[StagedStream]:
    """The lanes that ONNX Runtime was loaded with, one model each."""
    lanes: list[StagedStream] = []

    def load(model: Path, threads: int, lane: StagedStream | None, fixed: bool) -> Session:
        assert lane is not None
        lanes.append(lane)
        return Session(lane.stream)

    monkeypatch.setattr(onnxruntime, "load_session", load)
    return lanes


def ort_engine() -> onnxruntime.OrtEngine:
    specs = {"y": Spec((-1, 3), "float32"), "found": Spec((-1, -1), "float32")}
    lane = StagedStream()
    shared = onnxruntime.load_session(Path("m.onnx"), 1, lane, False)
    return onnxruntime.OrtEngine(
        Path("m.onnx"), shared, {"x": Spec((-1, 3), "float32")}, specs, "simulated", False, [lane]
    )


def test_onnx_runtime_is_bound_to_the_lanes_memory(loaded: list[StagedStream]) -> None:
    made = ort_engine().session()
    for rows in (1, 4, 2):
        x = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3) - 3
        out = made.run({"x": x})
        assert np.array_equal(out["y"], x + 1)
        assert np.array_equal(out["found"], x[x[:, 0] > 0])
    made.close()
    assert not MEMORY


def test_every_further_session_has_a_stream_of_its_own(loaded: list[StagedStream]) -> None:
    engine = ort_engine()
    first, second, third = engine.session(), engine.session(), engine.session()
    assert len({id(lane.stream) for lane in loaded}) == 3, "the first takes the engine's own, the others load again"
    for made in (first, second, third):
        assert np.asarray(made.run({"x": np.zeros((1, 3), np.float32)})["y"]).tolist() == [[1.0] * 3]
    second.close()
    assert np.asarray(third.run({"x": np.ones((1, 3), np.float32)})["y"]).tolist() == [[2.0] * 3]
