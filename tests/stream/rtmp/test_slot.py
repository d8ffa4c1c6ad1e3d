"""Slots: one publisher at a time, handed to who reads, or to nobody."""

import socket
import time

from stream.rtmp.slot import Slot


def test_it_is_busy_while_somebody_publishes() -> None:
    slot = Slot()
    assert not slot.busy
    slot.occupy()
    assert slot.busy
    slot.free()
    assert not slot.busy


def test_what_is_given_is_taken_once() -> None:
    slot = Slot()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not slot.waiting
        slot.give(theirs)
        assert slot.waiting
        assert slot.take(1) is theirs and not slot.waiting
        began = time.monotonic()
        assert slot.take(0.1) is None and 0.05 < time.monotonic() - began < 5
        slot.withdraw()


def test_who_has_gone_before_anybody_took_it_is_closed() -> None:
    slot = Slot()
    ours, theirs = socket.socketpair()
    with ours:
        slot.give(theirs)
        slot.withdraw()
        assert theirs.fileno() == -1 and slot.take(0.01) is None
