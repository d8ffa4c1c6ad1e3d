"""OpenVINO comes without its telemetry, which `import openvino` sends to Google Analytics otherwise."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOOK = """
import sys
{first}
from engines.backends.openvino_import import ov
assert ov.Core().available_devices
print(sorted(name for name in sys.modules if name.startswith("openvino_telemetry")))
import {then}
"""


def run(first: str, then: str, home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(first=first, then=then)],
        cwd=ROOT,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_telemetry_is_not_imported_and_leaves_nothing_in_the_home(tmp_path: Path) -> None:
    assert run("", "openvino", tmp_path) == "[]"
    assert list(tmp_path.iterdir()) == []


def test_others_may_import_it_afterwards(tmp_path: Path) -> None:
    pytest.importorskip("openvino_telemetry")
    assert run("", "openvino_telemetry", tmp_path) == "[]"


def test_a_program_that_imported_openvino_itself_keeps_it(tmp_path: Path) -> None:
    pytest.importorskip("openvino_telemetry")
    code = "class Core: available_devices = [1]\nsys.modules['openvino'] = m = type(sys)('openvino'); m.Core = Core"
    assert run(code, "openvino", tmp_path) == "[]"
    assert "openvino_telemetry" in run("import openvino_telemetry", "openvino_telemetry", tmp_path)


def test_nothing_else_imports_openvino() -> None:
    named = [
        path.relative_to(ROOT).as_posix()
        for floor in ("engines", "calib", "stream", "tools")
        for path in (ROOT / floor).rglob("*.py")
        if "import openvino" in (text := path.read_text("utf-8")) or "from openvino" in text
    ]
    assert named == ["engines/backends/openvino_import.py"], "its docstring alone names it"
