"""Logs to stderr, as text or as one JSON object a line."""

import json
import logging
from datetime import datetime

import pytest

from engines.errors import UnderstudyError
from tools.cli.logs import logs


def test_a_record_is_one_object_a_line_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    logs("json")
    logging.getLogger("understudy.serve").info("session %d begins", 3, extra={"facts": {"session": 3}})
    told = json.loads(capsys.readouterr().err)
    assert datetime.fromisoformat(told.pop("time"))
    assert told == {"level": "info", "from": "understudy.serve", "message": "session 3 begins", "session": 3}


def test_an_error_is_told_with_its_traceback_in_the_same_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs("json")
    try:
        raise LookupError("gone")
    except LookupError:
        logging.getLogger("understudy").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "LookupError: gone" in json.loads(line)["error"]


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs("text")
    logging.getLogger("understudy.io").warning("lost")
    assert capsys.readouterr().err == "WARNING understudy.io: lost\n"


def test_another_kind_is_refused() -> None:
    with pytest.raises(UnderstudyError, match="write text or json"):
        logs("xml")
