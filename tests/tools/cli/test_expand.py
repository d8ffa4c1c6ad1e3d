"""A command whose options are declared in dataclasses: what Typer sees, and what the command gets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from tools.cli.expand import expanded


@dataclass(frozen=True)
class Colour:
    red: Annotated[int, typer.Option(max=9)] = 1
    names: Annotated[list[str] | None, typer.Option("--name", "-n")] = None


@dataclass(frozen=True)
class Place:
    folder: Annotated[Path | None, typer.Option(help="Where.")] = None


def run(*words: str) -> tuple[int, list[object], str]:
    got: list[object] = []
    app = typer.Typer()

    @app.command()
    @expanded
    def paint(target: str, *, colour: Colour, place: Place, quiet: bool = False) -> None:
        """Paints."""
        got.extend([target, colour, place, quiet])

    done = CliRunner().invoke(app, list(words))
    return done.exit_code, got, done.output


def test_the_command_gets_its_values_put_together() -> None:
    code, got, _ = run("wall", "--red", "4", "-n", "a", "--name", "b", "--folder", "x", "--quiet")
    assert code == 0
    assert got == ["wall", Colour(4, ["a", "b"]), Place(Path("x")), True]


def test_what_is_not_said_has_the_fields_default() -> None:
    assert run("wall")[1] == ["wall", Colour(), Place(), False]


def test_bounds_and_help_are_the_fields_own() -> None:
    assert run("wall", "--red", "10")[0] == 2
    code, _, said = run("--help")
    assert code == 0 and "Where." in said and "--red" in said and "colour" not in said


def test_two_options_of_one_name_are_refused_when_the_command_is_made() -> None:
    with pytest.raises(ValueError, match="has two options called red"):

        @expanded
        def paint(red: int, *, colour: Colour) -> None:
            """Paints."""
