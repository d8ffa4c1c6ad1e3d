"""DatagramFile: what comes over UDP, as a file for a demuxer. FFmpeg reads the socket and knows multicast.

A demuxer that reads the socket itself skips the packets of unknown streams without ever coming back: a sender that
begins again with other PIDs would be ignored for ever.
"""

from collections.abc import Callable, Iterator
from typing import Any

import av


class DatagramFile:
    """container: opened with the format `data`. check: called before each read; what it raises ends the reading."""

    def __init__(self, container: Any, check: Callable[[], object]) -> None:
        self._packets: Iterator[Any] = container.demux()
        self._check = check
        self._rest = b""

    def read(self, count: int) -> bytes:
        """At most so many bytes; none at the end. Raises av.error.FFmpegError where nothing comes, and what `check`
        raises."""
        self._check()
        if not self._rest:
            packet = next(self._packets, None)
            self._rest = b"" if packet is None or not packet.size else bytes(packet)
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken


def open_datagrams(url: str, timeout: tuple[float, float]) -> Any:
    """url: udp://. timeout: seconds to open, and to the next datagram. Raises av.error.FFmpegError."""
    return av.open(url, format="data", timeout=timeout)
