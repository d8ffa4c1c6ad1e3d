"""CUDA by ONNX Runtime: what the code imports, what the extras bring, and what is said when a piece is missing, agree.

ONNX Runtime's list of providers, the installed wheels and the driver are stand-ins: there is no GPU here.
"""

import ast
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from engines.backends import cuda, onnxruntime
from engines.backends.survey import Finding, ask
from engines.extras import install

ROOT = Path(__file__).parents[3]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
WITH_CUDA = ["CUDAExecutionProvider", "CPUExecutionProvider"]


def names(extra: str) -> set[str]:
    return {Requirement(text).name for text in EXTRAS[extra]}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> "Machine":
    return Machine(monkeypatch)


class Machine:
    """What ONNX Runtime and cuda-core would say."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch

    def has(self, wheels: dict[str, str], providers: list[str], core: bool) -> None:
        self._patch.setattr(onnxruntime, "installed", lambda: wheels)
        self._patch.setitem(sys.modules, "onnxruntime", SimpleNamespace(get_available_providers=lambda: providers))
        device = SimpleNamespace(name="H200", arch="90", set_current=lambda: None)
        stub = SimpleNamespace(Device=lambda _: device) if core else None  # None: as if it were not installed
        self._patch.setitem(sys.modules, "cuda.core", stub)
        driver = SimpleNamespace(cuDriverGetVersion=lambda: (0, 13050))
        self._patch.setitem(sys.modules, "cuda.bindings.driver", driver)


def found(machine: Machine, wheels: dict[str, str], providers: list[str], core: bool) -> Finding:
    machine.has(wheels, providers, core)
    return ask("ort-cuda")


def test_with_all_that_the_extra_brings_cuda_is_usable(machine: Machine) -> None:
    here = found(machine, {"onnxruntime-gpu": "1.31"}, WITH_CUDA, core=True)
    assert here.usable and here.state == "onnxruntime-gpu 1.31 on H200"


@pytest.mark.parametrize(
    ("wheels", "providers", "core", "says"),
    [
        ({"onnxruntime-gpu": "1.31"}, WITH_CUDA, False, "cuda-core is not installed"),
        ({"onnxruntime": "1.31"}, ["CPUExecutionProvider"], True, "onnxruntime 1.31 has no CUDA provider"),
        ({"onnxruntime": "1", "onnxruntime-gpu": "1"}, WITH_CUDA, True, "overwrite each other"),
        ({}, [], True, "ONNX Runtime is not installed"),
    ],
)
def test_what_is_missing_is_told_with_the_extra_that_brings_it(
    machine: Machine, wheels: dict[str, str], providers: list[str], core: bool, says: str
) -> None:
    here = found(machine, wheels, providers, core)
    assert not here.usable and says in here.state
    assert install("gpu") in here.state and here.command.endswith(install("gpu"))


def test_both_gpu_extras_bring_every_module_that_the_gpu_code_imports() -> None:
    """By the wheels that are here for their names and signatures."""
    imported = {
        node.args[0].value
        for node in ast.walk(ast.parse(Path(cuda.__file__).read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "import_module"
        if isinstance(node.args[0], ast.Constant)
    }
    assert imported == {"cuda.core", "cuda.bindings.driver"}
    for module in imported:
        folder = "/".join(str(module).split(".")[:2]) + "/"
        owners = {
            wheel.metadata["Name"]
            for wheel in metadata.distributions()
            if any(str(file).startswith(folder) for file in wheel.files or ())
        }
        if not owners:
            pytest.skip("the wheels of cuda-core and cuda-bindings are not installed")
        assert owners <= names("gpu") and owners <= names("tensorrt"), module
    assert "onnxruntime-gpu" in names("gpu") and "tensorrt" in names("tensorrt")


def test_onnx_runtime_and_cuda_core_are_for_the_same_cuda() -> None:
    """1.28 is the first whose `cuda` and `cudnn` extras bring CUDA 13."""
    wanted = {r.name: r for r in map(Requirement, EXTRAS["gpu"])}
    assert wanted["onnxruntime-gpu"].extras == {"cuda", "cudnn"}
    assert "1.27" not in wanted["onnxruntime-gpu"].specifier and "12.9" not in wanted["cuda-bindings"].specifier


def test_the_container_for_gpus_installs_that_extra() -> None:
    gpu = (ROOT / "Dockerfile").read_text("utf-8").split(" AS gpu")[1].split("\nFROM ")[0]
    assert "/app[gpu]" in gpu
