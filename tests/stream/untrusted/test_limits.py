"""Limits that a process sets on itself, in processes of their own."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits are Linux's")


def run(limits: str, code: str) -> subprocess.CompletedProcess[str]:
    program = f"from stream.untrusted.limits import limit\nlimit({limits})\n{code}"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_memory() -> None:
    assert run("256 << 20, 10", "b = bytearray(64 << 20)").returncode == 0
    assert "MemoryError" in run("256 << 20, 10", "b = bytearray(1 << 30)").stderr


def test_time() -> None:
    assert run("1 << 30, 1", "while True: pass").returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_no_file_is_written(tmp_path: Path) -> None:
    done = run("1 << 30, 10", f"open({str(tmp_path / 'a')!r}, 'w').write('x' * 10000)")
    assert done.returncode != 0 and (tmp_path / "a").stat().st_size == 0


def test_files() -> None:
    assert run("1 << 30, 10", "open('/dev/null')").returncode == 0
    assert "Too many open files" in run("1 << 30, 10, files=3", "open('/dev/null')").stderr


def test_they_cannot_be_lifted_again() -> None:
    code = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (100, 100))"
    done = run("1 << 30, 10", f"import os\nos.setuid(65534) if os.getuid() == 0 else None\n{code}")
    assert done.returncode != 0 and "not allowed" in done.stderr
