"""A command whose module is heavy: imported when it is named, listed and completed without."""

import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tools.cli.groups import Group
from tools.cli.lazy import HELP, LaterGroup, register_later

MODULE = '''
import typer
def register(app):
    @app.command("heavy")
    def heavy(count: int = typer.Option(1, help="How many.")) -> None:
        """What it does."""
        typer.echo(f"{count} of them")
'''
GROUP = """
import typer
inner = typer.Typer()
@inner.command()
def one() -> None: typer.echo("one")
@inner.command()
def two() -> None: typer.echo("two")
def register(app): app.add_typer(inner)
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    (tmp_path / "later_module.py").write_text(MODULE)
    (tmp_path / "later_group.py").write_text(GROUP)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("later_module", "later_group"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    app = typer.Typer(cls=LaterGroup, context_settings=HELP)
    register_later(app, "many", "later_group", "Two commands.", Group.TRAIN)
    register_later(app, "heavy", "later_module", "What the list says.", Group.SWAP)

    @app.command()
    def loose() -> None:
        pass

    return app


def test_the_list_imports_nothing_and_has_its_order(app: typer.Typer) -> None:
    out = CliRunner().invoke(app, ["--help"]).stdout
    assert "What the list says." in out
    assert out.index("Swap") < out.index("Train")
    assert not {"later_module", "later_group"} & set(sys.modules)


def test_a_command_is_the_modules_own(app: typer.Typer) -> None:
    assert CliRunner().invoke(app, ["heavy", "--count", "3"]).stdout == "3 of them\n"
    out = CliRunner().invoke(app, ["heavy", "-h"]).stdout
    assert "What it does." in out and "--count" in out and "heavy [OPTIONS]" in out


def test_a_mistake_is_told_under_the_commands_own_name(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["heavy", "--count", "many"])
    assert done.exit_code == 2 and "root heavy [OPTIONS]" in done.stderr
    done = CliRunner().invoke(app, ["hevy"])
    assert done.exit_code == 2 and "heavy" in done.stderr


def test_a_module_may_hold_a_group(app: typer.Typer) -> None:
    assert CliRunner().invoke(app, ["many", "two"]).stdout == "two\n"
    out = CliRunner().invoke(app, ["many", "--help"]).stdout
    assert "Two commands." in out and "one" in out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("hea", {"heavy"}), ("heavy --c", {"--count"}), ("many t", {"two"})],
)
def test_the_shell_completes_its_options(app: typer.Typer, typed: str, offered: set[str]) -> None:
    words = {"COMP_WORDS": f"app {typed}", "COMP_CWORD": str(len(typed.split())), "_APP_COMPLETE": "complete_bash"}
    done = CliRunner().invoke(app, [], prog_name="app", env=words)
    assert set(done.stdout.split()) == offered
