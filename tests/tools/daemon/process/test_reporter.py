"""What a process says of itself: lines of JSON, no more often than they are wanted, no more seldom than needed."""

import json

import pytest

from tools.daemon.process.reporter import ALIVE, EVERY, Reporter
from tools.daemon.steps import Step


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_progress_is_said_now_and_then_and_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    clock, steps = Clock(), list[Step]()
    reporter = Reporter(steps.append, clock)
    for frame in range(100):
        clock.now += EVERY / 10
        reporter.progress(frame, 100)
    reporter.progress(100, None, at_once=True)
    said = lines(capsys)
    assert len(said) == 11 and said[0] == {"frames": 0, "total": 100} and said[-1] == {"frames": 100, "total": None}


def test_long_stretches_are_known_to_be_alive_by_their_steps(capsys: pytest.CaptureFixture[str]) -> None:
    clock, steps = Clock(), list[Step]()
    reporter = Reporter(steps.append, clock)
    for _ in range(100):
        clock.now += ALIVE / 10
        reporter.passed(Step.PACKET_JOINED)
    assert len(steps) == 100 and lines(capsys) == [{"alive": True}] * 10


def test_names_can_be_changed_in_what_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(lambda _: None)
    reporter.change(lambda text: text.replace(".inputs/1/", "/v/"))
    reporter.note("the clock of .inputs/1/a.ts begins anew once")
    assert lines(capsys) == [{"note": "the clock of /v/a.ts begins anew once"}]


def test_words_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(lambda _: None)
    reporter.note("it\nbegins  anew")
    reporter.error("no\tface")
    assert lines(capsys) == [{"note": "it begins anew"}, {"error": "no face"}]
