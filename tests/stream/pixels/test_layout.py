"""Layouts by value: subsampling, order and depth of pixel formats, and views that share memory."""

import av
import numpy as np
import pytest

from stream.pixels.layout import NATIVE, Channel, channel_view, layout_of, nearest_native


@pytest.mark.parametrize(
    ("name", "model", "bits", "shift", "sub"),
    [
        ("yuv420p", "yuv", 8, 0, (1, 1)),
        ("yuv422p", "yuv", 8, 0, (1, 0)),
        ("yuv440p", "yuv", 8, 0, (0, 1)),
        ("yuv411p", "yuv", 8, 0, (2, 0)),
        ("yuvj444p", "yuv", 8, 0, (0, 0)),
        ("yuv420p10le", "yuv", 10, 0, (1, 1)),
        ("p010le", "yuv", 10, 6, (1, 1)),
        ("nv16", "yuv", 8, 0, (1, 0)),
        ("gray12le", "gray", 12, 0, (0, 0)),
        ("rgb0", "rgb", 8, 0, (0, 0)),
        ("gbrp16le", "rgb", 16, 0, (0, 0)),
    ],
)
def test_layouts(name: str, model: str, bits: int, shift: int, sub: tuple[int, int]) -> None:
    layout = layout_of(name)
    assert layout is not None
    assert (layout.model, layout.bits, layout.shift, (layout.sub_x, layout.sub_y)) == (model, bits, shift, sub)
    assert layout.dtype == (np.uint8 if bits == 8 else np.uint16)


def test_orders() -> None:
    def order(name: str) -> tuple[Channel, ...]:
        layout = layout_of(name)
        assert layout is not None
        return layout.channels

    assert order("bgra") == (Channel(0, 4, 2), Channel(0, 4, 1), Channel(0, 4, 0))
    assert order("argb") == (Channel(0, 4, 1), Channel(0, 4, 2), Channel(0, 4, 3))
    assert order("gbrp") == (Channel(2, 1, 0), Channel(0, 1, 0), Channel(1, 1, 0))  # R, G, B live in planes 2, 0, 1
    assert order("nv21") == (Channel(0, 1, 0), Channel(1, 2, 1), Channel(1, 2, 0))
    assert len(order("yuva420p")) == 3  # alpha is left alone
    assert len(order("gray")) == 1


@pytest.mark.parametrize("name", ["yuyv422", "pal8", "yuv420p10be", "rgb565le", "monow", "gbrpf32le", "xyz12le"])
def test_others_have_a_near_one(name: str) -> None:
    assert layout_of(name) is None
    assert nearest_native(name) in NATIVE


def test_near_ones_keep_chroma_and_depth() -> None:
    assert nearest_native("yuyv422") in ("yuv422p", "nv16")
    assert nearest_native("yuv420p10be") in ("yuv420p10le", "p010le")
    assert layout_of(nearest_native("rgb48le")) == layout_of("gbrp16le")


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("size", [(16, 12), (15, 11)])
def test_views_write_into_the_frame(name: str, size: tuple[int, int]) -> None:
    layout = layout_of(name)
    assert layout is not None
    frame = av.VideoFrame(*size, name)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    for index in range(len(layout.channels)):
        view = channel_view(frame, layout, index)
        sub = (layout.sub_x, layout.sub_y) if index else (0, 0)
        assert view.shape == (-(-size[1] >> sub[1]), -(-size[0] >> sub[0]))
        view[...] = index + 1
    for index in range(len(layout.channels)):
        assert (channel_view(frame, layout, index) == index + 1).all()
