"""Times on the command line, exactly."""

from fractions import Fraction

import pytest

from engines.errors import UnderstudyError
from tools.cli.timecode import parse_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", Fraction(0)),
        ("12.5", Fraction(25, 2)),
        (" 90 ", Fraction(90)),
        ("1:30", Fraction(90)),
        ("1:05.1", Fraction(651, 10)),
        ("00:01:30.250", Fraction(361, 4)),
        ("2:00:00", Fraction(7200)),
    ],
)
def test_seconds_and_clock_times_are_exact(text: str, seconds: Fraction) -> None:
    assert parse_time(text, "--start") == seconds


@pytest.mark.parametrize("text", ["", "abc", "-1", "1:60", "1:75:00", "1:2:3:4", "1e3", "12,5", "٣"])
def test_what_is_no_time_is_refused_with_the_option_and_the_shape(text: str) -> None:
    with pytest.raises(UnderstudyError, match=r"--end .* is no time; write seconds"):
        parse_time(text, "--end")
