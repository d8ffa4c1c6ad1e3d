"""What the benchmark's viewer makes of pictures and sound, and what a process says that it used."""

import time
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from tests.tools.bench.live.runs import grey
from tools.bench.live import camera
from tools.bench.live.camera import RATE, SAMPLES, picture
from tools.bench.live.processes import ProcessUsage, ViewerRecord


def test_a_viewer_counts_what_it_sees() -> None:
    watch = ViewerRecord()
    for number in (65_534, 65_535, 0, 2):
        watch.picture(picture(grey(), number, 0))
    watch.picture(av.VideoFrame.from_ndarray(grey(), format="yuv420p"))  # no code in it
    sights = watch.sights()
    assert [s.number for s in sights] == [65_534, 65_535, 65_536, 65_538] and watch.unread == 1
    assert all(0 <= s.delay < 0.2 for s in sights)
    watch.forget()
    assert watch.sights() == [] and watch.unread == 0 and watch.skew() is None


def test_a_viewer_keeps_one_picture_to_show() -> None:
    watch = ViewerRecord()
    for number in range(62):
        watch.picture(picture(grey(150), number, 0))
    assert watch.shot is not None and watch.shot.shape == (270, 480, 3)
    assert abs(float(watch.shot[100:].mean()) - 156) < 6  # 150 of 16 to 235


def test_sound_that_comes_with_its_picture_has_no_skew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tone of the whole second, as it would arrive after 40 ms, and pictures that took as long."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "stereo", "s16"
    encoder.options = {"application": "lowdelay"}
    watch, now = ViewerRecord(), [999.5]

    class Clock:
        def __getattr__(self, name: str) -> Any:
            return getattr(time, name)

        def monotonic(self) -> float:
            return now[0]

    monkeypatch.setattr("tools.bench.live.processes.time", Clock())
    for i in range(150):
        start = 999.5 + i * SAMPLES / RATE
        at = (start + np.arange(SAMPLES) / RATE) % 1.0
        tone = np.where(at < camera.CLICK, 12_000 * np.sin(2 * np.pi * 1000 * at), 0).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, i * SAMPLES, Fraction(1, RATE)
        now[0] = start + SAMPLES / RATE + 0.040
        for packet in encoder.encode(frame):
            watch.hear(packet)
        watch.seen.append((i, now[0], 0.040))
    skew = watch.skew()
    assert len(watch.sound) >= 2 and skew is not None and abs(skew) < 0.012


def test_a_meter_measures_this_process() -> None:
    meter, until = ProcessUsage(), time.process_time() + 0.15
    while time.process_time() < until:
        sum(range(1000))
    used = meter.stop()
    assert 0.005 < used.cores <= 1.6 and used.peak_mb >= used.end_mb > 10
