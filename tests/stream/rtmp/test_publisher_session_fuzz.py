"""RTMP from strangers: sessions damaged in many ways, and chunks of any kind. ValueError or nothing, no growth, and the
same however the bytes are cut.

    UNDERSTUDY_FUZZ_SECONDS=600 pytest --timeout 0 tests/stream/rtmp/test_publisher_session_fuzz.py
"""

import contextlib
import random

import pytest

from stream.rtmp.amf import pack, unpack
from stream.rtmp.chunks import Chunks, Message, cut
from stream.rtmp.flv import WRAP, FlvTags
from stream.rtmp.publisher_session import BEFORE, PublishAnswer, PublisherSession
from tests.fuzzing import damaged, hammer
from tests.stream.rtmp.test_publisher_session import command, handshake, publish

NUMBERS = (2, 3, 4, 5, 6, 63, 64, 319, 320, 4000)  # chunk streams, of headers of one to three bytes
LENGTHS = (0, 1, 4, 127, 128, 129, 1000, BEFORE - 1, BEFORE, BEFORE + 1, 70_000, 8 << 20, 0xFFFFFF)
TIMES = (0, 1, 40, 0xFFFFFE, 0xFFFFFF)
KINDS = (0, 1, 2, 3, 4, 5, 6, 8, 9, 15, 17, 18, 20, 22)

# What once went wrong, or comes near it.
LONG = bytes([4]) + bytes(3) + (60_000).to_bytes(3, "big") + b"\x14" + bytes(4) + bytes(128)
SEEDS = {
    "shortened half-way": LONG + bytes([0x44]) + bytes(3) + (1).to_bytes(3, "big") + b"\x14",
    "empty messages": bytes([3]) + bytes(6) + b"\x08" + bytes(4) + b"\xc3" * 3000,
    "a chunk of nothing": b"\xc5" * 100,
    "a chunk size of nothing": cut(Message(1, 0, 0, bytes(4)), 2),
    "a chunk size without a number": cut(Message(1, 0, 0, b"\x01"), 2),
    "an abort of nothing": cut(Message(2, 0, 0, b""), 2) + cut(Message(2, 0, 0, b"\xff" * 4), 2),
    "an abort of itself": bytes([2]) + bytes(3) + (200).to_bytes(3, "big") + b"\x02" + bytes(4) + bytes(128),
    "objects within objects": cut(Message(20, 0, 0, b"\x03\x00\x01a" * 3000), 3),
    "a key of another kind": command("publish", 1, None, {"a": {"b": None}}),
    "a command without a name": cut(Message(20, 0, 0, b""), 3) + cut(Message(17, 0, 0, b""), 3),
    "a time beyond the clock": bytes([3]) + b"\xff" * 3 + (2).to_bytes(3, "big") + b"\x08" + bytes(4) + b"\xff" * 4,
}


def a_session() -> bytes:
    """All that a publisher says, and some media."""
    size = 4096
    media = [
        (Message(18, 0, 1, WRAP + pack("onMetaData", {"width": 640.0, "audiocodecid": 10.0})), 5),
        (Message(9, 0, 1, b"\x17\x00" + bytes(300)), 6),
        (Message(8, 0, 1, b"\xaf\x00\x12\x10"), 4),
        *((Message(9, 33 * i, 1, bytes([0x27, 1]) + bytes(200)), 6) for i in range(1, 4)),
        (Message(18, 99, 1, pack("onCuePoint", {"name": "x"})), 5),
        (Message(20, 0, 0, pack("deleteStream", 6, None, 1)), 3),
    ]
    begun = publish() + cut(Message(1, 0, 0, size.to_bytes(4, "big")), 2)
    return begun + b"".join(cut(message, number, size) for message, number in media)


def chunk(chance: random.Random) -> bytes:
    """One chunk of any form, with numbers that decide something."""
    number, form = chance.choice(NUMBERS), chance.randrange(4)
    if number < 64:
        head = bytes([form << 6 | number])
    elif number < 320:
        head = bytes([form << 6, number - 64])
    else:
        head = bytes([form << 6 | 1]) + (number - 64).to_bytes(2, "little")
    time, length = chance.choice(TIMES), chance.choice(LENGTHS)
    if form < 3:
        head += time.to_bytes(3, "big")
    if form < 2:
        head += length.to_bytes(3, "big") + bytes([chance.choice(KINDS)])
    if form == 0:
        head += bytes(4)
    if time == 0xFFFFFF and chance.random() < 0.8:
        head += chance.randbytes(4)
    return head + chance.randbytes(chance.choice((0, 1, 4, 128, min(length, 4096))))


def case(chance: random.Random) -> bytes:
    """What comes after the handshake."""
    kind = chance.randrange(4)
    if kind == 0:
        return damaged(chance, a_session())
    if kind == 1:
        return damaged(chance, chance.choice(list(SEEDS.values())) + a_session())
    before = publish() if chance.random() < 0.5 else b""
    return before + b"".join(chunk(chance) for _ in range(chance.randrange(1, 40)))


def said(pieces: list[bytes], answer: PublishAnswer) -> tuple[bytes, bytes, str]:
    """What a session answers, its FLV, and how it ended."""
    session, out, flv = PublisherSession(lambda app, key: answer), bytearray(), bytearray()
    try:
        for piece in pieces:
            out += session.feed(piece)
            flv += session.take()
    except ValueError as error:
        return bytes(out[:9]), bytes(flv), f"error: {error}"
    return bytes(out[:9]), bytes(flv), f"over: {session.over}"


def look(data: bytes) -> None:
    chance = random.Random(len(data))
    whole = handshake() + data
    cuts = sorted(chance.randrange(len(whole) + 1) for _ in range(chance.randrange(12)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    for answer in (PublishAnswer.ACCEPTED, PublishAnswer.UNKNOWN):
        cut_up = said(pieces, answer)
        FlvTags().feed(cut_up[1])
        assert answer is PublishAnswer.ACCEPTED or not cut_up[1], "who is not admitted is not heard"
        once = said([whole], answer)
        if once[2].startswith("over") and cut_up[2].startswith("over"):
            assert cut_up == once, "however the bytes are cut"
    with contextlib.suppress(ValueError):
        unpack(data)
    for message in _messages(data):
        with contextlib.suppress(ValueError):
            unpack(message.data)


def _messages(data: bytes) -> list[Message]:
    """What chunks make of these bytes, one by one: never more than came, never more memory than was allowed."""
    chunks, got = Chunks(BEFORE), list[Message]()
    with contextlib.suppress(ValueError):
        for at in range(0, len(data), 97):
            got += chunks.feed(data[at : at + 97])
    assert sum(len(message.data) for message in got) <= len(data)
    return got


@pytest.mark.parametrize("name", SEEDS)
def test_what_once_went_wrong(name: str) -> None:
    look(SEEDS[name])
    look(SEEDS[name] * 3 + a_session())
    look(publish() + SEEDS[name] + a_session())


def test_a_whole_session_is_understood() -> None:
    _, flv, end = said([handshake() + a_session()], PublishAnswer.ACCEPTED)
    assert end == "over: True" and len(FlvTags().feed(flv)) == 6


def test_damaged_sessions() -> None:
    hammer(300, case, look)
