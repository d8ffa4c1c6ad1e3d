"""Who is let in, by value."""

import pytest

from stream.live.ladder import Rung
from tools.live.serve.admission import PRIOR, Capacity, Usage, refusal


def test_the_first_always_comes_in() -> None:
    assert refusal(Capacity(1, 0.95, 0, Rung.FULL, 4)) is None


@pytest.mark.parametrize(
    ("room", "words"),
    [
        (Capacity(64, 0.5, 4, Rung.FULL, 4), "all 4"),
        (Capacity(4, 1.0, 1, Rung.HALF, 9), "all of this machine"),
        (Capacity(2, 1.2, 1, Rung.FULL, 9), "1.2 cores"),
        (Capacity(4, 2.8, 2, Rung.SKIP, 9), "1.4 cores"),
        (Capacity(2, 0.1, 2, Rung.HOLD, 9), "all of this machine"),
    ],
)
def test_who_would_slow_the_others_is_refused(room: Capacity, words: str) -> None:
    assert words in (refusal(room) or "")


def test_where_there_is_room_the_next_comes_in() -> None:
    assert refusal(Capacity(4, 1.5, 2, Rung.SKIP, 9)) is None
    assert refusal(Capacity(2, 0.0, 1, Rung.FULL, 9)) is None and PRIOR < 1.8


def test_usage_is_measured_and_smoothed() -> None:
    usage = Usage()
    assert usage.read(10.0, 100.0) == 0.0
    for i in range(1, 30):
        usage.read(10.0 + 1.5 * i, 100.0 + i)
    assert usage.cores == pytest.approx(1.5, abs=0.01)
