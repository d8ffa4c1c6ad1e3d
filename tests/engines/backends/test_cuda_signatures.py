"""Every call that the GPU backends make exists in the published wheels, and takes what it is given.

Needs the wheels `tensorrt_cu13_bindings`, `cuda-core` and `cuda-bindings`, and a C compiler for an empty libnvinfer;
no driver, no GPU. Skips where they are absent.
"""

import ast
import ctypes
import importlib
import inspect
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3] / "engines" / "backends"
SYMBOLS = [
    "createInferBuilder_INTERNAL",
    "createInferRefitter_INTERNAL",
    "createInferRuntime_INTERNAL",
    "getPluginRegistry",
    "createNvOnnxParserRefitter_INTERNAL",
    "createNvOnnxParser_INTERNAL",
    "getBuilderPluginRegistry",
    "getNvOnnxParserVersion",
    "initLibNvInferPlugins",
]
LIBRARIES = ("nvinfer", "nvinfer_plugin", "nvonnxparser")
# what the files' variables are, where a call's owner is a plain name or attribute
TRT_OWNERS = {
    "builder": "Builder",
    "network": "INetworkDefinition",
    "tensor": "ITensor",
    "parser": "OnnxParser",
    "config": "IBuilderConfig",
    "chosen": "IOptimizationProfile",
    "cache": "ITimingCache",
    "plan": "ICudaEngine",
    "context": "IExecutionContext",
    "_context": "IExecutionContext",
}


@pytest.fixture(scope="module")
def trt(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The real bindings over an empty libnvinfer: whatever they declare is there, nothing can be run."""
    if importlib.util.find_spec("tensorrt") is not None:
        return importlib.import_module("tensorrt")
    compiler = shutil.which("cc")
    if importlib.util.find_spec("tensorrt_bindings") is None or compiler is None:
        pytest.skip("the wheel tensorrt_cu13_bindings or a C compiler is absent")
    folder = tmp_path_factory.mktemp("stub")
    source = folder / "stub.c"
    source.write_text("\n".join(f"void *{name}(void) {{ return 0; }}" for name in SYMBOLS))
    for library in LIBRARIES:
        name = f"lib{library}.so.11"
        command = [compiler, "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", str(folder / name), str(source)]
        subprocess.run(command, check=True)
        ctypes.CDLL(str(folder / name), ctypes.RTLD_GLOBAL)
    return importlib.import_module("tensorrt_bindings")


def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text("utf-8"))


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def owner(node: ast.Attribute) -> str:
    """The last name before the attribute: `self._context.x` -> `_context`."""
    return dotted(node.value).rsplit(".", 1)[-1]


def calls(name: str) -> Iterator[tuple[ast.Attribute, ast.Call]]:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func, node


def arities(function: Any) -> list[tuple[int, int]]:
    """Fewest and most arguments (after self) of each overload, out of pybind's docstring."""
    found = []
    for arguments in re.findall(r"\w+\(self: [^,)]+(.*?)\) ->", function.__doc__):
        depth, parts = 0, [""]
        for char in arguments:
            depth += (char in "[(<") - (char in "])>")
            if char == "," and depth == 0:
                parts.append("")
            else:
                parts[-1] += char
        named = [part for part in parts if ":" in part]
        found.append((sum("=" not in part for part in named), len(named)))
    return found


TRT_FILES = ("tensorrt.py", "tensorrt_build.py")


@pytest.mark.parametrize("name", TRT_FILES)
def test_every_name_of_the_module_exists(trt: Any, name: str) -> None:
    used = {dotted(n) for n in ast.walk(tree(name)) if isinstance(n, ast.Attribute) and dotted(n).startswith("trt.")}
    assert len(used) > 4
    for path in used:
        value: Any = trt
        for part in path.split(".")[1:]:
            assert hasattr(value, part), path
            value = getattr(value, part)


@pytest.mark.parametrize("name", TRT_FILES)
def test_every_method_takes_what_it_is_given(trt: Any, name: str) -> None:
    checked = 0
    for function, call in calls(name):
        kind = TRT_OWNERS.get(owner(function))
        if kind is None or function.attr in ("is_file", "parent", "read_bytes"):
            continue
        method = getattr(getattr(trt, kind), function.attr)
        given = len(call.args) + len(call.keywords)
        assert any(low <= given <= high for low, high in arities(method)), f"{kind}.{function.attr} with {given}"
        checked += 1
    assert checked >= 4


@pytest.mark.parametrize("name", TRT_FILES)
def test_every_attribute_of_their_objects_exists(trt: Any, name: str) -> None:
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Attribute) and owner(node) in TRT_OWNERS and owner(node) not in ("cache",):
            assert hasattr(getattr(trt, TRT_OWNERS[owner(node)]), node.attr), f"{owner(node)}.{node.attr}"


