"""What a process's end means for its job, and the waits, by value."""

import pytest

from tools.daemon.queue.queued_job import JobState
from tools.daemon.queue.retries import WAITS, ExitCode, Waits, judge


@pytest.mark.parametrize(
    ("code", "said", "attempts", "state", "reason", "wait"),
    [
        (0, "", 1, JobState.DONE, "", 0),
        (2, "no face in it", 1, JobState.FAILED, "no face in it", 0),
        (2, "", 1, JobState.FAILED, "the request cannot be fulfilled", 0),
        (1, "bad luck", 1, JobState.QUEUED, "its process ended with 1: bad luck (try 1 of 3)", WAITS[0]),
        (-9, "", 2, JobState.QUEUED, "its process was ended by SIGKILL (try 2 of 3)", WAITS[1]),
        (-11, "", 3, JobState.FAILED, "its process was ended by SIGSEGV (try 3 of 3)", 0),
        (-250, "", 3, JobState.FAILED, "its process was ended by signal 250 (try 3 of 3)", 0),
        (ExitCode.AGAIN, "the disk is full", 1, JobState.QUEUED, "the disk is full (try 1 of 3)", WAITS[0]),
        (ExitCode.AGAIN, "the disk is full", 3, JobState.FAILED, "the disk is full (try 3 of 3)", 0),
        (
            ExitCode.SUSPENDED,
            "",
            1,
            JobState.QUEUED,
            "its process was asked to pause, and not by the daemon (try 1 of 3)",
            WAITS[0],
        ),
    ],
)
def test_what_an_exit_means(code: int, said: str, attempts: int, state: JobState, reason: str, wait: float) -> None:
    verdict = judge(code, said, attempts, 3)
    assert (verdict.state, verdict.reason, verdict.wait, verdict.counts) == (state, reason, wait, True)


def test_later_tries_wait_as_long_as_the_last_that_is_told() -> None:
    assert [judge(1, "", n, 9, (1.0, 2.0)).wait for n in range(1, 5)] == [1.0, 2.0, 2.0, 2.0]


def test_who_waits_and_until_when() -> None:
    waits = Waits()
    waits.add("a", 10.0)
    waits.add("b", 5.0)
    assert set(waits.names(4.0)) == {"a", "b"} and waits.next() == 5.0
    assert waits.names(5.0) == ("a",) and waits.next() == 10.0
    waits.drop("a")
    waits.drop("a")
    assert waits.names(5.0) == () and waits.next() is None


@pytest.mark.parametrize("wall", [1000.0, 1000.0 - 86_400, 1000.0 + 86_400])
def test_no_wait_is_longer_than_the_longest_after_a_start(wall: float) -> None:
    waits = Waits()
    waits.recover({"a": 1030.0}, wall, 7.0, longest=120.0)
    expected = {1000.0: 37.0, 1000.0 - 86_400: 127.0, 1000.0 + 86_400: None}
    assert waits.next() == expected[wall]
