"""FLV by value: tags there and back, what the beginning says, and metadata told from other data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rtmp.amf import pack
from stream.rtmp.chunks import Message
from stream.rtmp.flv import WRAP, FlvTags, header, is_key_frame, is_metadata, is_sequence_header, tag
from tests.stream.rtmp.test_chunks import MESSAGE


@given(
    st.lists(MESSAGE.filter(lambda m: m.kind != 20 and not is_metadata(m)), min_size=1, max_size=4), st.integers(1, 300)
)
def test_tags_come_back(messages: list[Message], step: int) -> None:
    data = header(messages[0]) + b"".join(tag(m) for m in messages)
    tags, got = FlvTags(), []
    for at in range(0, len(data), step):
        got += tags.feed(data[at : at + step])
    assert [(m.kind, m.timestamp) for m in got] == [(m.kind, m.timestamp) for m in messages]
    assert [m.data.removeprefix(WRAP) for m in got] == [m.data.removeprefix(WRAP) for m in messages]


def test_the_beginning_says_whether_there_is_sound() -> None:
    assert header(Message(18, 0, 1, b"videocodecid"))[4] == 1
    assert header(Message(18, 0, 1, b"videocodecid audiocodecid"))[4] == 5
    assert header(Message(9, 0, 1, b""))[4] == 5


def test_metadata_is_told_from_other_data_and_is_of_the_time_nought() -> None:
    plain = Message(18, 5000, 1, pack("onMetaData", {"width": 1.0}))
    wrapped = Message(18, 5000, 1, WRAP + plain.data)
    cue = Message(18, 5000, 1, pack("onCuePoint", {"name": "onMetaData"}))
    assert is_metadata(plain) and is_metadata(wrapped) and not is_metadata(cue)
    assert tag(plain) == tag(wrapped) and tag(plain)[4:8] == bytes(4)
    assert tag(cue)[4:8] == b"\x00\x13\x88\x00"


@pytest.mark.parametrize(
    ("kind", "data", "configures", "key"),
    [
        (9, b"\x17\x00", True, False),  # AVC
        (9, b"\x17\x01", False, True),
        (9, b"\x27\x01", False, False),
        (9, b"\x17\x02", False, True),  # the end of a sequence, as nobody sends it
        (9, b"\x1c\x00", True, False),  # HEVC, as some number it
        (9, b"\x12\x00", False, True),  # Sorenson's, whose pictures tell all
        (9, b"\x90hvc1", True, False),  # Enhanced RTMP
        (9, b"\x91hvc1", False, True),
        (9, b"\xa1hvc1", False, False),
        (8, b"\xaf\x00", True, False),
        (8, b"\xaf\x01", False, False),
        (8, b"\x2f\x00", False, False),  # MP3
        (8, b"\x90Opus", True, False),
        (8, b"\x91Opus", False, False),
        (9, b"", False, False),
        (8, b"", False, False),
        (18, b"\x17\x00", False, False),
    ],
)
def test_what_configures_a_decoder_and_what_it_may_begin_with(
    kind: int, data: bytes, configures: bool, key: bool
) -> None:
    message = Message(kind, 0, 1, data)
    assert (is_sequence_header(message), is_key_frame(message)) == (configures, key)
