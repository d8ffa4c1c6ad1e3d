"""Inputs for real: files at their own pace, UDP, HLS over HTTP, publishers without a picture, what breaks."""

import functools
import http.server
import logging
import sys
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engines.errors import InputError
from engines.values import Patch, Rect
from stream.io.address import InputAddress, inlet
from stream.io.input import Input, Sound
from stream.io.video_encoder import VideoEncoder
from stream.pixels.planes import Planes
from stream.rtmp.slot import Slot
from tests.stream.clips import make
from tests.stream.io.feeding import port, tried, write
from tests.stream.media.video.joined import disc, extent
from tests.stream.media.video.test_track import turned_clip


class Taken:
    """What an input handed over."""

    def __init__(self, source: InputAddress, **more: Any) -> None:
        self.frames: list[av.VideoFrame] = []
        self.sounds: list[Sound] = []
        self.begun: list[bool] = []
        self.input = Input(
            source, self.frames.append, self.sounds.append, lambda audio: self.begun.append(audio is not None), **more
        )

    def until(self, count: int, patience: float = 15) -> None:
        """Runs on a thread until so many pictures have come."""
        thread = threading.Thread(target=self.input.run)
        thread.start()
        deadline = time.monotonic() + patience
        while len(self.frames) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        self.input.stop()
        thread.join(15)
        assert not thread.is_alive() and len(self.frames) >= count


def seconds(frame: av.VideoFrame) -> float:
    assert frame.pts is not None and frame.time_base is not None
    return float(frame.pts * frame.time_base)


def test_a_file_plays_at_its_own_pace_from_nought(tmp_path: Path) -> None:
    write(str(tmp_path / "a.mkv"), 1.0)
    taken = Taken(inlet(str(tmp_path / "a.mkv"), realtime=True))
    began = time.monotonic()
    taken.input.run()
    assert 0.8 < time.monotonic() - began < 5 and taken.begun == [True]
    first = seconds(taken.frames[0])
    assert [round((seconds(f) - first) * 30) for f in taken.frames] == list(range(30))
    assert first < 0.1 and taken.sounds[0].seconds < 0.1 and taken.sounds[-1].seconds == pytest.approx(1.0, abs=0.1)
    assert taken.input.count.frames == 30 and taken.input.count.packets == len(taken.sounds)


def test_a_phones_clip_stands_upright(tmp_path: Path) -> None:
    make(tmp_path / "a.mp4", frames=3, size=(96, 64), rotation=90)
    taken = Taken(inlet(str(tmp_path / "a.mp4"), realtime=True))
    taken.input.run()
    assert {(f.width, f.height) for f in taken.frames} == {(64, 96)}


def test_a_front_cameras_clip_is_mirrored_and_pixels_become_square(tmp_path: Path) -> None:
    turned_clip(tmp_path / "a.mp4", (0, True), disc(96, 64, 16 / 11), Fraction(16, 11))
    taken = Taken(inlet(str(tmp_path / "a.mp4"), realtime=True))
    taken.input.run()
    for frame in taken.frames:
        rgb = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
        assert rgb.shape == (64, 140, 3)
        width, height = extent(rgb)
        assert abs(width - height) <= 3
        assert rgb[32, -2].min() > 200, "what lay at the left is shown at the right"


