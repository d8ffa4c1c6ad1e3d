"""The API's package: typed, with the version that is installed, and without the command line."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import understudy_video


def test_the_version_is_that_of_the_distribution() -> None:
    assert understudy_video.__version__ == version("understudy-video")


def test_it_says_that_it_is_typed() -> None:
    assert (Path(understudy_video.__file__).parent / "py.typed").is_file()


def test_it_imports_nothing_of_the_command_line() -> None:
    code = "import sys, understudy_video; print(*[m for m in sys.modules if m.split('.')[0] in ('tools', 'typer')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
