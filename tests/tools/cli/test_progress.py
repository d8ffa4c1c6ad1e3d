"""Progress: what the lines say, when they come, and the bar on a terminal."""

import io

import pytest

from tools.cli.progress import EVERY, clock_time, line, open_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_line_tells_frames_speed_and_time_left() -> None:
    assert line(240, 1000, 5.0) == "240/1000 frames  48.0 fps  0:16 left"
    assert line(240, None, 5.0) == "240 frames  48.0 fps"
    assert line(0, 1000, 0.0) == "0/1000 frames  0.0 fps"
    assert line(1001, 1000, 10.0) == "1001/1000 frames  100.1 fps  0:00 left", "an estimate may be passed"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (65, "1:05"), (3723, "1:02:03"), (59.6, "1:00")])
def test_clock_times(seconds: float, text: str) -> None:
    assert clock_time(seconds) == text


def test_without_a_terminal_a_line_comes_every_few_seconds_by_the_clock_passed_in() -> None:
    out, now = io.StringIO(), [0.0]
    with open_progress(100, quiet=False, out=out, clock=lambda: now[0]) as progress:
        for _ in range(22):
            now[0] += EVERY / 10
            progress.tick()
    assert out.getvalue().splitlines() == ["10/100 frames  2.0 fps  0:45 left", "20/100 frames  2.0 fps  0:40 left"]


@pytest.mark.parametrize("bar", [False, True])
def test_what_is_counted_is_named_as_it_is(bar: bool) -> None:
    out, now = Terminal() if bar else io.StringIO(), [0.0]
    with open_progress(10, quiet=False, out=out, clock=lambda: now[0], label="file 1 of 2: a[red].mp4") as progress:
        now[0] = EVERY
        progress.tick()
    assert ("file 1 of 2: a[red].mp4" if bar else "file 1 of 2: a[red].mp4  1/10 frames") in out.getvalue()


def test_quiet_says_nothing() -> None:
    out = Terminal()
    with open_progress(10, quiet=True, out=out) as progress:
        progress.tick()
        progress.say("note")
    assert out.getvalue() == ""


@pytest.mark.parametrize("total", [10, None])
def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(total: int | None) -> None:
    out = Terminal()
    with open_progress(total, quiet=False, out=out) as progress:
        for _ in range(7):
            progress.tick()
        progress.say("note: a thing to know")
    text = out.getvalue()
    assert "swapping" in text
    assert f"7/{total or '?'}" in text
    assert "note: a thing to know" in text
    assert "fps" in text
