"""`--help` shows the common options, `--help-all` every one; parsing is as before."""

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from tools.cli.short_help import ShortHelpCommand


class Mine(ShortHelpCommand):
    common = ("--second", "--first")


app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})


@app.command(cls=Mine)
def mine(
    target: Annotated[str, typer.Argument(help="What to change.")],
    first: Annotated[int, typer.Option(rich_help_panel="Rare", help="The first.")] = 1,
    third: Annotated[int, typer.Option(rich_help_panel="Rare", help="The third.")] = 3,
    second: Annotated[int, typer.Option("--second", "-s", help="The second.")] = 2,
) -> None:
    typer.echo(f"{target} {first} {second} {third}")


def told(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_the_common_options_come_in_their_order_and_no_others(flag: str) -> None:
    out = told(flag)
    assert out.index("What to change.") < out.index("--second") < out.index("--first") < out.index("--help-all")
    assert "--third" not in out and "Rare" not in out
    assert "`mine --help-all` shows 1 more options." in out


def test_all_options_come_under_their_headings() -> None:
    out = told("--help-all")
    assert all(name in out for name in ("--first", "--second", "--third", "Rare", "--help-all"))
    assert "more options" not in out


def test_the_short_help_does_not_change_the_command() -> None:
    told("--help")
    assert told("x", "--first", "4", "--third", "5") == "x 4 2 5\n"
    assert "Rare" in told("--help-all")


def test_what_the_callback_gets_has_no_trace_of_it() -> None:
    assert told("x", "-s", "7") == "x 1 7 3\n"


def test_the_shell_completes_rare_options_too() -> None:
    words = {"COMP_WORDS": "app --", "COMP_CWORD": "1", "_APP_COMPLETE": "complete_bash"}
    done = CliRunner().invoke(app, [], prog_name="app", env=words)
    assert {"--first", "--second", "--third", "--help-all", "--help"} == set(done.stdout.split())
