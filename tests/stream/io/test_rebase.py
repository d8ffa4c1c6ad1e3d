"""One time line over breaks, restarts and drift; and when to try again."""

import pytest

from stream.io.backoff import GOOD, MOST, Backoff
from stream.io.rebase import GAP, TimestampRebase


def play(line: TimestampRebase, start: float, arrival: float, seconds: float, rate: float = 1.0) -> list[float]:
    """A connection's pictures, 30 a second, by a source clock that runs `rate` times ours."""
    return [line.map("video", start + i / 30 * rate, arrival + i / 30) for i in range(int(seconds * 30))]


def test_the_first_packet_is_at_zero() -> None:
    out = play(TimestampRebase(), 5000.0, 77.0, 2)
    assert out[0] == pytest.approx(0.0) and out[-1] == pytest.approx(59 / 30, abs=1e-3)


def test_sound_and_picture_keep_what_they_were_apart() -> None:
    line = TimestampRebase()
    assert line.map("video", 10.0, 1.0) == pytest.approx(0.0)
    assert line.map("audio", 10.25, 1.01) == pytest.approx(0.25)


def test_after_a_break_time_goes_on_as_it_went_here() -> None:
    line = TimestampRebase()
    first = play(line, 100.0, 10.0, 2)
    line.restart()
    again = play(line, 0.0, 15.0, 2)  # the source began at 0 again, five seconds later
    assert again[0] == pytest.approx(5.0, abs=0.01) and again[0] > first[-1]


def test_a_quick_restart_does_not_go_back() -> None:
    line = TimestampRebase()
    first = play(line, 0.0, 10.0, 2, rate=1.5)  # it had run ahead of our clock
    line.restart()
    assert play(line, 0.0, 12.0, 1)[0] >= first[-1] + GAP - 1e-9


def test_a_clock_that_jumps_in_mid_connection_is_a_restart() -> None:
    line = TimestampRebase()
    play(line, 0.0, 10.0, 2)
    out = play(line, 90_000.0, 12.0, 2)
    assert out[0] == pytest.approx(2.0, abs=0.1)
    back = play(line, 5.0, 14.0, 2)
    assert back[0] == pytest.approx(4.0, abs=0.1) and back[-1] > back[0]


def test_time_only_rises() -> None:
    line, last = TimestampRebase(), -1.0
    for stamp in (0.0, 0.1, 0.05, 0.05, 0.2):
        out = line.map("video", stamp, stamp)
        assert out > last
        last = out


def test_backoff_doubles_up_to_a_bound() -> None:
    backoff = Backoff()
    waits = [backoff.down(i) for i in range(8)]
    assert waits == [0.5, 1, 2, 4, 8, MOST, MOST, MOST]


def test_long_success_forgives_and_short_does_not() -> None:
    backoff = Backoff()
    backoff.down(0)
    backoff.up(1)
    assert backoff.down(2) == 1.0
    backoff.up(10)
    assert backoff.down(10 + GOOD) == 0.5


def test_not_before_its_time() -> None:
    backoff = Backoff()
    assert backoff.ready(0)
    backoff.down(10)
    assert not backoff.ready(10.4) and backoff.ready(10.5)


def test_a_stall_and_its_burst_leave_time_as_it_was() -> None:
    """Three seconds of nothing, then all at once: the camera's clock went on, and so does ours."""
    line = TimestampRebase()
    play(line, 100.0, 10.0, 2)
    late = [line.map("video", 102.0 + i / 30, 15.0 + i / 3000) for i in range(90)]
    assert late[0] == pytest.approx(2.0, abs=0.02) and late[-1] == pytest.approx(2.0 + 89 / 30, abs=0.05)
    after = play(line, 105.0, 15.0, 2)
    assert after[-1] == pytest.approx(5.0 + 59 / 30, abs=0.1), "nothing of the cut is left"


def test_a_burst_at_the_beginning_is_no_new_clock() -> None:
    """Servers send what they have kept since the last key frame."""
    line = TimestampRebase()
    burst = [line.map("video", 50 + i / 30, 7.0) for i in range(240)]
    assert burst[-1] - burst[0] == pytest.approx(239 / 30, abs=1e-6)
    assert line.map("audio", 50 + 4.0, 7.0) == pytest.approx(burst[120], abs=1e-6), "sound lies where it lay"


def test_a_hole_in_the_stamps_is_closed_to_a_moment() -> None:
    line = TimestampRebase()
    first = play(line, 0.0, 10.0, 2)
    after = play(line, 500.0, 12.0, 1)
    assert 0 < after[0] - first[-1] < 0.1


def test_two_kinds_that_change_their_clock_one_after_the_other_stay_near() -> None:
    line = TimestampRebase()
    for i in range(60):
        line.map("video", 1000 + i / 30, i / 30)
        line.map("audio", 1000 + i / 30, i / 30)
    seen = {"video": 0.0, "audio": 0.0}
    for i in range(60, 180):
        seen["video"] = line.map("video", (i - 60) / 30, i / 30)
        old = i < 64  # the sound is four packets behind
        seen["audio"] = line.map("audio", (1000 + i / 30) if old else (i - 60) / 30, i / 30)
    assert seen["video"] == pytest.approx(179 / 30, abs=1.0)
    assert abs(seen["video"] - seen["audio"]) < 0.02
