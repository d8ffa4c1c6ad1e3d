"""What is said to publishers, and how little who has not said a key can do."""

import contextlib
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rtmp.amf import pack
from stream.rtmp.chunks import Message, cut
from stream.rtmp.flv import WRAP, FlvTags, is_metadata
from stream.rtmp.publisher_session import BEFORE, COMMANDS, PublishAnswer, PublisherSession

ACCEPTED = PublishAnswer.ACCEPTED
PICTURE = cut(Message(9, 40, 1, b"picture"), 6)


def handshake() -> bytes:
    return b"\x03" + bytes(1536) + bytes(1536)


def command(*values: object, stream: int = 0) -> bytes:
    return cut(Message(20, 0, stream, pack(*values)))


def publish(key: object = "key") -> bytes:
    return (
        command("connect", 1, {"app": "live"})
        + command("createStream", 2, None)
        + command("publish", 3, None, key, "live", stream=1)
    )


def session(answer: PublishAnswer = ACCEPTED) -> PublisherSession:
    return PublisherSession(lambda app, key: answer)


def test_who_is_admitted_is_heard() -> None:
    asked: list[tuple[str, str]] = []

    def admit(app: str, key: str) -> PublishAnswer:
        asked.append((app, key))
        return ACCEPTED

    one = PublisherSession(admit)
    answer = one.feed(handshake() + publish("key?more=1"))
    assert asked == [("live", "key")] and len(answer) > 3073 and answer[0] == 3
    assert b"NetStream.Publish.Start" in answer and not one.take()
    one.feed(PICTURE)
    flv = one.take()
    assert flv.startswith(b"FLV\x01") and b"picture" in flv and not one.take()
    one.feed(command("deleteStream", 4, None, 1))
    assert one.over


@pytest.mark.parametrize("verdict", [PublishAnswer.UNKNOWN, PublishAnswer.TAKEN, PublishAnswer.FULL])
def test_who_is_not_is_told_and_not_heard(verdict: PublishAnswer) -> None:
    one = session(verdict)
    answer = one.feed(handshake() + publish() + PICTURE)
    assert one.over and not one.take() and b"BadName" in answer and verdict.encode()[:20] in answer
    one.feed(publish() + PICTURE)
    assert not one.take(), "there is no second try on one connection"


def test_pictures_before_a_key_are_not_heard_either() -> None:
    one = session()
    one.feed(handshake() + PICTURE)
    assert not one.take() and one.verdict is None


def test_players_are_sent_away_and_other_protocols_refused() -> None:
    one = session()
    assert b"Play.Failed" in one.feed(handshake() + command("play", 3, None, "key", stream=1)) and one.over
    with pytest.raises(ValueError, match="RTMP"):
        session().feed(b"GET / HTTP/1.1\r\n" * 200)


@given(st.binary(max_size=300))
def test_junk_after_the_handshake_is_an_error_or_nothing(data: bytes) -> None:
    one = session(PublishAnswer.UNKNOWN)
    with contextlib.suppress(ValueError):
        one.feed(handshake() + data)
    assert not one.take()


@pytest.mark.parametrize("odd", [{"a": 1.0}, None, 5.0, True, "", "\x00", "ключ", "鍵" * 100])
def test_odd_keys_and_names_are_unknown_and_no_error(odd: object) -> None:
    asked: list[tuple[str, str]] = []

    def admit(app: str, key: str) -> PublishAnswer:
        asked.append((app, key))
        return PublishAnswer.UNKNOWN

    one = PublisherSession(admit)
    one.feed(
        handshake() + command("connect", odd, {"app": odd}) + command(odd, odd) + command("publish", odd, None, odd)
    )
    assert one.over and len(asked) == 1 and all(isinstance(text, str) for text in asked[0])


def test_what_was_got_is_acknowledged_now_and_then() -> None:
    one = session()
    one.feed(handshake() + publish())
    answers = [one.feed(cut(Message(9, i, 1, bytes(60_000)), 6)) for i in range(50)]
    assert 1 <= sum(bool(a) for a in answers) <= 4


# ---- before a key was said


