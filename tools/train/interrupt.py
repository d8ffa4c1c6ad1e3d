"""Ctrl-C while training: the first asks the run to stop after its step, the second stops at once. Knows signals."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPPED = 130  # the exit code of a program that Ctrl-C ended
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Gives what tells whether SIGINT or SIGTERM has come. A second one does what it did before.

    What the program was started to ignore (`nohup`) stays ignored. Only a program's main thread can listen; in another
    thread nothing is heard.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    known = {number: signal.getsignal(number) for number in SIGNALS}
    before = {number: handler for number, handler in known.items() if handler is not signal.SIG_IGN}

    def heard(number: int, _: object) -> None:
        asked.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, heard)
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
