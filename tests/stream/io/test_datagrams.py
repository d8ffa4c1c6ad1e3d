"""Datagrams as a file: what was sent comes out, the check is asked, and silence is an error."""

import socket

import av
import pytest

from stream.io.datagrams import DatagramFile, open_datagrams
from tests.stream.io.feeding import port


def test_what_is_sent_comes_out_in_pieces_as_they_are_wanted() -> None:
    number = port()
    with (
        open_datagrams(f"udp://127.0.0.1:{number}", (2.0, 2.0)) as container,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sent = [bytes([i]) * 1316 for i in range(5)]
        for data in sent:
            sender.sendto(data, ("127.0.0.1", number))
        file, got = DatagramFile(container, lambda: None), b""
        while len(got) < 5 * 1316:
            part = file.read(100)
            assert 0 < len(part) <= 100
            got += part
        assert got == b"".join(sent)


def test_silence_is_an_error() -> None:
    with open_datagrams(f"udp://127.0.0.1:{port()}", (1.0, 0.3)) as container:
        file = DatagramFile(container, lambda: None)
        with pytest.raises((av.error.FFmpegError, OSError)):
            file.read(10)


def test_the_check_ends_the_reading() -> None:
    def over() -> None:
        raise ZeroDivisionError

    with (
        open_datagrams(f"udp://127.0.0.1:{port()}", (1.0, 0.3)) as container,
        pytest.raises(ZeroDivisionError),
    ):
        DatagramFile(container, over).read(10)
