"""RTMP by value: commands' values, chunks in any cut, tags there and back, and what is said to whom."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rtmp.amf import pack, unpack
from stream.rtmp.chunks import FIRST, MANY, Chunks, Message, cut
from stream.rtmp.flv import WRAP, FlvTags, header, tag
from stream.rtmp.publisher_session import SMALL, PublishAnswer, PublisherSession

TEXT = st.text(max_size=20)
VALUE = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3),
    max_leaves=6,
)
MESSAGE = st.builds(
    Message,
    st.sampled_from([8, 9, 18, 20]),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 9),
    st.binary(min_size=1, max_size=700),
)


@given(st.lists(VALUE, max_size=4))
def test_values_come_back(values: list[object]) -> None:
    assert unpack(pack(*values)) == values


@given(st.binary(max_size=60))
def test_junk_is_refused_with_one_kind_of_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        unpack(data)


def test_nesting_has_a_bottom() -> None:
    with pytest.raises(ValueError, match="deep"):
        unpack(b"\x03\x00\x01a" * 50)
    with pytest.raises(ValueError, match="type 17"):
        unpack(b"\x11")


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
    assert [(m.kind, m.at, m.stream, m.data) for m in got] == [
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


@given(st.lists(MESSAGE.filter(lambda m: m.kind != 20), min_size=1, max_size=4), st.integers(1, 300))
def test_tags_come_back(messages: list[Message], step: int) -> None:
    data = header(messages[0]) + b"".join(tag(m) for m in messages)
    tags, got = FlvTags(), []
    for at in range(0, len(data), step):
        got += tags.feed(data[at : at + step])
    assert [(m.kind, m.at) for m in got] == [(m.kind, m.at) for m in messages]
    assert [m.data.removeprefix(WRAP) for m in got] == [m.data.removeprefix(WRAP) for m in messages]


def test_the_beginning_says_whether_there_is_sound() -> None:
    assert header(Message(18, 0, 1, b"videocodecid"))[4] == 1
    assert header(Message(18, 0, 1, b"videocodecid audiocodecid"))[4] == 5
    assert header(Message(9, 0, 1, b""))[4] == 5


def greeting() -> bytes:
    return b"\x03" + bytes(1536) + bytes(1536)


def command(*values: object, stream: int = 0) -> bytes:
    return cut(Message(20, 0, stream, pack(*values)))


def publish(key: str = "key") -> bytes:
    return (
        command("connect", 1, {"app": "live"})
        + command("createStream", 2, None)
        + command("publish", 3, None, key, "live", stream=1)
    )


def test_who_is_admitted_is_heard() -> None:
    asked: list[tuple[str, str]] = []

    def admit(app: str, key: str) -> PublishAnswer:
        asked.append((app, key))
        return PublishAnswer.WELCOME

    session = PublisherSession(admit)
    answer = session.feed(greeting() + publish("key?more=1"))
    assert asked == [("live", "key")] and len(answer) > 3073 and answer[0] == 3
    assert b"NetStream.Publish.Start" in answer and not session.flv
    session.feed(cut(Message(9, 40, 1, b"picture"), 6))
    assert bytes(session.flv).startswith(b"FLV\x01") and b"picture" in session.flv
    session.feed(command("deleteStream", 4, None, 1))
    assert session.over


@pytest.mark.parametrize("verdict", [PublishAnswer.STRANGER, PublishAnswer.TAKEN])
def test_who_is_not_is_told_and_not_heard(verdict: PublishAnswer) -> None:
    session = PublisherSession(lambda app, key: verdict)
    answer = session.feed(greeting() + publish() + cut(Message(9, 40, 1, b"picture"), 6))
    assert session.over and not session.flv and b"BadName" in answer and verdict.encode()[:20] in answer
    session.feed(publish() + cut(Message(9, 40, 1, b"picture"), 6))
    assert not session.flv, "there is no second try on one connection"


def test_pictures_before_a_key_are_not_heard_either() -> None:
    session = PublisherSession(lambda app, key: PublishAnswer.WELCOME)
    session.feed(greeting() + cut(Message(9, 40, 1, b"picture"), 6))
    assert not session.flv and session.verdict is None


def test_players_are_sent_away_and_strangers_hung_up_on() -> None:
    session = PublisherSession(lambda app, key: PublishAnswer.WELCOME)
    assert b"Play.Failed" in session.feed(greeting() + command("play", 3, None, "key", stream=1)) and session.over
    with pytest.raises(ValueError, match="RTMP"):
        PublisherSession(lambda app, key: PublishAnswer.WELCOME).feed(b"GET / HTTP/1.1\r\n" * 200)


@given(st.binary(max_size=300))
def test_junk_after_the_greeting_is_an_error_or_nothing(data: bytes) -> None:
    session = PublisherSession(lambda app, key: PublishAnswer.STRANGER)
    with contextlib.suppress(ValueError):
        session.feed(greeting() + data)
    assert not session.flv


def test_what_was_got_is_acknowledged_now_and_then() -> None:
    session = PublisherSession(lambda app, key: PublishAnswer.WELCOME)
    session.feed(greeting() + publish())
    answers = [session.feed(cut(Message(9, i, 1, bytes(60_000)), 6)) for i in range(50)]
    assert 1 <= sum(bool(a) for a in answers) <= 4
