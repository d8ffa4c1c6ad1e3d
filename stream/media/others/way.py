"""Way: from one stream of the input to one of the output, packet by packet. The plain one copies.

Knows: streams and packets. Knows nothing of times or of files.
"""

from typing import Any, Protocol

import av
from av.container import OutputContainer
from av.stream import Stream

from stream.media.others.containers import add_copy


class Way(Protocol):
    """target: the output's stream. Called from one thread at a time."""

    @property
    def target(self) -> Stream: ...

    def pass_on(self, packet: "av.Packet[Any]") -> "list[av.Packet[Any]]":
        """The packets to be written for one that was read, at its time. Raises what PyAV raises."""
        ...


class Copied:
    """Packets as they are."""

    def __init__(self, container: OutputContainer, stream: Stream) -> None:
        self.target = add_copy(container, stream)

    def pass_on(self, packet: "av.Packet[Any]") -> "list[av.Packet[Any]]":
        packet.stream = self.target
        return [packet]
