"""A publisher's tags as files: one where sound begins with the picture, two where it begins late; and in a relay."""

import io
import threading
import time
from pathlib import Path

import av
import pytest

from stream.io.publisher_stream import PublisherStream
from stream.rtmp.chunks import Message
from stream.rtmp.client import RtmpPublisher
from stream.rtmp.flv import SOUND, FlvTags, header, tag
from tests.stream.io import clapper
from tests.stream.io.test_relay import carry, listening, persist

KEY, INTER = b"\x17\x01\x00\x00\x00", b"\x27\x01\x00\x00\x00"
AVC, AAC = Message(9, 0, 1, b"\x17\x00\x00\x00\x00avcC"), Message(8, 0, 1, b"\xaf\x00\x12\x10")


def picture(at: int, key: bool = False) -> Message:
    return Message(9, at, 1, (KEY if key else INTER) + bytes(40))


def sound(at: int) -> Message:
    return Message(8, at, 1, b"\xaf\x01" + bytes(20))


def file(*messages: Message) -> io.BytesIO:
    return io.BytesIO(header(messages[0]) + b"".join(map(tag, messages)))


def rest(stream: PublisherStream, step: int = 1000) -> list[Message]:
    """To the end of the file."""
    tags, got = FlvTags(), list[Message]()
    while data := stream.read(step):
        got += tags.feed(data)
    return got


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_one_file_where_sound_comes_with_the_picture(step: int) -> None:
    sent = [AVC, AAC, picture(0, True), sound(0), picture(33), sound(23), picture(66, True)]
    stream = PublisherStream(file(*sent))
    assert rest(stream, step) == sent and not stream.next_part() and rest(stream) == []


def late() -> list[Message]:
    return [AVC, picture(0, True), picture(33), AAC, sound(40), picture(66), sound(70), picture(100, True), sound(110)]


@pytest.mark.parametrize("before", [0, 60, 300], ids=["at once", "after a picture", "after sound has come"])
def test_late_sound_begins_a_file_at_the_next_key_frame_with_all_that_decoders_need(before: int) -> None:
    """before: bytes that the demuxer reads before it knows that it has no sound."""
    stream, tags, first = PublisherStream(file(*late())), FlvTags(), list[Message]()
    taken = 0
    while taken < before:
        taken += len(data := stream.read(before - taken))
        first += tags.feed(data)
    stream.without_sound()
    while data := stream.read(1000):
        first += tags.feed(data)
    assert [m.timestamp for m in first if m.kind == 9] == [0, 0, 33, 66]
    assert stream.next_part()
    second = rest(stream)
    assert [(m.kind, m.timestamp) for m in second] == [(9, 100), (8, 100), (9, 100), (8, 110)]
    assert second[0].data == AVC.data and second[1].data == AAC.data


def test_without_sound_all_stays_one_file() -> None:
    sent = [AVC, picture(0, True), picture(33), picture(66, True), picture(99)]
    stream = PublisherStream(file(*sent))
    stream.without_sound()
    assert rest(stream) == sent and not stream.next_part()


def test_sound_that_no_demuxer_understands_begins_a_file_once() -> None:
    stream = PublisherStream(file(*late(), picture(200, True), sound(210), picture(300, True)))
    stream.without_sound()
    rest(stream)
    assert stream.next_part()
    stream.without_sound()
    assert [m.timestamp for m in rest(stream) if m.kind == 9] == [100, 100, 200, 300] and not stream.next_part()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> list[Message]:
    """Four seconds of FFmpeg's FLV, whose sound begins after the first."""
    path = clapper.make(tmp_path_factory.mktemp("clapper") / "clip.mkv", 4.0)
    data = io.BytesIO()
    with av.open(str(path)) as given, av.open(data, "w", format="flv") as out:
        copies = {s.index: out.add_stream_from_template(s) for s in given.streams if s.type in ("video", "audio")}
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = copies[packet.stream.index]
                out.mux(packet)
    messages = FlvTags().feed(data.getvalue())
    config = next(m for m in messages if m.kind == SOUND)
    kept = [m for m in messages if m.kind != SOUND or m.timestamp >= 1000]
    at = next(i for i, m in enumerate(kept) if m.kind == SOUND)
    return [*kept[:at], Message(SOUND, kept[at].timestamp, 1, config.data), *kept[at:]]


def test_late_sound_is_in_the_outputs_and_in_step(clip: list[Message], tmp_path: Path) -> None:
    made, server, number, url = listening(str(tmp_path / "out.ts"), str(tmp_path / "live.m3u8"), linger=1.0)

    def publish() -> None:
        def send() -> None:
            publisher, began = RtmpPublisher(url), time.monotonic()
            publisher.write(header(clip[0]))
            for message in clip:
                time.sleep(max(0.0, began + message.timestamp / 1000 - time.monotonic()))
                publisher.write(tag(message))
            publisher.close()

        persist(send)

    thread = threading.Thread(target=publish)
    thread.start()
    carry(made, 30, server, number)
    thread.join(20)
    assert made.input.count.opened == 2 and made.input.count.frames == 120, "no picture is lost on the way"
    assert made.input.count.packets > 100
    with av.open(str(tmp_path / "out.ts")) as first:
        assert not first.streams.audio
    for name in ("out-2.ts", "live.m3u8"):
        skews = clapper.skews(tmp_path / name)
        assert len(skews) >= 3 and max(map(abs, skews)) < 0.025, name
