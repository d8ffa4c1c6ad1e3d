"""Blending by value: exact at full opacity, untouched at none, in every way that samples lie."""

import av
import numpy as np
import pytest

from engines.values import F32
from stream.pixels.blend import Area, Blend
from stream.pixels.colour import Siting
from stream.pixels.layout import channel_view, layout_of


def blend_of(name: str, value: int, size: tuple[int, int] = (32, 24)) -> tuple[Blend, av.VideoFrame]:
    layout = layout_of(name)
    assert layout is not None
    frame = av.VideoFrame(*size, name)
    for plane in frame.planes:
        np.frombuffer(memoryview(plane), np.uint8)[:] = 7
    for index in range(len(layout.channels)):
        channel_view(frame, layout, index)[...] = value << layout.shift
    return Blend(frame, layout, Siting(layout.sub_x, layout.sub_y, left=True)), frame


def levels(blend: Blend, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.array(channel_view(blend.frame, blend.layout, index)).astype(int) >> blend.layout.shift


@pytest.mark.parametrize("name", ["yuv420p", "yuv444p", "nv12", "yuv420p10le", "p010le", "gbrp", "rgba", "yuva420p"])
def test_full_opacity_lays_the_very_level(name: str) -> None:
    blend, _ = blend_of(name, 100)
    wanted = [np.full((8, 12), 60.0 + i, np.float32) for i in range(3)]
    blend(Area(4, 6, 12, 8), wanted, np.ones((8, 12), np.float32))
    assert (levels(blend, 0)[6:14, 4:16] == 60).all()
    outside = np.ones(levels(blend, 0).shape, bool)
    outside[6:14, 4:16] = False
    assert (levels(blend, 0)[outside] == 100).all()


@pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le", "gbrp"])
@pytest.mark.parametrize("opacity", [0.25, 0.5])
def test_half_of_both_is_between(name: str, opacity: float) -> None:
    blend, _ = blend_of(name, 100)
    wanted = [np.full((8, 8), 60.0, np.float32)] * 3
    blend(Area(8, 8, 8, 8), wanted, np.full((8, 8), opacity, np.float32))
    assert np.abs(levels(blend, 0)[8:16, 8:16] - (100 - 40 * opacity)).max() <= 1


@pytest.mark.parametrize("area", [Area(3, 5, 7, 9), Area(25, 17, 7, 7), Area(0, 0, 1, 1)])
def test_no_chroma_block_beside_the_area_is_touched(area: Area) -> None:
    blend, _ = blend_of("yuv420p", 100)
    opacity: F32 = np.ones((area.h, area.w), np.float32)
    blend(area, [np.full((area.h, area.w), 50.0, np.float32)] * 3, opacity)
    touched = np.zeros((24, 32), bool)
    touched[area.y : area.y + area.h, area.x : area.x + area.w] = True
    blocks = touched.reshape(12, 2, 16, 2).any((1, 3))
    assert (levels(blend, 1)[~blocks] == 100).all()
    assert (levels(blend, 1)[blocks] < 100).all()


def test_transparency_is_not_touched() -> None:
    blend, frame = blend_of("yuva420p", 100)
    before = bytes(memoryview(frame.planes[3]))
    blend(Area(0, 0, 32, 24), [np.full((24, 32), 9.0, np.float32)] * 3, np.ones((24, 32), np.float32))
    assert bytes(memoryview(frame.planes[3])) == before


def test_levels_beyond_the_range_saturate() -> None:
    blend, _ = blend_of("yuv420p10le", 500)
    blend(
        Area(0, 0, 4, 4), [np.full((4, 4), v, np.float32) for v in (2000.0, -50.0, 512.0)], np.ones((4, 4), np.float32)
    )
    assert levels(blend, 0)[0, 0] == 1023
    assert levels(blend, 1)[0, 0] == 0
