"""Which environment `make` works in, by what is there and which interpreter is named. Nothing is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("requirements/dev.txt", "pyproject.toml", "engines/store/catalog.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    interpreter(tmp_path / "python3.13", "3.13")
    return tmp_path


def interpreter(path: Path, version: str) -> None:
    """A program that says a version, whatever it is asked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)


def environments(folder: Path, *words: str) -> set[str]:
    """The environments whose programs `make` would run."""
    if shutil.which("make") is None:
        pytest.skip("there is no make here")
    done = subprocess.run(["make", "-n", *words], cwd=folder, capture_output=True, text=True, check=True)
    return {line.split("/bin/")[0] for line in done.stdout.splitlines() if line.startswith(".venv")}


@pytest.mark.parametrize("goal", ["setup", "test", "demo"])
def test_a_fresh_checkout_gets_the_environment_of_the_documents(checkout: Path, goal: str) -> None:
    assert environments(checkout, goal) == {".venv"}
    assert environments(checkout, goal, "PYTHON=./python3.13") == {".venv"}


def test_another_version_gets_an_environment_of_its_own(checkout: Path) -> None:
    interpreter(checkout / ".venv/bin/python", "3.11")
    assert environments(checkout, "test", "PYTHON=./python3.13") == {".venv-3.13"}
    assert environments(checkout, "test") == {".venv"}


def test_the_same_version_stays_where_it_is(checkout: Path) -> None:
    interpreter(checkout / ".venv/bin/python", "3.13")
    assert environments(checkout, "test", "PYTHON=./python3.13") == {".venv"}


def test_a_version_that_does_not_fit_is_refused_before_anything_is_made(checkout: Path) -> None:
    old = checkout / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(["make", "setup", "PYTHON=./python3.9"], cwd=checkout, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Understudy wants Python 3.11 to 3.14" in done.stdout
    assert not (checkout / ".venv").exists()
