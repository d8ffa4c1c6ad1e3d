"""One output: always from a key frame, never in anybody's way, opened again, and another file for other streams."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from stream.io.address import outlet
from stream.io.output import HELD, Output
from stream.io.video_encoder import CLOCK, EncodedPicture, VideoEncoder
from tests.stream.io.feeding import packets, pictures


class Source:
    """Pictures for a mouth, and what it may ask of them."""

    def __init__(self, size: tuple[int, int] = (160, 120)) -> None:
        self.press, self.size, self.asked, self.era, self.count = VideoEncoder(preset="ultrafast"), size, 0, 1, 0

    def want_key(self) -> None:
        self.asked += 1
        self.press.want_key()

    def templates(self) -> tuple[int, Any, Any]:
        return self.era, self.press.template, None

    def piece(self) -> EncodedPicture:
        width, height = self.size
        frame = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), self.count % 200, np.uint8), "yuv420p")
        frame.pts, frame.time_base = self.count * 3000, CLOCK
        self.count += 1
        (piece,) = self.press.press(frame)
        return replace(piece, era=self.era)


@contextlib.contextmanager
def speaking(source: Source, place: str) -> Iterator[Output]:
    mouth = Output(outlet(place), source.templates, source.want_key)
    try:
        yield mouth
    finally:
        mouth.close()
        source.press.close()


def settled(mouth: Output) -> None:
    """Waits until it has taken all it was given."""
    deadline = time.monotonic() + 10
    while len(mouth._ring) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)


def test_what_comes_before_the_first_key_frame_is_left_out_and_not_missed(tmp_path: Path) -> None:
    source = Source()
    source.piece()  # the key frame, which it does not get
    with speaking(source, str(tmp_path / "a.mkv")) as mouth:
        mouth.put(source.piece())
        settled(mouth)
        assert source.asked and not mouth.open and mouth.lost == 0
        for _ in range(5):
            mouth.put(source.piece())
        settled(mouth)
        assert mouth.open and mouth.sent == 5 and mouth.opened == 1
    with av.open(str(tmp_path / "a.mkv")) as file:
        first = next(p for p in file.demux(video=0) if p.size)
        assert first.is_keyframe
    assert len(packets(tmp_path / "a.mkv", "video")) == 5


def test_another_size_is_another_file_and_the_first_stays_whole(tmp_path: Path) -> None:
    source = Source()
    with speaking(source, str(tmp_path / "a.mp4")) as mouth:
        for _ in range(10):
            mouth.put(source.piece())
        settled(mouth)
        source.size, old = (240, 180), source.piece()
        source.era = 2
        new = source.piece()
        mouth.put(replace(new, era=2))
        mouth.put(old)  # late, of the old kind
        for _ in range(9):
            mouth.put(source.piece())
        settled(mouth)
        assert mouth.lost >= 1
    assert pictures(tmp_path / "a.mp4") == [(160, 120)] * 10
    assert set(pictures(tmp_path / "a-2.mp4")) == {(240, 180)}


def test_an_output_that_takes_nothing_is_in_nobodys_way(tmp_path: Path) -> None:
    """A server that accepts and then neither answers nor reads."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = Source()
        with speaking(source, f"rtmp://127.0.0.1:{server.getsockname()[1]}/live/x") as mouth:
            pieces = [source.piece() for _ in range(3 * HELD)]
            ticks: list[float] = []
            done = threading.Event()

            def tick() -> None:  # the rest of the process goes on meanwhile
                while not done.is_set():
                    ticks.append(time.monotonic())
                    time.sleep(0.01)

            thread = threading.Thread(target=tick)
            thread.start()
            began = time.monotonic()
            for piece in pieces:
                mouth.put(piece)
            assert time.monotonic() - began < 1.0
            time.sleep(1.5)
            done.set()
            thread.join()
            assert max(np.diff(ticks)) < 1.0, "connecting holds no lock"
            assert len(mouth._ring) <= HELD and mouth.lost >= HELD and mouth.opened == 0


def test_a_file_that_cannot_be_written_is_given_up_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.ts").mkdir()
    source = Source()
    with speaking(source, str(tmp_path / "a.ts")) as mouth:
        for _ in range(5):
            mouth.put(source.piece())
        settled(mouth)
        assert isinstance(mouth.error, OSError) and mouth.lost == 5


def test_after_a_hole_it_begins_with_a_key_frame(tmp_path: Path) -> None:
    source = Source()
    with speaking(source, str(tmp_path / "a.ts")) as mouth:
        for _ in range(3):
            mouth.put(source.piece())
        settled(mouth)
        mouth._ring.shed += 1  # as if the ring had been full
        asked = source.asked
        mouth.put(source.piece())
        settled(mouth)
        assert source.asked > asked and mouth.sent == 3 and mouth.lost == 1
        mouth.put(source.piece())
        settled(mouth)
        assert mouth.sent == 4 and mouth.opened == 1


def test_times_rise_whatever_comes(tmp_path: Path) -> None:
    source = Source()
    with speaking(source, str(tmp_path / "a.mp4")) as mouth:
        for back in (0, 0, 50_000, 0):
            piece = source.piece()
            mouth.put(replace(piece, pts=max(0, piece.pts - back)))
        settled(mouth)
    seen = packets(tmp_path / "a.mp4", "video")
    assert len(seen) == 4 and all(b > a for a, b in pairwise(seen))


def test_after_its_close_nothing_is_taken(tmp_path: Path) -> None:
    source = Source()
    with speaking(source, str(tmp_path / "a.ts")) as mouth:
        piece = source.piece()
        mouth.close()
        mouth.put(piece)
        assert mouth.lost == 1
    with pytest.raises(StopIteration):
        next(iter(tmp_path.iterdir()))
