"""MPEG-TS over UDP, in and out: one relay's output is the next one's input; nobody has to be there."""

import itertools
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
from tests.stream.io.feeding import carried, packets, pictures, port, relay, write


def test_from_relay_to_relay(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The second comes a second late, and sees the picture from the next key frame on."""
    write(str(tmp_path / "a.mkv"), 5.0)
    url = f"udp://127.0.0.1:{port()}"
    first = relay(str(tmp_path / "a.mkv"), url, realtime=True)
    sending = threading.Thread(target=carried, args=(first, 10_000))
    sending.start()
    time.sleep(1.0)
    second = relay(url, str(tmp_path / "b.ts"))
    carried(second, 60)
    sending.join(20)
    assert not sending.is_alive() and first.outputs[0].lost == 0 and first.outputs[0].opened == 1
    seen, heard = packets(tmp_path / "b.ts", "video"), packets(tmp_path / "b.ts", "audio")
    assert len(seen) > 50 and len(heard) > 40 and abs(heard[-1] - seen[-1]) < 0.5
    steps = [b - a for a, b in itertools.pairwise(seen)]
    assert min(steps) > 0 and sorted(steps)[len(steps) // 2] == pytest.approx(1 / 30, abs=0.005)
    assert set(pictures(tmp_path / "b.ts")) == {(160, 120)}
    assert second.input.count.damaged <= 60, "what comes before the key frame, two seconds at most, is not shown"
    assert "not used" not in caplog.text, "every option is one that FFmpeg knows"


def test_where_nobody_listens_the_stream_goes_on(tmp_path: Path) -> None:
    write(str(tmp_path / "a.mkv"), 2.0)
    made = relay(str(tmp_path / "a.mkv"), f"udp://127.0.0.1:{port()}", str(tmp_path / "b.ts"), realtime=True)
    carried(made, 10_000)
    assert made.session is not None and made.session.came == 60
    assert [m.opened for m in made.outputs] == [1, 1] and made.outputs[0].error is None
    assert len(packets(tmp_path / "b.ts", "video")) > 50


def test_a_sender_that_is_gone_is_waited_for(tmp_path: Path) -> None:
    """UDP has no end: silence is one. What comes afterwards goes on in the same file."""
    url = f"udp://127.0.0.1:{port()}"
    made = relay(url, str(tmp_path / "b.ts"))

    def send() -> None:
        for _ in range(2):
            time.sleep(0.5)
            write(f"{url}?pkt_size=1316", 2.0, format="mpegts", pace=True)

    sending = threading.Thread(target=send)
    sending.start()
    carried(made, 70)
    sending.join()
    seen = packets(tmp_path / "b.ts", "video")
    assert len(seen) > 60 and all(b > a for a, b in itertools.pairwise(seen)), "though the sender's clock began anew"
    assert 3.0 < seen[-1] - seen[0] < 6.0


def test_a_sender_that_begins_again_with_other_pids_is_taken_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Another program, or the same one set up anew: its streams have other numbers, and there was no silence."""
    url = f"udp://127.0.0.1:{port()}"
    over = threading.Event()
    taken: list[float] = []
    source = Input(inlet(url), lambda frame: taken.append(time.monotonic()), lambda _: None, no_picture=2.0)

    def send() -> None:
        write(f"{url}?pkt_size=1316", 2.0, format="mpegts", pace=True)
        other = {"mpegts_start_pid": "0x321", "mpegts_pmt_start_pid": "0x456", "mpegts_service_id": "7"}
        write(f"{url}?pkt_size=1316", 30.0, format="mpegts", pace=True, options=other, stop=over)

    threads = [threading.Thread(target=call) for call in (send, source.run)]
    with caplog.at_level(logging.WARNING, "understudy.io"):
        for thread in threads:
            thread.start()
        until = time.monotonic() + 25
        while not (source.count.opened >= 2 and len(taken) > 60) and time.monotonic() < until:
            time.sleep(0.05)
        over.set()
        source.stop()
        for thread in threads:
            thread.join(20)
    assert source.count.opened == 2 and len(taken) > 60
    assert any("no picture came for 2 s; opened again in 0.5 s" in r.getMessage() for r in caplog.records)


def sound_that_outlasts_its_picture(path: Path) -> bytes:
    """MPEG-TS of one second of picture and eight of sound."""
    with av.open(str(path), "w", format="mpegts") as out:
        video: Any = out.add_stream("libx264", 30, options={"tune": "zerolatency", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        audio: Any = out.add_stream("aac", 48_000, layout="stereo")
        for i in range(30):
            frame = av.VideoFrame(160, 120, "yuv420p")
            frame.pts, frame.time_base = i, Fraction(1, 30)
            out.mux(video.encode(frame))
        for i in range(8 * 48_000 // 1024):
            noise = np.random.default_rng(i).uniform(-0.5, 0.5, (2, 1024)).astype(np.float32)
            piece = av.AudioFrame.from_ndarray(noise, format="fltp", layout="stereo")
            piece.sample_rate, piece.pts, piece.time_base = 48_000, i * 1024, Fraction(1, 48_000)
            out.mux(audio.encode(piece))
        out.mux(video.encode(None))
    return path.read_bytes()


def test_sound_alone_is_no_picture(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A camera whose picture stopped while its sound goes on."""
    data, number = sound_that_outlasts_its_picture(tmp_path / "a.ts"), port()
    source = Input(inlet(f"udp://127.0.0.1:{number}"), lambda _: None, lambda _: None, no_picture=1.5)
    reading = threading.Thread(target=source.run)
    with (
        caplog.at_level(logging.WARNING, "understudy.io"),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        reading.start()
        time.sleep(0.5)
        for at in range(0, len(data), 1316):
            sender.sendto(data[at : at + 1316], ("127.0.0.1", number))
            if "no picture" in caplog.text:
                break
            time.sleep(0.05)
        source.stop()
        reading.join(15)
    assert "no picture came for 2 s" in caplog.text and source.count.frames > 5 and source.count.packets > 40
