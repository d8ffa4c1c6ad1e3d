"""Slot: one stream key's place, for one publisher at a time. Between the event loop and the thread that reads."""

import contextlib
import queue
import socket


class Slot:
    """`take` is for the reading thread; what it gets reads as an FLV file. All else is the event loop's."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()

    @property
    def busy(self) -> bool:
        """Whether somebody publishes."""
        return self._busy

    @property
    def waiting(self) -> bool:
        """Whether a publisher has been given and not yet taken."""
        return not self._waiting.empty()

    def occupy(self) -> None:
        """A publisher was admitted."""
        self._busy = True

    def free(self) -> None:
        """The publisher has gone."""
        self._busy = False

    def take(self, patience: float) -> socket.socket | None:
        """The next publisher, as a blocking socket; None where nobody came."""
        try:
            return self._waiting.get(timeout=patience)
        except queue.Empty:
            return None

    def give(self, end: socket.socket) -> None:
        """Hands a publisher to the reading thread."""
        self._waiting.put(end)

    def withdraw(self) -> None:
        """The publisher has gone; if nobody took it, nobody needs to."""
        with contextlib.suppress(queue.Empty):
            self._waiting.get_nowait().close()
