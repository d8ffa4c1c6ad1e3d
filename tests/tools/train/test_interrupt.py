"""The first Ctrl-C asks, the second does what it did before; afterwards all is as it was."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from tools.train.interrupt import SIGNALS, asked_to_stop


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """As in a terminal: the tests may themselves run where Ctrl-C is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_asks(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with asked_to_stop() as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        assert signal.getsignal(number) is before, "the next one is no longer caught"
    assert signal.getsignal(number) is before


def test_the_second_one_stops_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), asked_to_stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()  # never gets here
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_from_the_start_stays_ignored() -> None:
    """A run under nohup goes on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with asked_to_stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert not stop()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_hears_nothing_and_does_not_fail() -> None:
    heard: list[bool] = []

    def work() -> None:
        with asked_to_stop() as stop:
            heard.append(stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(5)
    assert heard == [False]