def test_what_is_built_on_is_still_so(trt: Any) -> None:
    """Facts of TensorRT 11 that the code relies on without naming them."""
    assert int(trt.__version__.split(".")[0]) >= 11
    assert not {"FP16", "BF16", "INT8"} & set(trt.BuilderFlag.__members__), "networks are strongly typed only"
    assert not hasattr(trt, "IInt8EntropyCalibrator2")
    assert (1, 1) in arities(trt.Runtime.deserialize_cuda_engine)
    assert trt.nptype(trt.float32).__name__ == "float32"


def cuda_core() -> Any:
    pytest.importorskip("cuda.core", reason="the wheel cuda-core is absent")
    return importlib.import_module("cuda.core")


def bind(function: Any, *given: object, **named: object) -> None:
    """Raises TypeError where the signature does not take this."""
    inspect.signature(function).bind(object(), *given, **named)


def test_cuda_core_takes_the_calls_of_the_lane() -> None:
    cuda = cuda_core()
    graph = importlib.import_module("cuda.core.graph")
    inspect.signature(cuda.Device).bind(0)
    bind(cuda.Device.set_current)
    bind(cuda.Device.create_stream, options=None)
    bind(cuda.Device.allocate, 64, stream=None)
    bind(cuda.LegacyPinnedMemoryResource.allocate, 64, stream=None)
    bind(cuda.Buffer.copy_from, None, stream=None)
    bind(cuda.Buffer.copy_to, None, stream=None)
    bind(cuda.Buffer.close, None)
    bind(cuda.Stream.sync)
    bind(cuda.Stream.create_graph_builder)
    bind(graph.GraphBuilder.begin_building, "thread_local")
    bind(graph.GraphBuilder.end_building)
    bind(graph.GraphBuilder.complete)
    bind(graph.Graph.launch, None)
    bind(graph.Graph.close)
    assert cuda.StreamOptions(nonblocking=True).nonblocking
    assert hasattr(cuda.Buffer, "__dlpack__") and hasattr(cuda.Buffer, "handle") and hasattr(cuda.Stream, "handle")
    assert {"name", "arch"} <= set(dir(cuda.Device))


def test_every_call_of_the_lane_is_covered_above() -> None:
    """A call that is added to the lane must be added to the test above."""
    covered = set(re.findall(r"\w+", inspect.getsource(test_cuda_core_takes_the_calls_of_the_lane)))
    theirs = {"stream", "_device", "_pinned", "cuda", "device", "graph", "builder"}
    for function, _ in calls("cuda.py"):
        if owner(function) in theirs:
            assert function.attr in covered, function.attr


def test_without_a_driver_the_error_says_what_to_do() -> None:
    cuda_core()
    from engines.backends.cuda import gpu
    from engines.errors import DeviceError

    try:
        found = gpu()
    except DeviceError as error:
        assert "--device cpu" in str(error) and "driver" in str(error)
    else:
        assert found.driver >= 12000
