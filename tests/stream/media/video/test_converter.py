"""Frames as an encoder takes them: colours by value, whatever format they come in."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from av import VideoCodecContext

from stream.media.probe import ColourTags, SourceInfo
from stream.media.video.converter import Converter
from tests.stream.clips import picture

PLAIN = SourceInfo("a.mp4", 64, 48, 0, "yuv420p", Fraction(1, 25), Fraction(25), 9, None, "h264", 0, 0, "mp4")


def made(
    info: SourceInfo, pix_fmt: str, turned: bool = False, codec: str = "libx264"
) -> tuple[Converter, VideoCodecContext]:
    context = VideoCodecContext.create(codec, "w")
    assert isinstance(context, VideoCodecContext)
    return Converter(info, codec, pix_fmt, turned, context), context


def frame_of(rgb: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], pix_fmt: str = "rgb24") -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pix_fmt)


def test_what_fits_passes_as_it_is() -> None:
    convert, context = made(PLAIN, "yuv420p")
    frame = frame_of(picture(0, 64, 48), "yuv420p")
    assert convert(frame) is frame
    assert (context.width, context.height, context.pix_fmt) == (64, 48, "yuv420p")


@pytest.mark.parametrize(
    ("source", "size", "space"), [("rgb24", (64, 48), 5), ("bgra", (1280, 720), 1), ("gbrp", (64, 48), 5)]
)
def test_rgb_gets_the_matrix_that_players_take_for_its_size(source: str, size: tuple[int, int], space: int) -> None:
    info = replace(PLAIN, width=size[0], height=size[1], pix_fmt=source, colour=ColourTags(2, 2, 0, 2))
    convert, context = made(info, "yuv420p")
    assert (context.colorspace, context.color_range) == (space, 1)
    flat = np.full((size[1], size[0], 3), (200, 40, 90), np.uint8)
    got = convert(frame_of(flat, source)).to_ndarray(format="rgb24", src_colorspace=space, src_color_range=1)
    assert np.abs(got[20, 20].astype(int) - (200, 40, 90)).max() <= 3


def test_tags_are_the_sources_own() -> None:
    info = replace(PLAIN, pix_fmt="yuv420p10le", colour=ColourTags(9, 16, 9, 1), aspect=Fraction(16, 11))
    _, context = made(info, "yuv420p10le")
    assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (9, 16, 9, 1)
    assert context.sample_aspect_ratio == Fraction(16, 11)


@pytest.mark.parametrize("turned", [False, True])
def test_a_turned_picture_is_stored_as_it_lies_or_upright(turned: bool) -> None:
    info = replace(PLAIN, width=48, height=64, rotation=90, mirrored=True, aspect=Fraction(2), pix_fmt="gbrp")
    convert, context = made(info, "gbrp", turned, "libx265")
    assert (context.width, context.height) == ((48, 64) if turned else (64, 48))
    assert context.sample_aspect_ratio == (Fraction(1, 2) if turned else 2)
    rgb = picture(1, 64, 48)
    got = convert(frame_of(rgb, "gbrp")).to_ndarray(format="rgb24")
    assert np.array_equal(got, np.rot90(rgb, -1)[:, ::-1] if turned else rgb)


def test_an_odd_size_of_rgb_becomes_even() -> None:
    info = replace(PLAIN, width=33, height=25, pix_fmt="bgra")
    convert, context = made(info, "yuv420p")
    got = convert(frame_of(picture(0, 33, 25), "bgra"))
    assert (context.width, context.height) == (got.width, got.height) == (34, 26)
