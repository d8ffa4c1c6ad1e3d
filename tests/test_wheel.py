"""The built wheel, installed into a fresh environment, run from a folder that holds packages of our names.

The environment sees the libraries of this one, and not its editable install of the project. Nothing is fetched.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.tools.commands import needs_models

ROOT = Path(__file__).parent.parent
PACKAGES = ("engines", "calib", "stream", "understudy_video", "tools")
COPIED = (*PACKAGES, "pyproject.toml", "README.md", "LICENSE", "NOTICE")


def run(*words: object, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV", "COV"))}
    return subprocess.run(
        list(map(str, words)), cwd=folder, env=clean | environment, capture_output=True, text=True, timeout=110
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools writes into its folder, and takes what an earlier build left there."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / "source")
    words = (
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        folder,
        folder / "source",
    )
    done = run(sys.executable, "-P", "-m", "pip", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a fresh environment's programs."""
    home = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(with_pip=False, symlinks=True).create(home)
    python = home / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    # a folder that a .pth file names is searched last, and its own .pth files, with the editable install, are not read
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    words = ("--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    done = run(sys.executable, "-P", "-m", "pip", *words, folder=home)
    assert done.returncode == 0, done.stderr
    return python.parent


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A user's folder with packages `tools` and `stream` of their own."""
    for name in ("tools", "stream"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('foreign code ran')\n")
    return tmp_path


def test_the_wheel_holds_the_packages_their_data_and_nothing_else(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    assert wheel.name.startswith("understudy_video-")
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    there = {name for name in tracked.stdout.split("\n") if (ROOT / name).is_file()}
    assert there - inside == set(), "in the checkout, and not in the wheel"
    assert {name.split("/")[0] for name in inside} - set(PACKAGES) == {f"{wheel.name.split('-py3')[0]}.dist-info"}, (
        "in the wheel, and not ours"
    )


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as files:
        [name] = [n for n in files.namelist() if n.endswith(".dist-info/METADATA")]
        told = files.read(name).decode()
    assert "Name: understudy-video\n" in told
    assert f"Version: {importlib.metadata.version('understudy-video')}\n" in told
    assert "Requires-Python: <3.15,>=3.11\n" in told


def test_the_installed_one_is_run(scripts: Path, foreign: Path) -> None:
    code = "import understudy_video; print(understudy_video.__file__)"
    done = run(scripts / "python", "-P", "-c", code, folder=foreign)
    assert Path(done.stdout.strip()).is_relative_to(scripts.parent), done.stderr


@pytest.mark.parametrize("words", [("swap", "--help"), ("--version",), ("bench", "live", "--help")])
def test_commands_start_in_a_folder_with_packages_of_our_names(
    scripts: Path, foreign: Path, words: tuple[str, ...]
) -> None:
    done = run(scripts / "understudy", *words, folder=foreign)
    assert (done.returncode, done.stderr) == (0, "")
    assert "understudy" in done.stdout


def test_the_api_refuses_them_in_one_line_and_says_the_cure(scripts: Path, foreign: Path) -> None:
    done = run(scripts / "python", "-c", "import understudy_video", folder=foreign)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert f"`stream`, which {foreign / 'stream' / '__init__.py'} hides" in last
    done = run(scripts / "python", "-P", "-c", "import understudy_video, stream.frame", folder=foreign)
    assert (done.returncode, done.stderr) == (0, "")


@needs_models[0]
@needs_models[1]
def test_the_demo_swaps_there(scripts: Path, foreign: Path) -> None:
    """Its swap is a process of its own, which once imported the folder's `tools`."""
    keys = {f"UNDERSTUDY_{name.upper()}": str(foreign / name) for name in ("signing", "identities", "journal")}
    done = run(scripts / "understudy", "demo", "--seconds", "0.5", folder=foreign, **keys)
    assert done.returncode == 0, done.stderr
    assert "foreign" not in done.stdout + done.stderr
    assert (foreign / "demo" / "swapped.mp4").stat().st_size > 10_000
