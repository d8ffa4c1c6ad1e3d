"""Chunks by value: messages in any cut, short headers, what would fill the memory, and what makes no sense."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rtmp.chunks import FIRST, LONG, MANY, Chunks, Message, cut

SMALL = 1 << 16
MESSAGE = st.builds(
    Message,
    st.sampled_from([8, 9, 18, 20]),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 9),
    st.binary(min_size=1, max_size=700),
)


@given(st.lists(MESSAGE, min_size=1, max_size=4), st.integers(1, 400), st.sampled_from([64, FIRST, 4096]))
def test_messages_come_back_however_they_are_cut(messages: list[Message], step: int, size: int) -> None:
    data = cut(Message(1, 0, 0, size.to_bytes(4, "big")), 2) + b"".join(cut(m, 4, size) for m in messages)
    chunks, got = Chunks(), []
    for at in range(0, len(data), step):
        got += chunks.feed(data[at : at + step])
    assert got == messages


def test_short_heads_repeat_what_the_last_one_said() -> None:
    """A difference of time alone, and nothing at all: as publishers send most of their chunks."""
    first = cut(Message(8, 1000, 1, b"abc"), 4)
    later = bytes([0x80 | 4]) + (20).to_bytes(3, "big") + b"def" + bytes([0xC0 | 4]) + b"ghi"
    other = bytes([0x40 | 4]) + (5).to_bytes(3, "big") + (2).to_bytes(3, "big") + bytes([9]) + b"jk"
    got = Chunks().feed(first + later + other)
    assert [(m.kind, m.timestamp, m.stream, m.data) for m in got] == [
        (8, 1000, 1, b"abc"),
        (8, 1020, 1, b"def"),
        (8, 1040, 1, b"ghi"),
        (9, 1045, 1, b"jk"),
    ]


def test_chunk_streams_of_two_and_three_bytes() -> None:
    head = bytes(3) + (2).to_bytes(3, "big") + bytes([8]) + bytes(4) + b"hi"
    got = Chunks().feed(b"\x00\x05" + head + b"\x01\x05\x01" + head)
    assert [m.data for m in got] == [b"hi", b"hi"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x03" + bytes(3) + (SMALL + 1).to_bytes(3, "big") + b"\x14" + bytes(4), "bytes"),
        (cut(Message(1, 0, 0, bytes(4)), 2), "chunk size"),
        (b"".join(cut(Message(8, 0, 1, b"x"), 3 + i) for i in range(MANY + 1)), "streams"),
    ],
)
def test_what_would_fill_the_memory_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Chunks(SMALL).feed(data)


@pytest.mark.parametrize("number", [5, 63, 64, 319, 320, 65599])
@pytest.mark.parametrize("timestamp", [0, LONG - 1, LONG, LONG + 5, 0xFFFFFFFF])
def test_every_header_in_every_cut(number: int, timestamp: int) -> None:
    """Basic headers of one, two and three bytes, timestamps that follow in full, byte by byte or all at once."""
    if number < 64:
        first, later = bytes([number]), bytes([0xC0 | number])
    elif number < 320:
        first, later = bytes([0, number - 64]), bytes([0xC0, number - 64])
    else:
        rest = (number - 64).to_bytes(2, "little")
        first, later = b"\x01" + rest, b"\xc1" + rest
    long = timestamp.to_bytes(4, "big") if timestamp >= LONG else b""
    head = min(timestamp, LONG).to_bytes(3, "big") + (200).to_bytes(3, "big") + bytes([9]) + bytes(4) + long
    data = first + head + bytes(128) + later + long + bytes(72)
    for step in (1, 7, 1000):
        chunks, got = Chunks(), list[Message]()
        for at in range(0, len(data), step):
            got += chunks.feed(data[at : at + step])
        assert got == [Message(9, timestamp, 0, bytes(200))]


def test_a_message_is_not_shortened_or_lengthened_half_way() -> None:
    begun = cut(Message(9, 0, 1, bytes(1000)), 4)[: 12 + FIRST]
    for length in (1, 127, 999, 1001, SMALL):
        chunks = Chunks()
        assert chunks.feed(begun) == []
        with pytest.raises(ValueError, match="half-way"):
            chunks.feed(bytes([0x40 | 4]) + bytes(3) + length.to_bytes(3, "big") + bytes([9]))
    chunks = Chunks()
    chunks.feed(begun)
    same = bytes([0x40 | 4]) + bytes(3) + (1000).to_bytes(3, "big") + bytes([9])
    rest = b"".join(bytes([0xC4]) + bytes(FIRST) for _ in range(5)) + bytes([0xC4]) + bytes(1000 - 7 * FIRST)
    (message,) = chunks.feed(same + bytes(FIRST) + rest)
    assert len(message.data) == 1000, "the same length said again does no harm"


def test_what_goes_on_with_nothing_is_refused() -> None:
    for first in (b"\xc4", b"\xc0\x05", b"\xc1\x05\x01"):
        with pytest.raises(ValueError, match="nobody began"):
            Chunks().feed(first + bytes(100))


def test_an_aborted_message_is_forgotten() -> None:
    chunks = Chunks(SMALL)
    begun = cut(Message(9, 0, 1, bytes(60_000)), 4)[: 12 + FIRST]
    for _ in range(3):
        chunks.feed(begun + cut(Message(2, 0, 0, (4).to_bytes(4, "big")), 2))
    assert chunks.feed(cut(Message(9, 7, 1, bytes(60_000)), 4))[0].timestamp == 7, "and its memory is free again"


def test_messages_under_way_are_bounded_together_and_more_where_trusted() -> None:
    begun = [cut(Message(9, 0, 1, bytes(40_000)), 4 + i)[: 12 + FIRST] for i in range(2)]
    chunks = Chunks(SMALL)
    chunks.feed(begun[0])
    with pytest.raises(ValueError, match="messages of 80000 bytes"):
        chunks.feed(begun[1])
    chunks = Chunks(SMALL)
    chunks.trust(2 * SMALL)
    assert chunks.feed(begun[0] + begun[1]) == []


@pytest.mark.parametrize("kind", [1, 2, 8], ids=["sets a chunk size", "aborts a message", "sound"])
def test_chunks_are_counted_until_the_other_side_is_trusted(kind: int) -> None:
    """Empty ones too, and those about the chunks themselves, which are no message for anybody."""
    first, again = cut(Message(kind, 0, 1, (128).to_bytes(4, "big")), 3), b"\xc3" + (128).to_bytes(4, "big")
    Chunks(SMALL, 10).feed(first + again * 9)
    with pytest.raises(ValueError, match="too many chunks"):
        Chunks(SMALL, 10).feed(first + again * 10)
    chunks = Chunks(SMALL, 10)
    chunks.trust(SMALL)
    chunks.feed(first + again * 1000)


def test_bytes_that_drip_cost_no_more_than_those_that_come_at_once() -> None:
    """A large message in a large chunk, a few bytes at a time: what came is not copied again for each of them."""
    size = 1 << 20
    data = cut(Message(1, 0, 0, size.to_bytes(4, "big")), 2) + cut(Message(9, 0, 1, bytes(size)), 4, size)
    chunks, got, began = Chunks(), list[Message](), time.process_time()
    for at in range(0, len(data), 64):
        got += chunks.feed(data[at : at + 64])
    assert len(got) == 1 and time.process_time() - began < 2


@given(st.binary(max_size=200))
def test_junk_is_refused_with_one_kind_of_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        Chunks(SMALL).feed(data)
