"""Each runtime's library is imported in one file, so that the rest of the program stands without it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PLACES = {
    "openvino": {"engines/backends/openvino_import.py"},
    "onnxruntime": {"engines/backends/onnxruntime.py"},
    "tensorrt": {"engines/backends/tensorrt_build.py"},
    "cuda": {"engines/backends/cuda.py"},
}


def imported(path: Path) -> set[str]:
    """First parts of all modules that a file imports, `import_module("...")` included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "import_module":
            found |= {
                a.value.split(".")[0] for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)
            }
    return found


@pytest.mark.parametrize("library", PLACES)
def test_a_runtime_is_imported_in_one_file(library: str) -> None:
    files = [p for floor in ("engines", "calib", "stream", "tools") for p in (ROOT / floor).rglob("*.py")]
    assert len(files) > 50
    assert {str(p.relative_to(ROOT)) for p in files if library in imported(p)} == PLACES[library]
