"""Delegates pass on all that happens to a connection."""

import asyncio

from stream.net.delegate import Delegate


class Recorded(asyncio.Protocol):
    def __init__(self) -> None:
        self.events: list[object] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.events.append(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.events.append(exc)

    def data_received(self, data: bytes) -> None:
        self.events.append(data)

    def eof_received(self) -> bool | None:
        self.events.append("eof")
        return True

    def pause_writing(self) -> None:
        self.events.append("pause")

    def resume_writing(self) -> None:
        self.events.append("resume")


def test_everything_is_passed_on() -> None:
    inner, transport = Recorded(), asyncio.Transport()
    outer = Delegate(inner)
    outer.connection_made(transport)
    outer.data_received(b"data")
    assert outer.eof_received() is True
    outer.pause_writing()
    outer.resume_writing()
    outer.connection_lost(None)
    assert inner.events == [transport, b"data", "eof", "pause", "resume", None]
