"""Chunks: RTMP's messages cut into pieces, put together again, and cut. Pure: bytes in, messages out.

Adobe's specification, section 5.3. Every byte is looked at once, and what is kept is bounded.
"""

import sys
from dataclasses import dataclass, field

MOST = 8 << 20  # bytes of one message: a key frame of 4K is far below
MANY = 16  # chunk streams of one connection; publishers use four
FIRST = 128  # bytes of a chunk until the other side says otherwise
LONG = 0xFFFFFF  # a timestamp of more than four and a half hours follows in full
HEADS = (11, 7, 3, 0)  # bytes of a message header, by its format
LONGEST = 3 + 11 + 4  # bytes of a chunk's whole header
SET_CHUNK_SIZE, ABORT = 1, 2  # types of messages about the chunks themselves


@dataclass(frozen=True, slots=True)
class Message:
    """kind: RTMP's type, 8 sound, 9 picture, 18 data, 20 command. timestamp: milliseconds. stream: the message
    stream."""

    kind: int
    timestamp: int
    stream: int
    data: bytes


@dataclass(slots=True)
class _ChunkStream:
    """What a chunk stream remembers. sent: the timestamp field as it came last. length: of the message under way."""

    timestamp: int = 0
    sent: int = 0
    length: int = 0
    kind: int = 0
    stream: int = 0
    data: bytearray = field(default_factory=bytearray)


class Chunks:
    """One direction of one connection. most: bytes of all messages under way. chunks: how many may come, as each costs
    time however short it is. `trust` raises the one limit and lifts the other."""

    def __init__(self, most: int = MOST, chunks: int = sys.maxsize) -> None:
        self._most, self._size, self._chunks_left = most, FIRST, chunks
        self._streams: dict[int, _ChunkStream] = {}
        self._held = 0  # bytes that the messages under way will have
        self._header = bytearray()  # of the chunk under way, as far as it has come
        self._current: _ChunkStream | None = None  # whose payload comes now
        self._left = 0  # bytes of it that are still to come

    def trust(self, most: int) -> None:
        """The other side is known now: its messages may be so large, and as many chunks may come as it likes."""
        self._most, self._chunks_left = most, sys.maxsize

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete. Raises ValueError where they are no RTMP, or more than is allowed."""
        at, out = 0, list[Message]()
        while True:
            stream = self._current
            if stream is None:
                if at >= len(data):
                    return out
                at += self._continued(data[at]) or self._read_header(data[at : at + LONGEST])
                self._chunks_left -= self._current is not None
                if self._chunks_left < 0:
                    raise ValueError("too many chunks")
                continue
            part = data[at : at + self._left]
            stream.data += part
            at += len(part)
            self._left -= len(part)
            if self._left:
                return out
            self._current = None
            if len(stream.data) >= stream.length and (message := self._completed(stream)) is not None:
                out.append(message)

    def _continued(self, first: int) -> int:
        """The common case, a header of one byte: more of a message under way. Returns 1, or 0 where it is another."""
        stream = self._streams.get(first & 63) if first >= 0xC2 and not self._header else None
        if stream is None or not stream.data or stream.sent >= LONG:
            return 0
        self._current, self._left = stream, min(self._size, stream.length - len(stream.data))
        return 1

    def _completed(self, stream: _ChunkStream) -> Message | None:
        """The message, which is whole; None where it is about chunks. Raises ValueError."""
        message = Message(stream.kind, stream.timestamp, stream.stream, bytes(stream.data))
        self._drop(stream)
        if message.kind == SET_CHUNK_SIZE:
            self._size = int.from_bytes(message.data[:4], "big") & 0x7FFFFFFF
            if not 1 <= self._size <= MOST:
                raise ValueError(f"a chunk size of {self._size}")
        elif message.kind == ABORT:
            aborted = self._streams.get(int.from_bytes(message.data[:4], "big"))
            if aborted is not None:
                self._drop(aborted)
        else:
            return message
        return None

    def _drop(self, stream: _ChunkStream) -> None:
        """The message under way is over."""
        if stream.data:
            self._held -= stream.length
            stream.data = bytearray()

    def _read_header(self, data: bytes) -> int:
        """Takes bytes for the header under way, and begins its chunk once it is whole. Returns how many were taken."""
        taken = 0
        while (missing := self._missing()) and taken < len(data):
            part = data[taken : taken + missing]
            self._header += part
            taken += len(part)
        if not missing:
            self._begin(bytes(self._header))
            self._header.clear()
        return taken

    def _missing(self) -> int:
        """Bytes that the header under way needs at least; 0 where it is whole."""
        head = self._header
        if not head:
            return 1
        basic = _basic(head[0])
        if len(head) < basic:
            return basic - len(head)
        form = head[0] >> 6
        length = basic + HEADS[form]
        if len(head) < length:
            return length - len(head)
        if form < 3:
            long = int.from_bytes(head[basic : basic + 3], "big") == LONG
        else:
            known = self._streams.get(_number(head))
            long = known is not None and known.sent >= LONG
        return max(0, length + 4 * long - len(head))

    def _begin(self, head: bytes) -> None:
        """A chunk begins. Raises ValueError."""
        number, form, at = _number(head), head[0] >> 6, _basic(head[0])
        stream = self._streams.get(number)
        if stream is None:
            if form == 3:
                raise ValueError("a chunk goes on with a message that nobody began")
            if len(self._streams) >= MANY:
                raise ValueError("too many chunk streams")
            stream = self._streams[number] = _ChunkStream()
        if len(head) > at + HEADS[form]:
            stream.sent = max(int.from_bytes(head[-4:], "big"), LONG)
        elif form < 3:
            stream.sent = int.from_bytes(head[at : at + 3], "big")
        if form < 2:
            length = int.from_bytes(head[at + 3 : at + 6], "big")
            if stream.data and length != stream.length:
                raise ValueError(f"a message of {stream.length} bytes is called one of {length} half-way")
            stream.length, stream.kind = length, head[at + 6]
        if form == 0:
            stream.stream = int.from_bytes(head[at + 7 : at + 11], "little")
        if not stream.data:
            self._held += stream.length
            if self._held > self._most:
                raise ValueError(f"messages of {self._held} bytes")
            stream.timestamp = stream.sent if form == 0 else (stream.timestamp + stream.sent) & 0xFFFFFFFF
        self._current, self._left = stream, min(self._size, stream.length - len(stream.data))


def _basic(first: int) -> int:
    """Bytes of the basic header."""
    return {0: 2, 1: 3}.get(first & 63, 1)


def _number(head: bytes | bytearray) -> int:
    """The chunk stream of a header."""
    basic = _basic(head[0])
    return head[0] & 63 if basic == 1 else 64 + int.from_bytes(head[1:basic], "little")


def cut(message: Message, number: int = 3, size: int = FIRST) -> bytes:
    """A message as chunks on chunk stream `number` (2 to 63)."""
    assert 2 <= number < 64
    long = message.timestamp.to_bytes(4, "big") if message.timestamp >= LONG else b""
    head = bytes((number,)) + min(message.timestamp, LONG).to_bytes(3, "big") + len(message.data).to_bytes(3, "big")
    parts = [head, bytes((message.kind,)), message.stream.to_bytes(4, "little"), long, message.data[:size]]
    for at in range(size, len(message.data), size):
        parts += (bytes((0xC0 | number,)), long, message.data[at : at + size])
    return b"".join(parts)
