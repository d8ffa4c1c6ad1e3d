"""Chunks: RTMP's messages cut into pieces, put together again, and cut. Pure: bytes in, messages out."""

from dataclasses import dataclass, field

MOST = 8 << 20  # bytes of one message: a key frame of 4K is far below
MANY = 16  # chunk streams of one connection; publishers use four
FIRST = 128  # bytes of a chunk until the other side says otherwise


@dataclass(frozen=True, slots=True)
class Message:
    """kind: RTMP's type, 8 sound, 9 picture, 18 data, 20 command. at: milliseconds. stream: the message stream."""

    kind: int
    at: int
    stream: int
    data: bytes


@dataclass(slots=True)
class _ChunkStream:
    """What a chunk stream remembers. tick: the time field as it was last sent."""

    at: int = 0
    tick: int = 0
    length: int = 0
    kind: int = 0
    stream: int = 0
    data: bytearray = field(default_factory=bytearray)


class Chunks:
    """One direction of one connection. most: bytes of a message; set lower until the other side is known."""

    def __init__(self, most: int = MOST) -> None:
        self.most, self.size = most, FIRST
        self._lanes: dict[int, _ChunkStream] = {}
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete. Raises ValueError where they are no RTMP."""
        self._rest += data
        view, at, out = bytes(self._rest), 0, []
        while (step := self._chunk(view, at)) is not None:
            at, message = step
            if message is None:
                continue
            if message.kind == 1:
                self.size = int.from_bytes(message.data[:4], "big") & 0x7FFFFFFF
                if not 1 <= self.size <= MOST:
                    raise ValueError(f"a chunk size of {self.size}")
            else:
                out.append(message)
        del self._rest[:at]
        return out

    def _chunk(self, data: bytes, at: int) -> tuple[int, Message | None] | None:
        """One chunk from `at`: where it ends, and the message that it completes. None: not all of it is there."""
        if len(data) < at + 1:
            return None
        shape, number = data[at] >> 6, data[at] & 63
        head = (11, 7, 3, 0)[shape]
        begin = at + (1, 2, 3)[(number == 0) + 2 * (number == 1)]
        if len(data) < begin + head:
            return None
        if number < 2:
            number = 64 + int.from_bytes(data[at + 1 : begin], "little")
        at = begin
        lane = self._lanes.get(number) or _ChunkStream()
        tick, length, kind, stream = lane.tick, lane.length, lane.kind, lane.stream
        if shape < 3:
            tick = int.from_bytes(data[at : at + 3], "big")
        if shape < 2:
            length, kind = int.from_bytes(data[at + 3 : at + 6], "big"), data[at + 6]
        if shape == 0:
            stream = int.from_bytes(data[at + 7 : at + 11], "little")
        at += head
        if tick >= 0xFFFFFF:  # a time of more than four and a half hours follows in full, in every chunk
            if len(data) < at + 4:
                return None
            tick, at = max(int.from_bytes(data[at : at + 4], "big"), 0xFFFFFF), at + 4
        if length > self.most:
            raise ValueError(f"a message of {length} bytes")
        size = min(self.size, length - len(lane.data))
        if len(data) < at + size:
            return None
        if number not in self._lanes:
            if len(self._lanes) >= MANY:
                raise ValueError("too many chunk streams")
            self._lanes[number] = lane
        if not lane.data:
            lane.at = tick if shape == 0 else (lane.at + tick) & 0xFFFFFFFF
        lane.tick, lane.length, lane.kind, lane.stream = tick, length, kind, stream
        lane.data += data[at : at + size]
        at += size
        if len(lane.data) < length:
            return at, None
        message = Message(kind, lane.at, stream, bytes(lane.data))
        lane.data.clear()
        return at, message


def cut(message: Message, number: int = 3, size: int = FIRST) -> bytes:
    """A message as chunks on chunk stream `number` (2 to 63)."""
    assert 2 <= number < 64
    long = message.at.to_bytes(4, "big") if message.at >= 0xFFFFFF else b""
    head = bytes((number,)) + min(message.at, 0xFFFFFF).to_bytes(3, "big") + len(message.data).to_bytes(3, "big")
    out = head + bytes((message.kind,)) + message.stream.to_bytes(4, "little") + long + message.data[:size]
    for at in range(size, len(message.data), size):
        out += bytes((0xC0 | number,)) + long + message.data[at : at + size]
    return out
