"""Publishers whose streams demuxers do not expect: each costs its own connection at most, and the next one is taken."""

import contextlib
import io
import logging
import socket
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from stream.io.address import inlet
from stream.io.input import Input
from stream.rtmp.amf import pack
from stream.rtmp.chunks import Message
from stream.rtmp.client import RtmpPublisher
from stream.rtmp.flv import tag
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from tests.stream.io.feeding import packets
from tests.stream.io.test_relay import carry, listening, persist

ADDRESS = inlet("rtmp://127.0.0.1/live/some-long-key-here", listen=True)


def clip(seconds: float) -> bytes:
    """An FLV file of as many pictures as there are thirtieths."""
    file = io.BytesIO()
    with av.open(file, "w", format="flv", options={"flvflags": "no_duration_filesize"}) as out:
        video: Any = out.add_stream("libx264", 30, options={"preset": "ultrafast", "tune": "zerolatency", "g": "15"})
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        for i in range(int(seconds * 30)):
            frame = av.VideoFrame.from_ndarray(np.full((180, 160), 4 * i % 200, np.uint8), format="yuv420p")
            frame.pts, frame.time_base = i, Fraction(1, 30)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return file.getvalue()


def tags(data: bytes) -> list[bytes]:
    """The header, then every tag."""
    parts, at = [data[:13]], 13
    while at < len(data):
        end = at + 15 + int.from_bytes(data[at + 1 : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return parts


def script(name: str, value: object, at: int) -> bytes:
    """A data tag with a time of its own, as it comes in the middle."""
    data = pack(name, value)
    stamp = (at & 0xFFFFFF).to_bytes(3, "big") + bytes([at >> 24])
    return bytes([18]) + len(data).to_bytes(3, "big") + stamp + bytes(3) + data + (len(data) + 11).to_bytes(4, "big")


def spoilt(kind: str) -> bytes:
    """A clip with what somebody sends in the middle of it."""
    parts = tags(clip(1.0))
    if kind == "metadata again":
        for index in (30, 20, 10):
            parts.insert(index, script("onMetaData", {"width": 160.0, "height": 120.0}, 33 * index))
    elif kind == "cue points":
        for index in range(8, 28, 2):
            parts.insert(index, script("onCuePoint", {"name": "ad", "time": 1.0}, 33 * index))
    elif kind == "captions":
        parts.insert(10, script("onTextData", {"text": "hello"}, 330))
    elif kind == LATE:
        parts.insert(20, tag(Message(8, 600, 1, b"\xaf\x00\x12\x10")))
        parts[21:21] = [tag(Message(8, 600 + 23 * i, 1, b"\xaf\x01" + bytes(30))) for i in range(12)]
    elif kind == "names that are no UTF-8":
        parts[1] = tag(Message(18, 0, 1, pack("onMetaData") + b"\x03\x00\x05title\x02\x00\x03\xff\xfe\xe9\x00\x00\x09"))
    return b"".join(parts)


LATE = "sound that comes late"  # for which all is opened again
KINDS = ["metadata again", "cue points", "captions", LATE, "names that are no UTF-8"]


def given(slot: Slot, data: bytes) -> None:
    """Hands a publisher over whose whole stream is this."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    slot.give(theirs)

    def send() -> None:
        with ours, contextlib.suppress(OSError):
            ours.sendall(data)

    threading.Thread(target=send).start()


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_publisher_is_taken_after_a_strange_one(kind: str) -> None:
    """Straight at the demuxer, as if our server had let it pass."""
    slot, frames = Slot(), list[av.VideoFrame]()
    source = Input(ADDRESS, frames.append, lambda _: None, slot=slot, linger=0.5)
    given(slot, spoilt(kind))
    given(slot, clip(0.5))
    source.run()
    assert source.count.opened == 2 + (kind == LATE) and source.count.frames >= 15 + 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_relay_carries_a_strange_publisher_and_the_next(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made, server, number, url = listening(str(tmp_path / "out.ts"), linger=2.5)

    def publish() -> None:
        for data in (spoilt(kind), clip(1.0)):

            def send(data: bytes = data) -> None:
                publisher = RtmpPublisher(url)
                for part in tags(data):
                    publisher.write(part)
                    time.sleep(0.01)
                publisher.close()

            persist(send)
            time.sleep(0.3)

    thread = threading.Thread(target=publish)
    with caplog.at_level(logging.WARNING):
        thread.start()
        carry(made, 30, server, number)
        thread.join(20)
    assert made.input.count.opened == 2 + (kind == LATE) and made.input.count.frames == 60, "every picture of both"
    session, output = made.session, made.outputs[0]
    assert session is not None and session.failed is None and output.error is None
    written = sum(len(packets(path, "video")) for path in tmp_path.iterdir())
    assert written == session.left - made.skipped - output.lost > 0, "and what a slow machine leaves out is counted"


def test_a_mistake_of_ours_is_not_taken_for_a_broken_stream() -> None:
    slot = Slot()

    def broken(_: av.VideoFrame) -> None:
        raise ZeroDivisionError

    source = Input(ADDRESS, broken, lambda _: None, slot=slot, linger=0.5)
    given(slot, clip(0.2))
    with pytest.raises(ZeroDivisionError):
        source.run()


def test_the_server_is_there_for_the_next_publisher_of_the_same_key() -> None:
    """The slot is free again, whatever the last publisher sent."""
    import asyncio

    slot = Slot()

    async def main() -> None:
        server = RtmpServer({digest("live/key"): slot})
        url = f"rtmp://127.0.0.1:{await server.open('127.0.0.1', 0)}/live/key"
        for _ in range(2):
            publisher = await asyncio.to_thread(RtmpPublisher, url)
            assert slot.busy
            await asyncio.to_thread(publisher.write, spoilt("cue points"))
            await asyncio.to_thread(publisher.close)
            async with asyncio.timeout(5):
                while slot.busy:
                    await asyncio.sleep(0.01)
        await server.close()

    asyncio.run(main())
