"""`swap`: what its help shows first, and what it says to words that do not fit."""

import re
from pathlib import Path

import pytest

from tests.tools.commands import understudy
from tools.swap.words import SwapCommand


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("ann.jpg", "clip.mp4", "two words.mp4"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def refused(*words: str) -> str:
    done = understudy("swap", *words)
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    return line


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("ann.jpg", "clip.mp4", "out.mp4"),
            "no face was given by --source; did you mean: `understudy swap --source ann.jpg clip.mp4 out.mp4`",
        ),
        (
            ("ann.jpg", "clip.mp4", "--who", "all"),
            "did you mean: `understudy swap --source ann.jpg --who all clip.mp4 clip-swapped.mp4`",
        ),
        (("two", "words.mp4", "out.mp4"), "did you mean: `understudy swap 'two words.mp4' out.mp4`"),
        (
            ("--source", "ann.jpg", "clip.mp4", "out.mp4", "more.mp4"),
            "more.mp4: swap takes one TARGET and one OUTPUT, or many with --output-dir; "
            "faces go to --source, and names with blanks in quotes: `understudy swap --source FACE.jpg TARGET OUTPUT`",
        ),
        (
            ("--output-dir", "out", "clip.mp4", "two", "words.mp4"),
            "did you mean: `understudy swap --output-dir out clip.mp4 'two words.mp4'`",
        ),
        (("--output-dir", "out", "clip.mp4", "ann.jpg"), "no source face was given; add --source FACE.jpg"),
        (
            ("-s", "ann.jpg", "--name", "{stem}", "clip.mp4", "o.mp4"),
            "--name goes with --output-dir FOLDER, for many files at once",
        ),
        (("clip.mp4", "out.mp4"), "no source face was given; add --source FACE.jpg"),
    ],
)
def test_a_wrong_line_gets_the_right_one(words: tuple[str, ...], says: str) -> None:
    assert refused(*words).removeprefix("error: ").endswith(says)


def test_the_common_options_come_first_and_the_rest_on_demand() -> None:
    brief, whole = understudy("swap", "--help").stdout, understudy("swap", "--help-all").stdout
    assert len(SwapCommand.common) == 7
    rows = [re.search(rf"^\W*{name} ", brief, re.MULTILINE) for name in SwapCommand.common]
    places = [row.start() for row in rows if row is not None]
    assert len(places) == len(rows)
    assert places == sorted(places)
    assert "--crf" not in brief and "--crf" in whole and "Encoding" in whole
    assert len(brief.splitlines()) <= 50
    assert "understudy swap --help-all" in brief
