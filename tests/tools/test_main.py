"""The console script: what it lists, how quickly, and how mistakes end. Nothing heavy is imported for its help."""

import subprocess
import sys
from importlib import metadata

import pytest

from engines.errors import ModelError
from tools import main
from tools.cli import lazy as later


def told(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("words", ["['--help']", "['swap', '--help']", "['bench', 'file', '-h']", "['models', '-h']"])
def test_help_imports_nothing_heavy(words: str) -> None:
    out = told(
        "import sys, tools.main; from typer.testing import CliRunner;"
        f"assert CliRunner().invoke(tools.main.app, {words}).exit_code == 0;"
        "print(*[m for m in ('av', 'cv2', 'numpy', 'openvino', 'onnxruntime') if m in sys.modules])"
    )
    assert out.split() == []


def run(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["understudy", *words])
        try:
            main.main()
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def test_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    out = capsys.readouterr().out
    for name in ("swap", "demo", "models", "bench"):
        assert f" {name} " in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("doctor", "--help"), "--json"),
        (("bench", "engines", "--help"), "--rounds"),
        (("models", "compile", "--help"), "--calibrate"),
        (("doctor",), "picked for large networks"),
    ],
)
def test_the_engines_commands_can_be_reached(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 0
    assert says in capsys.readouterr().out


def test_without_a_word_three_examples_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    examples = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  understudy")]
    assert [line.split()[1] for line in examples] == ["demo", "swap", "serve"]
    _, swap, *_ = examples
    assert swap.startswith("understudy swap --source face.jpg clip.mp4 out.mp4 ")


def test_the_shell_completes_commands_and_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    for typed, offered in (
        ("models compile --prec", "--precision"),
        ("models pull yunet", "yunet_2023_mar"),
        ("swap a.jpg b.mp4 c.mp4 --morp", "--morph"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COMP_WORDS", f"understudy {typed}")
            patch.setenv("COMP_CWORD", str(len(typed.split())))
            patch.setenv("_UNDERSTUDY_COMPLETE", "complete_bash")
            assert run() == 0
        assert capsys.readouterr().out.split() == [offered]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("_UNDERSTUDY_COMPLETE", "source_zsh")
        assert run() == 0
    assert "compdef _understudy_completion understudy" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out.startswith("understudy")


def test_a_source_folder_that_is_not_installed_has_no_version(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert run("--version") == 0
    assert capsys.readouterr().out == "understudy, run from its source folder\n"


def test_a_mistake_is_one_line_with_the_errors_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(prog_name: str) -> None:
        raise ModelError("the file is\n  damaged; pull it again")

    monkeypatch.setattr(main, "app", fail)
    assert run("swap") == ModelError.exit_code == 2
    assert capsys.readouterr().err == "error: the file is damaged; pull it again\n"


def test_an_error_that_no_user_can_mend_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(prog_name: str) -> None:
        raise KeyError("bug")

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(KeyError, match="bug"):
        run("swap")


def test_a_later_command_has_its_own_help_options_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("demo", "--help") == 0
    assert "--seconds" in capsys.readouterr().out
    assert run("demo", "--seconds", "many") == 2
    assert run("demo", "--target", "nowhere.mp4") == 2
    assert "error: nowhere.mp4 is no file" in capsys.readouterr().err


def test_a_later_command_is_imported_only_when_called() -> None:
    out = told(
        "import sys, typer; from tools.cli.lazy import register_later;"
        "app = typer.Typer(); register_later(app, 'demo', 'tools.swap.demo', 'x');"
        "print('tools.swap.demo' in sys.modules)"
    )
    assert out.strip() == "False"
    assert later.HELP["help_option_names"] == ["-h", "--help"]
