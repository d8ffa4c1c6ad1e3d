"""Settings from a file: new defaults, the command line wins, mistakes are named. On a small command of its own."""

from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from engines.errors import UnderstudyError
from tools.cli import config_file as settings

app = typer.Typer(add_completion=False)


@app.command("paint")
def paint(
    crf: Annotated[int, typer.Option()] = 20,
    map_: Annotated[list[str] | None, typer.Option("--map", "-m")] = None,
    quiet: Annotated[bool, typer.Option("--quiet")] = False,
    config: Annotated[Path | None, typer.Option(is_eager=True, callback=settings.apply)] = None,
) -> None:
    typer.echo(f"{crf} {map_} {quiet}")


def run(tmp_path: Path, text: str, *words: str) -> str:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    result = CliRunner().invoke(app, ["--config", str(path), *words])
    if isinstance(result.exception, UnderstudyError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_file_gives_new_defaults(tmp_path: Path) -> None:
    assert run(tmp_path, '[paint]\ncrf = 7\nmap = ["1=all"]\nquiet = true\n[other]\nx = 1') == "7 ['1=all'] True"


def test_the_command_line_wins(tmp_path: Path) -> None:
    assert run(tmp_path, "[paint]\ncrf = 7", "--crf", "9") == "9 None False"


def test_one_value_stands_for_a_list_of_one(tmp_path: Path) -> None:
    assert run(tmp_path, '[paint]\nmap = "1=largest"') == "20 ['1=largest'] False"


def test_a_file_without_the_commands_table_changes_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "") == "20 None False"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[paint]\ncrv = 7", "no option is called crv; did you mean crf?"),
        ("[paint]\nzzzzzz = 7", "no option is called zzzzzz; known are crf, map, quiet"),
        ("crf = 7", r"crf stands outside a table; write it under \[paint\]"),
        ("paint = 7", "outside a table"),
        ("[paint", "are not TOML"),
        ("[paint]\nconfig = 'other.toml'", "no option is called config"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnderstudyError, match=words):
        run(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match=r"cannot read the settings .*none\.toml: No such file"):
        settings.load(tmp_path / "none.toml", "paint", {})


def test_the_example_file_names_real_options_and_their_defaults() -> None:
    """Every commented line, uncommented, is taken by `swap`; those that can be are its defaults."""
    import tomllib

    from tools.main import app as whole

    lines = Path("docs/understudy.example.toml").read_text().splitlines()
    text = "\n".join(line.removeprefix("# ") if " = " in line and line.startswith("# ") else line for line in lines)
    table = tomllib.loads(text)["swap"]
    command = typer.main.get_command(whole)
    swap = command.commands["swap"]  # type: ignore[attr-defined]
    options = {o.removeprefix("--"): p for p in swap.params for o in p.opts}
    assert set(table) <= set(options)
    assert {name for name in options if not name.startswith("-")} - set(table) <= {
        "source", "preview", "report", "i-have-consent", "config", "words",
    }  # fmt: skip
    for name in ("device", "threads", "overwrite", "quiet"):
        default = options[name].default
        assert table[name] == getattr(default, "value", default)