def test_before_a_key_was_said_only_so_much_is_read() -> None:
    one = session()
    one.feed(handshake())
    with pytest.raises(ValueError, match="before a key"):
        for _ in range(2 * BEFORE):
            one.feed(command("x" * 100, 1))
    one = session()
    with pytest.raises(ValueError, match="bytes"):
        one.feed(handshake() + cut(Message(20, 0, 0, bytes(BEFORE + 1)), 3))
    one = session()
    with pytest.raises(ValueError, match="too many messages"):
        one.feed(handshake() + b"".join(command("a") for _ in range(COMMANDS + 1)))


HEAD = bytes([3]) + bytes(6)  # of a message without a byte, which each chunk of one byte repeats
FLOODS = {
    "empty messages": HEAD + b"\x08" + bytes(4) + b"\xc3" * 20_000,
    "chunk sizes": cut(Message(1, 0, 0, (128).to_bytes(4, "big")), 3) + (b"\xc3" + (128).to_bytes(4, "big")) * 4000,
    "chunks of one byte": cut(Message(1, 0, 0, (1).to_bytes(4, "big")), 2)
    + cut(Message(20, 0, 0, bytes(BEFORE - 300)), 3, 1),
}


@pytest.mark.parametrize("name", FLOODS)
def test_who_has_not_said_a_key_costs_little_work(name: str) -> None:
    """Counted in calls of functions, which are the same on every machine; seconds are not. 1024 empty messages were
    once looked at before the 33rd was refused: 35,000 calls."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    one = session()
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        with pytest.raises(ValueError, match=r"too many|too much|bytes"):
            one.feed(handshake() + FLOODS[name])
    finally:
        sys.setprofile(before)
    assert calls < 8000


def test_messages_under_way_are_counted_together() -> None:
    """Sixteen chunk streams, each with most of a message: only one message's worth of memory is given."""
    half = (BEFORE // 2).to_bytes(3, "big")
    one = session()
    with pytest.raises(ValueError, match="bytes"):
        one.feed(handshake() + b"".join(bytes([3 + i]) + bytes(3) + half + b"\x14" + bytes(4 + 128) for i in range(3)))


def test_a_message_that_is_shortened_half_way_does_not_turn_the_parser_back() -> None:
    """Headers that shorten messages under way once made the parser read the same bytes again and again."""
    long = bytes([3]) + bytes(3) + (1000).to_bytes(3, "big") + b"\x14" + bytes(4) + bytes(128)
    short = bytes([0x40 | 3]) + bytes(3) + (1).to_bytes(3, "big") + b"\x14"
    with pytest.raises(ValueError, match="half-way"):
        session().feed(handshake() + long + short)
    began = time.process_time()
    for _ in range(20):
        with contextlib.suppress(ValueError):
            session().feed(handshake() + (long + short) * 400)
    assert time.process_time() - began < 2


def test_after_the_key_large_pictures_are_taken() -> None:
    one = session()
    one.feed(handshake() + publish())
    one.feed(cut(Message(9, 0, 1, bytes(4 << 20)), 6))
    assert len(one.take()) > 4 << 20


# ---- data messages


def data(name: str, at: int = 0, wrapped: bool = False) -> bytes:
    return cut(Message(18, at, 1, (WRAP if wrapped else b"") + pack(name, {"text": "x"})), 5)


def tags(one: PublisherSession) -> list[Message]:
    return FlvTags().feed(one.take())


def test_metadata_at_the_beginning_is_kept_and_no_other_data() -> None:
    """GStreamer says onMetaData again in the middle, others send cue points and captions: a demuxer takes these for
    streams that begin in the middle."""
    one = session()
    one.feed(handshake() + publish())
    one.feed(data("|RtmpSampleAccess") + data("onMetaData", wrapped=True) + PICTURE)
    one.feed(data("onMetaData", 2000) + data("onCuePoint", 2000) + data("onTextData", 2100) + PICTURE)
    got = tags(one)
    assert [m.kind for m in got] == [18, 9, 9] and is_metadata(got[0])


def test_without_metadata_media_begins_at_once() -> None:
    one = session()
    one.feed(handshake() + publish())
    one.feed(PICTURE + data("onMetaData", 40) + PICTURE)
    assert [m.kind for m in tags(one)] == [9, 9]
