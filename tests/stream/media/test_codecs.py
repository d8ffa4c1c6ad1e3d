"""Choices of encoder, options, pixel format and clock, by value."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import av
import pytest
from av.container import OutputContainer

from engines.errors import OutputError
from stream.media.codecs import Encoding, bits, choose_codec, pixel_format, time_base, tune


@contextmanager
def muxer(name: str) -> Iterator[OutputContainer]:
    with av.open(io.BytesIO(), "w", format=name) as container:
        yield container


@pytest.mark.parametrize(
    ("kind", "wanted", "chosen"),
    [
        ("mp4", None, "libx264"),
        ("mpegts", None, "libx264"),
        ("webm", None, "libvpx-vp9"),
        ("mpeg", None, "mpeg2video"),
        ("mp4", "HEVC", "libx265"),
        ("matroska", "av1", "libsvtav1"),
        ("mp4", "libx264", "libx264"),
    ],
)
def test_encoders(kind: str, wanted: str | None, chosen: str) -> None:
    with muxer(kind) as container:
        assert choose_codec(container, wanted) == chosen


@pytest.mark.parametrize(
    ("kind", "wanted"), [("webm", "libx264"), ("mp4", "aac"), ("mp4", "nonsense"), ("mpeg", "av1")]
)
def test_misfits_name_what_fits(kind: str, wanted: str) -> None:
    with muxer(kind) as container, pytest.raises(OutputError, match=r"take one of (lib|mpeg)"):
        choose_codec(container, wanted)


def test_ten_bits_go_where_they_can_stay() -> None:
    with muxer("webm") as webm, muxer("mp4") as mp4:
        assert choose_codec(webm, None, "yuv420p10le") == "libsvtav1"
        assert choose_codec(mp4, None, "yuv420p10le") == "libx264"


@pytest.mark.parametrize(
    ("text", "value"), [("3M", 3_000_000), ("800k", 800_000), ("1.5m", 1_500_000), (64000, 64000), ("2500000", 2500000)]
)
def test_bits(text: str | int, value: int) -> None:
    assert bits(text) == value


@pytest.mark.parametrize("text", ["", "M", "-3M", "0", "3 Mbit", 0])
def test_no_bits(text: str | int) -> None:
    with pytest.raises(OutputError, match="is not a rate"):
        bits(text)


def test_options_of_each_encoder() -> None:
    assert tune("libx264", Encoding()).options == {"preset": "veryfast", "crf": "18"}
    assert tune("libx264", Encoding(bitrate="3M")).options == {"preset": "veryfast"}
    assert tune("libx264", Encoding(bitrate="3M")).bit_rate == 3_000_000
    assert tune("libx265", Encoding(crf=30, preset="slow")).options["crf"] == "30"
    assert tune("libvpx-vp9", Encoding(preset="2")).options["cpu-used"] == "2"
    assert tune("libsvtav1", Encoding()).options == {"preset": "8", "crf": "26"}
    assert tune("mpeg4", Encoding()).quality == 3
    assert tune("mpeg4", Encoding(bitrate="1M")).quality is None
    with pytest.raises(OutputError, match="takes a number as preset"):
        tune("libvpx-vp9", Encoding(preset="fast"))


@pytest.mark.parametrize(
    ("codec", "source", "size", "chosen"),
    [
        ("libx264", "yuv420p", (96, 64), "yuv420p"),
        ("libx264", "yuv422p10le", (96, 64), "yuv422p10le"),
        ("libx264", "p010le", (96, 64), "yuv420p10le"),
        ("libx264", "yuv420p", (95, 64), "yuv444p"),
        ("libx264", "yuv420p", (96, 63), "yuv422p"),
        ("libx264", "yuv420p10le", (95, 63), "yuv444p10le"),
        ("libx264", "rgb24", (96, 64), "yuv420p"),
        ("libx265", "gbrp10le", (96, 64), "yuv420p10le"),
        ("libx264", "gbrp10le", (96, 64), "yuv420p"),
        ("libx264", "pal8", (96, 64), "yuv420p"),
        ("libvpx-vp9", "bgra", (96, 64), "yuv420p"),
        ("prores_ks", "rgb24", (96, 64), "yuv444p10le"),
        ("ffv1", "gbrp", (96, 64), "bgr0"),
        ("libvpx-vp9", "yuv420p", (95, 63), "yuv420p"),
        ("libvpx-vp9", "yuvj420p", (96, 64), "yuv420p"),
        ("libsvtav1", "yuv420p10le", (96, 64), "yuv420p10le"),
        ("mpeg4", "yuv444p", (96, 64), "yuv420p"),
    ],
)
def test_pixel_formats(codec: str, source: str, size: tuple[int, int], chosen: str) -> None:
    assert pixel_format(codec, source, *size) == chosen


def test_an_odd_size_that_an_encoder_cannot_store() -> None:
    with pytest.raises(OutputError, match="odd size 95x63; take --codec libvpx-vp9"):
        pixel_format("libsvtav1", "yuv420p", 95, 63)


def test_clocks() -> None:
    fine, film = Fraction(1, 90000), Fraction(24000, 1001)
    with muxer("mp4") as mp4, muxer("avi") as avi:
        assert time_base(mp4, "libx264", fine, film) == fine
        assert time_base(mp4, "mpeg4", fine, film) == Fraction(1, 10000)
        assert time_base(mp4, "mpeg4", Fraction(1, 600), film) == Fraction(1, 600)
        assert time_base(avi, "libx264", fine, film) == 1 / film
        assert time_base(mp4, "mpeg2video", fine, Fraction(2997, 100)) == Fraction(1001, 30000)
        with pytest.raises(OutputError, match=r"cannot hold 22\.131 frames a second"):
            time_base(mp4, "mpeg2video", fine, Fraction(1350, 61))
