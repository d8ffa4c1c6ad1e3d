"""A process of its own: asked, answered, and what happens where it does not answer."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from stream.untrusted.child import ask_child

MODULE = "tests.stream.untrusted.child_program"


def test_question_and_answer() -> None:
    assert ask_child(MODULE, {"do": "echo", "value": [1, "é\udcff", None]}, 20) == {"value": [1, "é\udcff", None]}


@pytest.mark.parametrize("do", ["die", "raise", "silent", "exit"])
def test_one_that_does_not_answer(do: str, caplog: pytest.LogCaptureFixture) -> None:
    assert ask_child(MODULE, {"do": do}, 20) is None
    assert MODULE in caplog.text and "\x1b" not in caplog.text


def test_one_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.monotonic()
    assert ask_child(MODULE, {"do": "hang"}, -8) is None
    assert time.monotonic() - start < 15


def test_what_it_sees_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET", "s3cret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://proxy:1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stream.py").write_text("raise SystemExit(9)")
    told = ask_child(MODULE, {"do": "look"}, 20)
    assert told is not None
    seen = json.loads(str(told["environment"]))
    assert "SECRET" not in seen and "PYTHONPATH" not in seen and "HOME" not in seen
    assert seen["https_proxy"] == "http://proxy:1" and told["folder"] == os.sep


def test_there_is_no_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert ask_child(MODULE, {"do": "echo", "value": 1}, 20) is None
