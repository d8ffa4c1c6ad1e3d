"""A module from elsewhere that hides one of our packages is found and named, before anything of it is imported."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import understudy_video
from understudy_video.shadowing import HOME, NEEDED, refuse_shadowed, shadow


def python(folder: Path, code: str, *flags: str) -> "subprocess.CompletedProcess[str]":
    """Python started in a folder, which it then searches first."""
    command = [sys.executable, *flags, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_ours_are_not_hidden_here() -> None:
    assert Path(understudy_video.__file__).parents[1] == HOME
    for name in (*NEEDED, "tools"):
        assert shadow(name) is None
    refuse_shadowed()


@pytest.mark.parametrize(
    ("name", "file", "told"),
    [
        ("stream", "stream/__init__.py", "stream/__init__.py"),
        ("engines", "engines.py", "engines.py"),
        ("calib", "calib/something.txt", "calib"),  # a plain folder is a package too
    ],
)
def test_a_foreign_module_is_refused_in_one_line(tmp_path: Path, name: str, file: str, told: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text("raise SystemExit('foreign code ran')\n")
    done = python(tmp_path, "import understudy_video")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(
        f"ImportError: understudy_video needs its own package `{name}`, which {tmp_path / told} hides"
    )
    assert "python -P" in last


def test_the_cure_that_the_message_names_works(tmp_path: Path) -> None:
    (tmp_path / "stream.py").write_text("")
    assert python(tmp_path, "import understudy_video, stream.frame", "-P").returncode == 0


def test_a_foreign_module_that_is_imported_already_is_seen(tmp_path: Path) -> None:
    (tmp_path / "stream.py").write_text("")
    done = python(tmp_path, "import stream, sys; sys.path.pop(0); import understudy_video")
    assert str(tmp_path / "stream.py") in done.stderr


def test_a_module_without_a_spec_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ModuleType("calib")
    monkeypatch.setitem(sys.modules, "calib", made)
    assert shadow("calib") == Path("calib")
    made.__file__ = "/elsewhere/calib.py"
    assert shadow("calib") == Path("/elsewhere/calib.py")
    with pytest.raises(ImportError, match=r"/elsewhere/calib\.py hides") as caught:
        refuse_shadowed()
    assert (caught.value.name, caught.value.path) == ("calib", "/elsewhere/calib.py")


def test_a_package_that_is_absent_hides_nothing() -> None:
    assert shadow("nothing_of_this_name") is None


def test_a_module_without_a_file_is_named_by_its_name() -> None:
    assert shadow("sys") == Path("built-in")
