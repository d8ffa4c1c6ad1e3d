"""Options that every command which makes something takes: what their words become, and where the help lists them."""

import pytest
import typer
from typer.testing import CliRunner

from stream.marks.layers import MarkLayer
from tools.cli.options import MARKS, Agreed, Because, Without

app = typer.Typer()


@app.command()
def make(consent: Agreed = False, without: Without = None, because: Because = "") -> None:
    print(consent, [layer.value for layer in without or ()], because, sep="|")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "False|[]|"),
        (["--i-have-consent"], "True|[]|"),
        (["--without", "watermark", "--because", "a test"], "False|['watermark']|a test"),
        (["--without", "manifest", "--without", "watermark"], "False|['manifest', 'watermark']|"),
    ],
)
def test_words_become_values(words: list[str], said: str) -> None:
    assert CliRunner().invoke(app, words).stdout.strip() == said


def test_a_layer_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    ended = CliRunner().invoke(app, ["--without", "everything"])
    assert ended.exit_code == 2
    assert all(layer.value in ended.output for layer in MarkLayer)


def test_all_of_them_stand_under_one_heading() -> None:
    shown = CliRunner().invoke(app, ["--help"], terminal_width=200).stdout
    under = shown.partition(f"╭─ {MARKS}")[2].partition("╰")[0]
    assert all(name in under for name in ("--i-have-consent", "--without", "--because"))
