"""One output: always from a key frame, never in anybody's way, opened again, and another file for other streams."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from stream.io.address import outlet
from stream.io.output import HELD, Output
from stream.io.video_encoder import CLOCK, EncodedPacket, VideoEncoder
from tests.stream.io.feeding import packets, pictures


class Source:
    """Pictures for a output, and what it may ask of them."""

    def __init__(self, size: tuple[int, int] = (160, 120)) -> None:
        self.encoder, self.size, self.asked, self.era, self.count = VideoEncoder(preset="ultrafast"), size, 0, 1, 0

    def want_key(self) -> None:
        self.asked += 1
        self.encoder.want_key()

    def templates(self) -> tuple[int, Any, Any]:
        return self.era, self.encoder.template, None

    def packet(self) -> EncodedPacket:
        width, height = self.size
        frame = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), self.count % 200, np.uint8), "yuv420p")
        frame.pts, frame.time_base = self.count * 3000, CLOCK
        self.count += 1
        (packet,) = self.encoder.encode(frame)
        return replace(packet, era=self.era)


@contextlib.contextmanager
def writing(source: Source, place: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Output]:
    output = Output(outlet(place), source.templates, source.want_key, clock)
    output.start()
    try:
        yield output
    finally:
        output.close()
        source.encoder.close()


def settled(output: Output) -> None:
    """Waits until it has taken all it was given."""
    deadline = time.monotonic() + 10
    while output.waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)


def test_what_comes_before_the_first_key_frame_is_left_out_and_not_missed(tmp_path: Path) -> None:
    source = Source()
    source.packet()  # the key frame, which it does not get
    with writing(source, str(tmp_path / "a.mkv")) as output:
        output.put(source.packet())
        settled(output)
        assert source.asked and not output.open and output.lost == 0
        for _ in range(5):
            output.put(source.packet())
        settled(output)
        assert output.open and output.sent == 5 and output.opened == 1
    with av.open(str(tmp_path / "a.mkv")) as file:
        first = next(p for p in file.demux(video=0) if p.size)
        assert first.is_keyframe
    assert len(packets(tmp_path / "a.mkv", "video")) == 5


def test_another_size_is_another_file_and_the_first_stays_whole(tmp_path: Path) -> None:
    source = Source()
    with writing(source, str(tmp_path / "a.mp4")) as output:
        for _ in range(10):
            output.put(source.packet())
        settled(output)
        source.size, old = (240, 180), source.packet()
        source.era = 2
        new = source.packet()
        output.put(replace(new, era=2))
        output.put(old)  # late, of the old kind
        for _ in range(9):
            output.put(source.packet())
        settled(output)
        assert output.lost >= 1
    assert pictures(tmp_path / "a.mp4") == [(160, 120)] * 10
    assert set(pictures(tmp_path / "a-2.mp4")) == {(240, 180)}


def test_an_output_that_takes_nothing_is_in_nobodys_way(tmp_path: Path) -> None:
    """A server that accepts and then neither answers nor reads."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = Source()
        with writing(source, f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/x") as output:
            encoded = [source.packet() for _ in range(3 * HELD)]
            ticks: list[float] = []
            done = threading.Event()

            def tick() -> None:  # the rest of the process goes on meanwhile
                while not done.is_set():
                    ticks.append(time.monotonic())
                    time.sleep(0.01)

            thread = threading.Thread(target=tick)
            thread.start()
            began = time.monotonic()
            for packet in encoded:
                output.put(packet)
            assert time.monotonic() - began < 1.0
            time.sleep(1.5)
            done.set()
            thread.join()
            assert max(np.diff(ticks)) < 1.0, "connecting holds no lock"
            assert output.waiting <= HELD and output.lost >= HELD and output.opened == 0


def test_a_file_that_cannot_be_written_is_given_up_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.ts").mkdir()
    source = Source()
    with writing(source, str(tmp_path / "a.ts")) as output:
        for _ in range(5):
            output.put(source.packet())
        settled(output)
        assert isinstance(output.error, OSError) and output.lost == 5


def test_after_a_hole_it_begins_with_a_key_frame(tmp_path: Path) -> None:
    """While its thread is held up, one packet more comes than is kept."""
    source, gate, begun = Source(), threading.Event(), threading.Event()
    gate.set()

    def clock() -> float:
        begun.set()
        assert gate.wait(10)
        return time.monotonic()

    with writing(source, str(tmp_path / "a.ts"), clock) as output:
        for _ in range(3):
            output.put(source.packet())
        settled(output)
        gate.clear()
        begun.clear()
        output.put(source.packet())
        assert begun.wait(10)
        asked, late = source.asked, [source.packet() for _ in range(HELD + 1)]
        for packet in late:
            output.put(packet)
        assert (output.sent, output.lost, source.asked) == (4, 1, asked), "the oldest made room"
        gate.set()
        settled(output)
        without = next(n for n, packet in enumerate(late[1:]) if packet.key)
        assert without > 0 and source.asked > asked
        assert (output.lost, output.sent, output.opened) == (1 + without, 4 + HELD - without, 1)


def test_times_rise_whatever_comes(tmp_path: Path) -> None:
    source = Source()
    with writing(source, str(tmp_path / "a.mp4")) as output:
        for back in (0, 0, 50_000, 0):
            packet = source.packet()
            output.put(replace(packet, pts=max(0, packet.pts - back)))
        settled(output)
    seen = packets(tmp_path / "a.mp4", "video")
    assert len(seen) == 4 and all(b > a for a, b in pairwise(seen))


def test_after_its_close_nothing_is_taken(tmp_path: Path) -> None:
    source = Source()
    with writing(source, str(tmp_path / "a.ts")) as output:
        packet = source.packet()
        output.close()
        output.put(packet)
        assert output.lost == 1
    with pytest.raises(StopIteration):
        next(iter(tmp_path.iterdir()))
