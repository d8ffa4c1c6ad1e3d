"""Child processes run our modules, whatever lies in the folder that they are started from."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.cli import child


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder with packages of our names, and a module of the standard library's."""
    for name in ("tools", "stream", "engines", "calib", "queue"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('foreign code ran')\n")
    return tmp_path


@pytest.mark.parametrize("paths", ["", ".", os.pathsep])
def test_ours_run_where_others_lie_with_the_same_names(foreign: Path, paths: str) -> None:
    words = child.command("tools.main", "--version")
    environment = os.environ | {"PYTHONPATH": paths}
    shutil.rmtree(foreign / "queue")  # what PYTHONPATH puts before the standard library is the user's own doing
    done = subprocess.run(words, cwd=foreign, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("understudy")


def test_the_working_folder_hides_nothing_of_the_standard_library(foreign: Path) -> None:
    done = subprocess.run(child.command("tools.main", "--help"), cwd=foreign, capture_output=True, check=False)
    assert done.returncode == 0


def test_a_module_runs_as_main_with_its_own_words_and_an_ordinary_search_path(tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text("import json, sys; print(json.dumps([__name__, sys.argv, sys.path]))")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    words = child.command("shown", "--one", "two")
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    name, argv, path = json.loads(done.stdout)
    assert (name, argv) == ("__main__", [str(tmp_path / "shown.py"), "--one", "two"])
    assert path[0] == str(tmp_path)  # our own folder does not stay in front of the standard library


def flags() -> bool:
    return sys.flags.safe_path


@pytest.mark.parametrize("before", [None, "yes"])
def test_processes_of_multiprocessing_leave_the_working_folder_out(
    foreign: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    if before is not None:
        monkeypatch.setenv("PYTHONSAFEPATH", before)
    monkeypatch.chdir(foreign)
    context = multiprocessing.get_context("spawn")
    with child.safe_path(), context.Pool(1) as pool:
        safe = pool.apply(flags)
    assert safe
    assert os.environ.get("PYTHONSAFEPATH") == before
