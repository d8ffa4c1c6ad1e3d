"""The pace of files: packets are due at their own time, and a jump of the time stamps does not stop them."""

import pytest

from stream.io.pace import FilePace


def test_packets_are_due_at_their_own_time() -> None:
    pace = FilePace()
    assert pace.wait(5.0, 100.0) == 0.0
    assert pace.wait(5.5, 100.0) == pytest.approx(0.5)
    assert pace.wait(5.6, 100.7) == 0.0, "who is late does not wait"
    assert pace.wait(6.0, 100.7) == pytest.approx(0.3), "and catches up"


@pytest.mark.parametrize("jump", [-100.0, 100.0])
def test_a_jump_begins_anew(jump: float) -> None:
    pace = FilePace()
    pace.wait(200.0, 0.0)
    assert pace.wait(200.0 + jump, 0.5) == 0.0
    assert pace.wait(200.2 + jump, 0.5) == pytest.approx(0.2)


def test_sound_that_lies_a_little_back_is_no_jump() -> None:
    pace = FilePace()
    pace.wait(1.0, 0.0)
    assert pace.wait(0.8, 0.1) == 0.0
    assert pace.wait(1.5, 0.1) == pytest.approx(0.4)
