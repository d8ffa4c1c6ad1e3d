"""The mark on pictures of many formats: luma by a level, chroma and alpha not at all, and readable."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from engines.watermark.detect import detect
from engines.watermark.embed import PERIOD
from engines.watermark.payload import Payload
from stream.frame import Frame
from stream.media.marking import Marker, MarkingSink, new_payload
from stream.picture import Picture
from stream.pixels.layout import Layout, channel_view, layout_of
from stream.pixels.planes import Planes
from stream.pixels.transfer import as_srgb
from tests.engines.watermark.scenes import PAYLOAD, scene

LAYOUT: Layout = layout_of("yuv420p10le") or Layout("", "yuv", 10, 0, 1, 1, ())
FORMATS = ["yuv420p", "yuvj420p", "nv12", "yuv422p10le", "p010le", "yuva420p", "gray", "rgb24", "bgra", "gbrp10le"]


def planes(pix_fmt: str, width: int = 640, height: int = 360, rotation: int = 0) -> Planes:
    luma = scene(1, width, height)[0]
    frame = av.VideoFrame.from_ndarray(np.stack([luma, luma, luma // 2 + 60], axis=2), format="rgb24")
    frame.pts = 5
    return Planes.of(frame.reformat(format=pix_fmt), rotation)


def grey(picture: Planes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(picture.to_av().reformat(format="gray").to_ndarray(), np.uint8)


@pytest.mark.parametrize("pix_fmt", FORMATS)
def test_every_format_carries_the_mark(pix_fmt: str) -> None:
    plain = planes(pix_fmt)
    before = [bytes(plane) for plane in plain.to_av().planes]
    marked = Marker(PAYLOAD).mark(plain, 0)
    assert [bytes(plane) for plane in plain.to_av().planes] == before, "the original was written to"
    assert marked.pix_fmt == pix_fmt and marked.to_av().pts == 5
    step = grey(marked).astype(int) - grey(plain)
    assert 0 < np.abs(step).max() <= 2  # a level, and the conversion's rounding
    assert detect([grey(marked)], thorough=False).payload == PAYLOAD


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuva420p", "nv12", "p010le"])
def test_chroma_and_alpha_keep_their_bits(pix_fmt: str) -> None:
    plain = planes(pix_fmt)
    marked = Marker(PAYLOAD).mark(plain, 0)
    for before, after in zip(plain.to_av().planes[1:], marked.to_av().planes[1:], strict=True):
        assert bytes(before) == bytes(after)


def test_packed_alpha_keeps_its_bits() -> None:
    plain = planes("bgra")
    after = Marker(PAYLOAD).mark(plain, 0).to_av().to_ndarray()
    assert np.array_equal(plain.to_av().to_ndarray()[..., 3], after[..., 3])


def test_a_turned_picture_is_marked_as_it_is_shown() -> None:
    marked = Marker(PAYLOAD).mark(planes("yuv420p", rotation=90), 0)
    shown = np.ascontiguousarray(np.rot90(grey(marked), -1))
    assert shown.shape == (640, 360)
    assert detect([shown], thorough=False).payload == PAYLOAD


def test_still_pictures() -> None:
    luma = scene(1)[0]
    rgb = np.dstack([luma, luma // 2, luma])
    marked = Marker(PAYLOAD).mark_rgb(rgb)
    assert marked.dtype == np.uint8 and np.abs(marked.astype(int) - rgb).max() == 1
    assert detect([np.asarray(marked @ np.array([0.299, 0.587, 0.114]) + 0.5, np.uint8)], False).payload == PAYLOAD


def test_one_marker_follows_a_change_of_size() -> None:
    marker = Marker(PAYLOAD)
    for size in ((640, 360), (320, 240), (640, 360)):
        assert detect([grey(marker.mark(planes("yuv420p", *size), 0))], thorough=False).payload == PAYLOAD


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self.ends: list[str] = []

    def write(self, frame: Frame, picture: Picture) -> None:
        assert frame.index == len(self.pictures)
        self.pictures.append(picture)

    def close(self) -> None:
        self.ends.append("close")

    def finish_early(self) -> None:
        self.ends.append("finish_early")

    def abandon(self) -> None:
        self.ends.append("abandon")


def test_a_sink_marks_what_it_passes_on() -> None:
    kept, one = Kept(), planes("yuv420p")
    sink = MarkingSink(kept, Marker(PAYLOAD))
    for index in range(PERIOD):
        sink.write(Frame(index, index, Fraction(1, 25), one, 0.0), one)
    by_hand = Marker(PAYLOAD)
    for index, picture in enumerate(kept.pictures):
        assert isinstance(picture, Planes)
        assert np.array_equal(grey(picture), grey(by_hand.mark(one, index)))
    first, later = kept.pictures[0], kept.pictures[PERIOD // 2]
    assert isinstance(first, Planes) and isinstance(later, Planes)
    assert not np.array_equal(grey(first), grey(later)), "the sign flips as pictures pass"
    sink.close()
    sink.finish_early()
    sink.abandon()
    assert kept.ends == ["close", "finish_early", "abandon"]


def test_sessions_are_not_linked() -> None:
    drawn = {new_payload(5) for _ in range(50)}
    assert len(drawn) == 50 and {payload.producer for payload in drawn} == {5}
    assert Payload(5, 0) not in drawn


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "nv12", "rgb24", "yuv420p10le"])
def test_a_picture_that_nobody_needs_is_marked_itself(pix_fmt: str) -> None:
    plain = planes(pix_fmt)
    marked = Marker(PAYLOAD).mark(plain, 0)
    before = grey(plain)
    pasted = plain.pasted(())
    assert Marker(PAYLOAD).mark(pasted, 0, last=True) is pasted
    assert np.array_equal(grey(pasted), grey(marked))
    assert Marker(PAYLOAD).mark(plain, 0, last=True) is not plain  # the decoder's memory
    assert np.array_equal(grey(plain), before)


def test_a_mirrored_picture_is_marked_as_it_is_shown() -> None:
    plain = planes("yuv420p")
    mirrored = Planes.of(plain.to_av(), 180, mirrored=True)
    shown = np.ascontiguousarray(mirrored.geometry.turned(grey(Marker(PAYLOAD).mark(mirrored, 0))))
    assert detect([shown], thorough=False).payload == PAYLOAD


def test_an_anamorphic_picture_is_marked_as_it_is_shown() -> None:
    """320 by 360 samples, shown as 640 by 360."""
    marked = Marker(PAYLOAD).mark(Planes.of(planes("yuv420p", 320, 360).to_av(), aspect=Fraction(2)), 0)
    shown = np.asarray(cv2.resize(grey(marked), (640, 360), interpolation=cv2.INTER_LINEAR), np.uint8)
    assert detect([shown], thorough=False).payload == PAYLOAD


def test_hdr_is_marked_as_faintly_as_it_looks() -> None:
    """In PQ a level of bright luma is four times the step of light that it is in sRGB."""
    frame = planes("yuv420p10le").to_av()
    frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = 9, 16, 9, 1
    bright = Planes.of(frame)
    luma = [np.array(channel_view(p.to_av(), LAYOUT, 0)).astype(int) for p in (bright, Marker(PAYLOAD).mark(bright, 0))]
    step, light = np.abs(luma[1] - luma[0]), luma[0]
    assert step.max() <= 4
    assert step[light > 600].mean() < 1.2, "a quarter of a level of 8 bits is one of 10"
    assert 1.5 * step[light > 600].mean() < step[light < 350].mean()
    seen = as_srgb((luma[1].astype(np.float32) - 64) * np.float32(255 / 876), 16)
    assert detect([np.rint(seen).astype(np.uint8)], thorough=False).payload == PAYLOAD