def test_mpeg_ts_over_udp(tmp_path: Path) -> None:
    url = f"udp://127.0.0.1:{port()}"
    taken = Taken(inlet(url))
    threading.Timer(0.5, write, (f"{url}?pkt_size=1316", 4.0), {"format": "mpegts", "pace": True}).start()
    taken.until(20)
    assert taken.begun == [True] and taken.sounds
    steps = [seconds(b) - seconds(a) for a, b in zip(taken.frames, taken.frames[1:], strict=False)]
    assert all(s > 0 for s in steps) and sorted(steps)[len(steps) // 2] == pytest.approx(1 / 30, abs=0.005)


def test_hls_over_http(tmp_path: Path) -> None:
    """What we write as HLS, a client pulls by HTTP."""
    write(str(tmp_path / "a.m3u8"), 3.0, format="hls")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        Taken(inlet(f"http://127.0.0.1:{server.server_address[1]}/a.m3u8")).until(60)
        server.shutdown()
        thread.join()


def test_an_address_that_does_not_answer_is_tried_on_and_can_be_stopped(caplog: pytest.LogCaptureFixture) -> None:
    taken = Taken(inlet(f"rtmp://127.0.0.1:{port()}/live/hidden-key"))
    with caplog.at_level(logging.WARNING):
        assert tried(taken.input, 1.2)
    words = [r.getMessage() for r in caplog.records]
    assert len(words) >= 2 and "opened again in 0.5 s" in words[0] and "opened again in 1.0 s" in words[1]
    assert "hidden-key" not in caplog.text


def test_waiting_for_a_publisher_ends_with_its_patience_or_a_stop() -> None:
    source = inlet("rtmp://127.0.0.1/live/some-long-key-here", listen=True)
    taken = Taken(source, slot=Slot(), linger=0.3)
    began = time.monotonic()
    taken.input.run()
    assert 0.2 < time.monotonic() - began < 3
    taken = Taken(source, slot=Slot())
    threading.Timer(0.3, taken.input.stop).start()
    began = time.monotonic()
    taken.input.run()
    assert time.monotonic() - began < 3


def test_a_publisher_of_sound_alone_does_not_end_the_listening(caplog: pytest.LogCaptureFixture) -> None:
    import socket

    slot = Slot()
    taken = Taken(inlet("rtmp://127.0.0.1/live/some-long-key-here", listen=True), slot=slot, linger=1.0)
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    slot.give(theirs)
    with ours:
        ours.sendall(b"FLV\x01\x04\x00\x00\x00\x09\x00\x00\x00\x00")
    taken.input.run()
    assert not taken.frames and "waiting for a publisher" in caplog.text


def test_a_file_that_is_none_says_so_with_its_name(tmp_path: Path) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"nothing" * 100)
    with pytest.raises(InputError, match=r"junk\.mp4 cannot be read"):
        Taken(inlet(str(junk), realtime=True)).input.run()


def test_damage_is_counted_and_never_shown(tmp_path: Path) -> None:
    write(str(tmp_path / "a.ts"), 2.0, sound=None)
    data = bytearray((tmp_path / "a.ts").read_bytes())
    for at in range(len(data) // 3, len(data) // 2, 500):
        data[at : at + 30] = b"\xa5" * 30
    (tmp_path / "a.ts").write_bytes(data)
    taken = Taken(inlet(str(tmp_path / "a.ts"), realtime=True))
    taken.input.run()
    assert 10 < len(taken.frames) < 60 and taken.input.count.damaged > 0
    assert not any(f.is_corrupt for f in taken.frames)


@pytest.mark.skipif(sys.platform != "linux", reason="v4l2 is Linux's")
@pytest.mark.parametrize(
    ("device", "words"), [("/dev/video-none", "No such file"), ("/dev/null", "Inappropriate ioctl")]
)
def test_a_camera_that_is_not_there_is_waited_for(device: str, words: str, caplog: pytest.LogCaptureFixture) -> None:
    """As far as one gets without one: FFmpeg's own v4l2 says what is wrong, and a camera may be plugged in later."""
    taken = Taken(inlet(f"v4l2:{device}?video_size=640x480&input_format=mjpeg"))
    with caplog.at_level(logging.WARNING):
        assert tried(taken.input, 0.3)
    assert f"{device}: {words}" in caplog.text and "opened again in 0.5 s" in caplog.text


@pytest.mark.parametrize(
    ("codec", "pixels", "size"), [("rawvideo", "yuyv422", (160, 120)), ("mjpeg", "yuvj422p", (160, 120))]
)
def test_the_formats_of_webcams_go_through(codec: str, pixels: str, size: tuple[int, int], tmp_path: Path) -> None:
    """Packed 4:2:2 and Motion JPEG, as USB cameras give them, end as pictures that can be painted and encoded."""
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        stream: Any = out.add_stream(codec, 30)
        (stream.width, stream.height), stream.pix_fmt = size, pixels
        for _ in range(10):
            out.mux(stream.encode(av.VideoFrame(*size, "gray").reformat(format=pixels)))
        out.mux(stream.encode(None))
    taken = Taken(inlet(str(tmp_path / "a.mkv"), realtime=True))
    taken.input.run()
    assert [f.format.name for f in taken.frames] == [pixels] * 10
    press = VideoEncoder(preset="ultrafast")
    patch = Patch(8, 8, np.full((16, 16, 3), 200, np.uint8), np.ones((16, 16), np.float32))
    for frame in taken.frames:
        picture = Planes.of(frame).pasted((patch,))
        assert picture.rgb(Rect(8, 8, 16, 16)).mean() == pytest.approx(200, abs=3)
        image = picture.to_av()
        image.pts = frame.pts
        assert press.encode(image)
    press.close()
