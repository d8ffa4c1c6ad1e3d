"""The burnt-in code: read again after an encoder, refused when damaged."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.values import U8
from tools.bench.live.frame_code import TICK, age, burn, read


def luma(width: int = 640, height: int = 480) -> U8:
    return np.random.default_rng(1).integers(0, 255, (height, width), np.uint8).astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 200_000), st.floats(0, 4e5))
def test_what_is_burnt_is_read(number: int, seconds: float) -> None:
    plane = luma()
    burn(plane, number, seconds)
    assert read(plane) == (number & 0xFFFF, round(seconds / TICK) & 0xFFFFFFFF)


def test_the_rest_of_the_picture_stays() -> None:
    plane, before = luma(), luma()
    burn(plane, 7, 1.0)
    assert (plane[32:] == before[32:]).all() and (plane[:, 448:] == before[:, 448:]).all()


def test_noise_is_no_code() -> None:
    assert read(luma()) is None
    assert read(np.zeros((480, 640), np.uint8)) is None
    assert read(luma(320, 240)) is None


def test_a_damaged_code_is_refused() -> None:
    plane = luma()
    burn(plane, 7, 1.0)
    plane[:16, 160:176] = 255 - plane[:16, 160:176]
    assert read(plane) is None


@pytest.mark.parametrize("rate", [400_000, 3_000_000])
def test_it_outlives_the_encoder(rate: int) -> None:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 640, 480, "yuv420p"
    encoder.bit_rate, encoder.time_base, encoder.framerate = rate, Fraction(1, 30), Fraction(30)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    decoder: Any = av.CodecContext.create("h264", "r")
    found: list[tuple[int, int] | None] = []

    def take(packets: list[Any]) -> None:
        for packet in packets:
            found.extend(
                read(np.asarray(image.to_ndarray(format="gray"), np.uint8)) for image in decoder.decode(packet)
            )

    for i in range(30):
        plane = np.full((720, 640), 128, np.uint8)
        plane[:480] = np.roll(np.arange(640) % 200, 5 * i)
        burn(plane[:480], i, i / 30)
        frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
        frame.pts, frame.time_base = i, Fraction(1, 30)
        take(encoder.encode(frame))
    take(encoder.encode(None))
    good = [f for f in found if f is not None]
    assert [n for n, _ in good] == sorted({n for n, _ in good}) and len(good) >= 28


def test_age_wraps() -> None:
    assert age(1000, 0.15) == pytest.approx(0.05)
    top = (1 << 32) - 100
    assert age(top, ((1 << 32) + 300) * TICK) == pytest.approx(0.04)
    assert age(1000, 0.09) == pytest.approx(-0.01)
