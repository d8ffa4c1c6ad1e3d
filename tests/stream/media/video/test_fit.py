"""Fitting by value: proportions kept, in the middle, whatever way the two pictures lie."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from engines.values import U8, Rect
from stream.media.probe import ColourTags, SourceInfo
from stream.media.video.fit import Fitter, placed
from stream.pixels.geometry import Geometry
from stream.pixels.planes import Planes
from stream.pixels.transfer import light_to_srgb, nits_to_pq
from tests.stream.media.video.joined import disc, extent

TURNS = [(rotation, mirrored) for rotation in (0, 90, 180, 270) for mirrored in (False, True)]
BT709 = ColourTags(1, 1, 1, 1)
PLAIN = SourceInfo(
    "a.mp4", 128, 96, 0, "yuv420p", Fraction(1, 25), Fraction(25), 9, None, "h264", 0, 0, "mp4", colour=BT709
)  # fmt: skip


def info_of(geometry: Geometry, pix_fmt: str = "yuv420p", colour: ColourTags = BT709) -> SourceInfo:
    width, height = geometry.upright
    aspect = geometry.aspect if geometry.aspect != 1 else None
    return replace(
        PLAIN, width=width, height=height, rotation=geometry.rotation, mirrored=geometry.mirrored, aspect=aspect,
        pix_fmt=pix_fmt, colour=colour,
    )  # fmt: skip


def stored(shown: U8, geometry: Geometry, pix_fmt: str = "yuv420p", matrix: int = 1) -> av.VideoFrame:
    """A frame that is seen as `shown` where it is displayed as the geometry says."""
    rgb = np.ascontiguousarray(geometry.unturned(shown))
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format=pix_fmt, dst_colorspace=matrix, dst_color_range=1
    )
    frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = 1, 1, matrix, 1
    return frame


def seen(frame: av.VideoFrame, geometry: Geometry) -> U8:
    planes = Planes.of(frame, geometry.rotation, mirrored=geometry.mirrored, aspect=geometry.aspect)
    return planes.rgb(Rect(0, 0, planes.width, planes.height))


@pytest.mark.parametrize(
    ("now", "first", "size", "at"),
    [
        ((64, 48), (128, 96), (128, 96), (0, 0)),
        ((96, 128), (128, 96), (72, 96), (28, 0)),
        ((320, 180), (480, 480), (480, 270), (0, 104)),
        ((480, 480), (320, 180), (180, 180), (70, 0)),
        ((50, 50), (51, 51), (51, 51), (0, 0)),
        ((1920, 1080), (64, 1000), (64, 36), (0, 482)),
    ],
)
def test_a_picture_lies_in_the_middle_as_large_as_fits(
    now: tuple[int, int], first: tuple[int, int], size: tuple[int, int], at: tuple[int, int]
) -> None:
    assert placed(Geometry(*now), Geometry(*first)) == (size, at)


@pytest.mark.parametrize("target", TURNS)
@pytest.mark.parametrize("turn", TURNS)
def test_every_turn_fits_into_every_other_upright(turn: tuple[int, bool], target: tuple[int, bool]) -> None:
    sides = (64, 96) if turn[0] % 180 == 0 else (96, 64)
    now = Geometry(*sides, *turn)
    first = Geometry(*((128, 96) if target[0] % 180 == 0 else (96, 128)), *target)
    frame = stored(disc(64, 96), now)
    fitted = seen(Fitter(info_of(first)).fit(frame, now), first)
    assert fitted.shape == (96, 128, 3)
    assert extent(fitted) == pytest.approx((38, 38), abs=2)
    (w, h), (left, top) = placed(now, first)
    assert (fitted[:, : left - 2] < 25).all() and (fitted[:, left + w + 2 :] < 25).all(), "black edges"
    assert np.abs(fitted[top + 2, left + w // 2].astype(int) - 30).max() < 15, "up is up"
    assert np.abs(fitted[top + h // 2, left + 1].astype(int) - 230).max() < 20, "left is left"


@pytest.mark.parametrize("aspect", [Fraction(16, 11), Fraction(2), Fraction(8, 9)])
@pytest.mark.parametrize("first", [Geometry(128, 96), Geometry(64, 96, aspect=Fraction(2)), Geometry(200, 60)])
def test_a_round_thing_stays_round(aspect: Fraction, first: Geometry) -> None:
    now = Geometry(96, 64, aspect=aspect)
    width, height = extent(seen(Fitter(info_of(first)).fit(stored(disc(96, 64, float(aspect)), now), now), first))
    assert width == pytest.approx(height, abs=3)


def test_colours_stay_though_the_matrix_changes() -> None:
    now, first = Geometry(64, 48), Geometry(128, 96)
    frame = stored(np.full((48, 64, 3), (200, 60, 40), np.uint8), now, matrix=5)
    fitted = Fitter(info_of(first)).fit(frame, now)
    assert fitted.colorspace == 1
    assert np.abs(seen(fitted, first)[40:60, 40:80].astype(int) - (200, 60, 40)).max() <= 3


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p10le", "yuva420p", "gbrp"])
def test_the_first_pictures_format_is_kept(pix_fmt: str) -> None:
    now, first = Geometry(64, 48), Geometry(128, 96)
    fitter = Fitter(info_of(first, pix_fmt, ColourTags(1, 1, 1 if pix_fmt != "gbrp" else 0, 0)))
    assert fitter.fit(stored(disc(64, 48), now), now).format.name == pix_fmt


def test_sdr_in_an_hdr_video_gets_its_light() -> None:
    now, first = Geometry(64, 48), Geometry(64, 48)
    hdr = info_of(first, "yuv420p10le", ColourTags(9, 16, 9, 1))
    fitted = Fitter(hdr).fit(stored(np.full((48, 64, 3), 128, np.uint8), now), now)
    assert (fitted.color_trc, fitted.color_primaries, fitted.format.name) == (16, 9, "yuv420p10le")
    luma = np.frombuffer(bytes(fitted.planes[0]), "<u2")[0]
    light = 203 * ((128 / 255 + 0.055) / 1.055) ** 2.4
    assert (luma - 64) / 876 == pytest.approx(float(nits_to_pq(np.array(light))), abs=0.005)


def test_hdr_in_an_ordinary_video_is_shown_as_srgb() -> None:
    now, first = Geometry(64, 48), Geometry(128, 48)
    frame = av.VideoFrame(64, 48, "yuv420p10le")
    for plane, level in zip(
        frame.planes, (round(64 + 876 * float(nits_to_pq(np.array(100.0)))), 512, 512), strict=True
    ):
        np.frombuffer(memoryview(plane), "<u2")[:] = level
    frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = 9, 16, 9, 1
    fitter = Fitter(info_of(first))
    assert not fitter.same_colours(frame)
    got = seen(fitter.fit(frame, now), first)
    assert np.abs(got[24, 64].astype(int) - 255 * float(light_to_srgb(np.array(100 / 203)))).max() <= 3
    assert (got[:, :28] < 5).all()
