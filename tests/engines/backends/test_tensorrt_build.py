"""How a plan is built, on a simulated TensorRT: profiles, caches, refusals, and nothing half-written.

The simulation takes exactly the calls that `test_gpu_signatures.py` compares with the published bindings, and refuses
what TensorRT refuses: a free size without a profile, a timing cache of another chip.
"""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engines.backends import tensorrt_build
from engines.backends.cuda import Gpu
from engines.backends.plans import PlanKey
from engines.backends.tensorrt_build import WORKSPACE, bindings, build
from engines.errors import DeviceError, ModelError

H100 = Gpu("H100", "90", 13050)


class Simulated:
    """The module `tensorrt`. inputs: (name, shape) of the parsed graph. heard: what it was asked, in order."""

    __version__ = "11.4.0"
    BuilderFlag = SimpleNamespace(TF32="tf32")
    MemoryPoolType = SimpleNamespace(WORKSPACE="workspace")

    def __init__(self, *inputs: tuple[str, tuple[int, ...]], parses: bool = True, plans: bool = True) -> None:
        self.inputs, self.parses, self.plans = inputs, parses, plans
        self.heard: list[tuple[Any, ...]] = []
        self.profiled: dict[str, tuple[Any, ...]] = {}
        self.added = False
        self.foreign = b"of another chip"

    class Logger:
        WARNING = 2

        def __init__(self, level: int) -> None:
            assert level == self.WARNING

    def Builder(self, logger: Any) -> "Simulated":
        return self

    def OnnxParser(self, network: Any, logger: Any) -> Any:
        error = SimpleNamespace(desc=lambda: "unsupported operator Foo")
        return SimpleNamespace(
            parse_from_file=lambda path: self.parses, num_errors=2, get_error=lambda index: [error, error][index]
        )

    def create_network(self, flags: int) -> Any:
        assert flags == 0, "networks are always strongly typed"
        tensors = [SimpleNamespace(name=name, shape=shape) for name, shape in self.inputs]
        return SimpleNamespace(num_inputs=len(tensors), get_input=lambda index: tensors[index])

    def create_builder_config(self) -> "Simulated":
        return self

    def set_memory_pool_limit(self, pool: str, size: int) -> None:
        self.heard.append((pool, size))

    def set_flag(self, flag: str) -> None:
        self.heard.append((flag,))

    def create_optimization_profile(self) -> Any:
        def set_shape(name: str, *shapes: tuple[int, ...]) -> None:
            smallest, usual, largest = shapes
            assert all(a <= b <= c for a, b, c in zip(smallest, usual, largest, strict=True))
            self.profiled[name] = shapes

        return SimpleNamespace(set_shape=set_shape)

    def add_optimization_profile(self, profile: Any) -> None:
        self.added = True

    def create_timing_cache(self, data: bytes) -> Any:
        return SimpleNamespace(data=data, serialize=lambda: data + b"+timings")

    def set_timing_cache(self, cache: Any, ignore_mismatch: bool) -> bool:
        assert ignore_mismatch is False
        self.heard.append(("timing", cache.data))
        return bool(cache.data != self.foreign)

    def build_serialized_network(self, network: Any, config: Any) -> bytes | None:
        free = {name for name, shape in self.inputs if -1 in shape}
        assert free <= set(self.profiled) and self.added == bool(free), "every free size needs a profile"
        return b"plan" if self.plans else None


def key(batch: int = 16, gpu: Gpu = H100, precision: str = "f16") -> PlanKey:
    return PlanKey("ab" * 32, gpu, "11.4.0", precision, batch)


def test_a_plan_serves_one_row_up_to_the_batch(tmp_path: Path) -> None:
    trt = Simulated(("target", (-1, 3, 128, 128)), ("source", (-1, 512)))
    path = build(trt, Path("m.onnx"), key(), tmp_path)
    assert path.read_bytes() == b"plan" and path == key().plan(tmp_path)
    assert trt.profiled["target"] == ((1, 3, 128, 128), (16, 3, 128, 128), (16, 3, 128, 128))
    assert trt.profiled["source"] == ((1, 512), (16, 512), (16, 512))
    assert ("workspace", WORKSPACE) in trt.heard and ("tf32",) in trt.heard


def test_fixed_sizes_need_no_profile(tmp_path: Path) -> None:
    trt = Simulated(("x", (1, 3, 64, 64)))
    build(trt, Path("m.onnx"), key(1), tmp_path)
    assert trt.profiled == {} and not trt.added


def test_timings_are_kept_for_the_next_model_of_the_chip(tmp_path: Path) -> None:
    build(Simulated(("x", (-1, 8))), Path("a.onnx"), key(4), tmp_path)
    again = Simulated(("x", (-1, 8)))
    build(again, Path("b.onnx"), key(8, precision="bf16"), tmp_path)
    assert ("timing", b"+timings") in again.heard
    assert key().timing(tmp_path).read_bytes() == b"+timings+timings"
    other = Simulated(("x", (-1, 8)))
    build(other, Path("b.onnx"), key(8, Gpu("L4", "89", 13050)), tmp_path)
    assert ("timing", b"") in other.heard, "another chip begins with none"


def test_timings_of_another_chip_are_started_afresh(tmp_path: Path) -> None:
    trt = Simulated(("x", (-1, 8)))
    key().timing(tmp_path).write_bytes(trt.foreign)
    build(trt, Path("m.onnx"), key(), tmp_path)
    assert [told[1] for told in trt.heard if told[0] == "timing"] == [trt.foreign, b""]
    assert key().timing(tmp_path).read_bytes() == b"+timings"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (Simulated(("x", (-1, 8)), parses=False), "unsupported operator Foo; unsupported operator Foo; use --device"),
        (Simulated(("x", (-1, 8)), plans=False), "built no plan for .* at f16"),
    ],
)
def test_what_cannot_be_built_is_said_and_leaves_nothing(made: Simulated, says: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=says):
        build(made, Path("m.onnx"), key(), tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_another_free_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only the first size"):
        build(Simulated(("x", (-1, 3, -1, -1))), Path("m.onnx"), key(), tmp_path)


def test_no_room_for_a_plan_is_said_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ModelError, match=r"No space left on device\); make room there"):
        build(Simulated(("x", (-1, 8))), Path("m.onnx"), key(), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (lambda: SimpleNamespace(__version__="10.13.2"), r"10.13.2 is too old: \S+ install -e '\.\[tensorrt\]'"),
        (lambda: (_ for _ in ()).throw(ImportError("no module")), r"not installed: \S+ install -e '\.\[tensorrt\]'"),
        (lambda: (_ for _ in ()).throw(OSError("libnvinfer.so.11")), r"not installed: \S+ install -e '\.\[tensorrt\]'"),
    ],
)
def test_a_missing_or_old_tensorrt_names_the_command(
    module: Callable[[], Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorrt_build, "import_module", lambda name: module() if name == "tensorrt" else None)
    with pytest.raises(DeviceError, match=says):
        bindings()


def test_tensorrt_eleven_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SimpleNamespace(__version__="11.0.0")
    monkeypatch.setattr(tensorrt_build, "import_module", lambda name: made)
    assert bindings() is made
