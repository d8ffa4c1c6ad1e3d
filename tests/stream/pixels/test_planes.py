"""Planes by value: every pixel format, edges, rotation, and what must not change."""

import time
from collections.abc import Callable
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from engines.values import F32, U8, Patch, Rect
from stream.pixels.geometry import Geometry
from stream.pixels.layout import NATIVE, Samples, channel_view, layout_of
from stream.pixels.planes import Planes
from stream.pixels.transfer import hlg_to_scene, light_to_srgb, nits_to_pq, pq_to_nits, scene_to_hlg
from tests.stream.clips import picture

YUV = [name for name in NATIVE if "yuv" in name or name.startswith(("nv", "p0", "p2"))]
HALVED = ("yuv420p", "yuvj420p", "nv12", "yuv420p10le", "p010le", "yuv422p")


def frame_of(rgb: U8, name: str = "yuv420p", matrix: int = 1) -> av.VideoFrame:
    """A frame made by swscale with the matrix tagged."""
    full = name.startswith(("yuvj", "gray")) or av.VideoFormat(name).is_rgb
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format=name, dst_colorspace=matrix, dst_color_range=2 if full else 1, src_color_range=2
    )
    frame.colorspace = matrix
    frame.color_range = 2 if full else 1
    return frame


def channels(frame: av.VideoFrame) -> list[Samples]:
    layout = layout_of(frame.format.name)
    assert layout is not None
    return [np.array(channel_view(frame, layout, i)) for i in range(len(layout.channels))]


def disc(size: int) -> F32:
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    far = np.hypot(x - size / 2 + 0.5, y - size / 2 + 0.5)
    return np.asarray(np.clip((size / 2 - 3 - far) / 6, 0, 1), np.float32)


@pytest.mark.parametrize("name", NATIVE)
def test_every_format_reads_back_its_picture(name: str) -> None:
    rgb = picture(3, 96, 64)
    expected = rgb.astype(int)
    if name.startswith("gray"):
        rgb = np.repeat(rgb[..., :1], 3, 2)
        expected = rgb.astype(int)
    read = Planes.of(frame_of(rgb, name)).rgb(Rect(0, 0, 96, 64))
    assert np.abs(read - expected).mean() < 2
    assert np.abs(read - expected).max() <= 8


@pytest.mark.parametrize("matrix", [1, 5, 9])
def test_the_matrix_tag_is_honoured(matrix: int) -> None:
    rgb = np.full((64, 96, 3), (200, 40, 90), np.uint8)
    planes = Planes.of(frame_of(rgb, "yuv444p", matrix))
    assert np.abs(planes.rgb(Rect(0, 0, 96, 64)).astype(int) - rgb).max() <= 2


def test_an_unknown_format_is_converted_once() -> None:
    planes = Planes.of(frame_of(picture(0, 96, 64)).reformat(format="yuyv422"))
    assert planes.pix_fmt == planes.to_av().format.name == "yuv422p"
    assert np.abs(planes.rgb(Rect(0, 0, 96, 64)).astype(int) - picture(0, 96, 64)).mean() < 4


@pytest.mark.parametrize("x", [0, 1, 2, 7])
@pytest.mark.parametrize("y", [0, 1, 5])
def test_a_region_equals_the_same_part_of_the_whole(x: int, y: int) -> None:
    planes = Planes.of(frame_of(picture(1, 96, 64)))
    whole = planes.rgb(Rect(0, 0, 96, 64))
    assert np.array_equal(planes.rgb(Rect(x, y, 33, 21)), whole[y : y + 21, x : x + 33])


@pytest.mark.parametrize(
    "rect", [Rect(-5, -4, 20, 20), Rect(85, 55, 20, 20), Rect(200, 10, 6, 6), Rect(-50, -50, 5, 5)]
)
def test_over_the_edge_the_border_repeats(rect: Rect) -> None:
    planes = Planes.of(frame_of(picture(1, 96, 64)))
    whole = planes.rgb(Rect(0, 0, 96, 64))
    rows = np.clip(np.arange(rect.y, rect.y + rect.h), 0, 63)
    columns = np.clip(np.arange(rect.x, rect.x + rect.w), 0, 95)
    assert np.array_equal(planes.rgb(rect), whole[rows[:, None], columns])


@pytest.mark.parametrize("size", [(95, 63), (33, 65), (1, 1)])
def test_odd_sizes_read_and_paste(size: tuple[int, int]) -> None:
    rgb = picture(2, *size)
    planes = Planes.of(frame_of(rgb))
    whole = Rect(0, 0, *size)
    assert np.abs(planes.rgb(whole).astype(int) - rgb).mean() < 4
    flat = np.full((size[1], size[0], 3), (180, 60, 90), np.uint8)
    pasted = planes.pasted((Patch(0, 0, flat, np.ones(flat.shape[:2], np.float32)),))
    assert np.abs(pasted.rgb(whole).astype(int) - flat).max() <= 2


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation_is_applied_to_what_is_read(rotation: int) -> None:
    rgb = picture(4, 96, 64)
    shown = np.rot90(rgb, -rotation // 90)
    planes = Planes.of(frame_of(rgb, "gbrp"), rotation)
    assert (planes.width, planes.height) == (shown.shape[1], shown.shape[0])
    assert np.array_equal(planes.rgb(Rect(10, 5, 30, 40)), shown[5:45, 10:40])
    assert np.abs(planes.small(planes.width, planes.height).astype(int) - shown).max() <= 2


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("name", ["yuv420p", "gbrp"])
def test_rotation_is_undone_for_what_is_pasted(rotation: int, name: str) -> None:
    planes = Planes.of(frame_of(np.full((64, 96, 3), 60, np.uint8), name), rotation)
    flat = np.full((20, 14, 3), (200, 90, 40), np.uint8)
    pasted = planes.pasted((Patch(12, 8, flat, np.ones((20, 14), np.float32)),))
    read = pasted.rgb(Rect(0, 0, planes.width, planes.height)).astype(int)
    assert np.abs(read[10:26, 14:24] - flat[0, 0]).max() <= 2
    outside = np.ones(read.shape[:2], bool)
    outside[6:30, 10:28] = False
    assert np.abs(read[outside] - 60).max() <= 2


@pytest.mark.parametrize("name", NATIVE)
def test_samples_under_alpha_zero_keep_their_bits(name: str) -> None:
    source = np.random.default_rng(5).integers(0, 256, (64, 96, 3), np.uint8)
    frame = frame_of(source, name)
    before = channels(frame)
    alpha = np.zeros((31, 31), np.float32)
    alpha[4:-4, 4:-4] = disc(23)
    noise = np.random.default_rng(6).integers(0, 256, (31, 31, 3), np.uint8)
    pasted = Planes.of(frame).pasted((Patch(21, 13, noise, alpha),))
    touched = np.zeros((64, 96), bool)
    touched[13:44, 21:52] = alpha > 0
    layout = layout_of(name)
    assert layout is not None
    for index, (old, new) in enumerate(zip(before, channels(pasted.to_av()), strict=True)):
        sx, sy = (layout.sub_x, layout.sub_y) if index else (0, 0)
        blocks = touched.reshape(64 >> sy, 1 << sy, 96 >> sx, 1 << sx).any((1, 3))
        assert np.array_equal(old[~blocks], new[~blocks])
        assert (old[blocks] != new[blocks]).mean() > 0.5
    assert all(np.array_equal(a, b) for a, b in zip(before, channels(frame), strict=True))  # the decoder's memory


@pytest.mark.parametrize("name", NATIVE)
def test_an_opaque_patch_replaces_what_it_covers(name: str) -> None:
    source = np.random.default_rng(5).integers(0, 256, (64, 96, 3), np.uint8)
    value = (90, 90, 90) if name.startswith("gray") else (200, 70, 110)
    flat = np.full((20, 24, 3), value, np.uint8)
    pasted = Planes.of(frame_of(source, name)).pasted((Patch(30, 20, flat, np.ones((20, 24), np.float32)),))
    inner = pasted.rgb(Rect(36, 24, 12, 12)).astype(int)
    assert np.abs(inner - value).max() <= 2


def test_half_opaque_is_half_way_in_luma_and_chroma() -> None:
    grey = np.full((64, 96, 3), 60, np.uint8)
    frame = frame_of(grey)
    flat = np.full((20, 24, 3), (200, 60, 60), np.uint8)
    half = Planes.of(frame).pasted((Patch(30, 20, flat, np.full((20, 24), 0.5, np.float32)),))
    assert np.abs(half.rgb(Rect(36, 24, 12, 12)).astype(int) - (130, 60, 60)).max() <= 2


def test_colours_under_alpha_zero_do_not_bleed_into_chroma() -> None:
    grey = np.full((64, 96, 3), 120, np.uint8)
    patch = np.zeros((21, 21, 3), np.uint8)
    patch[..., 0] = 255  # garish red outside the disc
    alpha = (disc(21) > 0.5).astype(np.float32)
    patch[alpha > 0] = 120
    pasted = Planes.of(frame_of(grey)).pasted((Patch(31, 21, patch, alpha),))
    assert np.abs(pasted.rgb(Rect(0, 0, 96, 64)).astype(int) - 120).max() <= 2


@pytest.mark.parametrize("name", HALVED)
def test_pasting_what_was_read_changes_next_to_nothing(name: str) -> None:
    planes = Planes.of(frame_of(picture(5, 96, 64), name))
    rect = Rect(21, 11, 40, 40)
    again = planes.pasted((Patch(rect.x, rect.y, planes.rgb(rect), disc(40)),))
    change = np.abs(again.rgb(rect).astype(int) - planes.rgb(rect))
    assert change.max() <= 5 and change.mean() < 0.15


@pytest.mark.parametrize("at", [(-10, -10), (85, 50), (200, 200), (-100, 0)])
def test_patches_over_the_edge_are_cut(at: tuple[int, int]) -> None:
    planes = Planes.of(frame_of(np.full((64, 96, 3), 60, np.uint8)))
    flat = np.full((30, 30, 3), 200, np.uint8)
    read = planes.pasted((Patch(*at, flat, np.ones((30, 30), np.float32)),)).rgb(Rect(0, 0, 96, 64))
    expected = np.full((64, 96), 60)
    expected[max(0, at[1]) : max(0, at[1] + 30), max(0, at[0]) : max(0, at[0] + 30)] = 200
    assert (np.abs(read - expected[..., None]).max(2) > 3).sum() == 0


def test_patches_are_laid_in_order_and_none_is_a_copy() -> None:
    planes = Planes.of(frame_of(np.full((64, 96, 3), 60, np.uint8)))
    one = np.ones((10, 10), np.float32)
    patches = tuple(Patch(20, 20, np.full((10, 10, 3), v, np.uint8), one) for v in (250, 140))
    assert np.abs(planes.pasted(patches).rgb(Rect(22, 22, 5, 5)).astype(int) - 140).max() <= 2
    copy = planes.pasted(())
    assert copy.to_av().planes[0].buffer_ptr != planes.to_av().planes[0].buffer_ptr
    assert all(np.array_equal(a, b) for a, b in zip(channels(copy.to_av()), channels(planes.to_av()), strict=True))


def test_a_copy_keeps_time_and_tags() -> None:
    frame = frame_of(picture(0, 96, 64), matrix=9)
    frame.pts, frame.time_base, frame.color_trc, frame.color_primaries = 77, Fraction(1, 600), 16, 9
    twin = Planes.of(frame).pasted(()).to_av()
    assert (twin.pts, twin.time_base, twin.colorspace, twin.color_trc, twin.color_primaries) == (
        77,
        Fraction(1, 600),
        9,
        16,
        9,
    )


def test_to_av_shares_memory_and_clears_the_picture_type() -> None:
    frame = frame_of(picture(0, 96, 64))
    frame.pict_type = 1
    out = Planes.of(frame).to_av()
    assert out.planes[0].buffer_ptr == frame.planes[0].buffer_ptr
    assert out.pict_type == 0


def test_ten_bits_keep_their_low_bits() -> None:
    """A soft patch over a 10-bit ramp must not fall onto the 8-bit grid."""
    frame = frame_of(picture(0, 96, 64), "yuv444p10le")
    planes = Planes.of(frame)
    rgb = planes.rgb(Rect(0, 0, 96, 64))
    mixed = planes.pasted((Patch(0, 0, rgb, np.full((64, 96), 0.5, np.float32)),))
    luma = channels(mixed.to_av())[0]
    assert len(np.unique(luma.astype(int) % 4)) == 4
    assert int(np.abs(luma.astype(int) - channels(frame)[0].astype(int)).max()) <= 3


@pytest.mark.parametrize("name", ["yuv420p", "nv12", "yuv422p10le", "rgb24", "gray"])
def test_small_is_the_mean_of_what_it_covers(name: str) -> None:
    rgb = np.zeros((64, 96, 3), np.uint8)
    rgb[:, 48:] = 200
    rgb[::2, :48] = 100  # lines that a careless scaler would alias
    small = Planes.of(frame_of(rgb, name)).small(12, 8)
    assert small.shape == (8, 12, 3)
    assert np.abs(small[2:6, 1:5].astype(int) - 50).max() <= 6
    assert np.abs(small[2:6, 7:11].astype(int) - 200).max() <= 3


def quickest(work: Callable[[], object], times: int = 15) -> float:
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def test_wrapping_a_1080p_frame_costs_no_copy() -> None:
    frame = av.VideoFrame(1920, 1080, "yuv420p")
    assert quickest(lambda: Planes.of(frame).to_av()) < 50e-6


def test_regions_cost_their_own_size_not_the_frames() -> None:
    frame = frame_of(np.zeros((2160, 3840, 3), np.uint8))
    planes, alpha = Planes.of(frame), disc(64)
    patch = Patch(700, 700, planes.rgb(Rect(700, 700, 64, 64)), alpha)
    assert quickest(lambda: planes.rgb(Rect(700, 700, 64, 64))) < 3e-3
    planes.pasted((patch,))
    assert quickest(lambda: planes.pasted((patch,))) < 10e-3


def test_own_is_a_copy_of_a_decoded_frame_and_a_pasted_one_itself() -> None:
    planes = Planes.of(frame_of(picture(0, 96, 64)))
    own = planes.own()
    assert own is not planes and own.to_av().planes[0].buffer_ptr != planes.to_av().planes[0].buffer_ptr
    assert all(np.array_equal(a, b) for a, b in zip(channels(own.to_av()), channels(planes.to_av()), strict=True))
    assert own.own() is own


def test_bytes_are_blended_as_exactly_as_numbers() -> None:
    """What 8-bit samples take of a patch is, to a level, what full precision would give them."""
    rng = np.random.default_rng(2)
    planes = Planes.of(frame_of(picture(1, 96, 64), "yuv420p"))
    deep = Planes.of(frame_of(picture(1, 96, 64), "yuv420p10le"))
    rgb, alpha = rng.integers(0, 256, (40, 50, 3)).astype(np.uint8), rng.random((40, 50), np.float32)
    was, became = (channels(p.to_av()) for p in (planes, planes.pasted((Patch(13, 9, rgb, alpha),))))
    old, new = (channels(p.to_av()) for p in (deep, deep.pasted((Patch(13, 9, rgb, alpha),))))
    for plain, laid, fine, finer in zip(was, became, old, new, strict=True):
        step = laid.astype(float) - plain
        exact = (finer.astype(float) - fine) / 4
        share = 1.0 if plain.shape == (64, 96) else 0.5
        assert np.abs(step - exact).max() < 2 and np.abs(step).max() > 20 * share


TURNS = [(rotation, mirrored) for rotation in (0, 90, 180, 270) for mirrored in (False, True)]


@pytest.mark.parametrize(("rotation", "mirrored"), TURNS)
def test_mirrors_are_applied_and_undone(rotation: int, mirrored: bool) -> None:
    rgb = picture(4, 96, 64)
    turned = np.rot90(rgb, -rotation // 90)
    shown = turned[:, ::-1] if mirrored else turned
    planes = Planes.of(frame_of(rgb, "gbrp"), rotation, mirrored=mirrored)
    assert np.array_equal(planes.rgb(Rect(10, 5, 30, 40)), shown[5:45, 10:40])
    assert np.abs(planes.small(planes.width, planes.height).astype(int) - shown).max() <= 2
    assert np.abs(planes.small(8, 8).astype(int) - Planes.of(frame_of(shown.copy(), "gbrp")).small(8, 8)).max() <= 2
    flat = np.full((20, 14, 3), (200, 90, 40), np.uint8)
    read = planes.pasted((Patch(12, 8, flat, np.ones((20, 14), np.float32)),)).rgb(Rect(0, 0, *planes.geometry.shown))
    expected = shown.copy()
    expected[8:28, 12:26] = (200, 90, 40)
    assert np.array_equal(read, expected)


@pytest.mark.parametrize(("rotation", "mirrored"), TURNS)
@pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le", "gbrp"])
def test_square_pixels_are_read_and_samples_pasted(rotation: int, mirrored: bool, name: str) -> None:
    """A square of 20 pixels is 20 high and wide as displayed, and half as many samples along the stored width."""
    planes = Planes.of(
        frame_of(np.full((64, 48, 3), 60, np.uint8), name), rotation, mirrored=mirrored, aspect=Fraction(2)
    )
    assert (planes.width, planes.height) == ((64, 96) if rotation % 180 else (96, 64))
    flat = np.full((20, 20, 3), (200, 90, 40), np.uint8)
    pasted = planes.pasted((Patch(12, 16, flat, np.ones((20, 20), np.float32)),))
    read = pasted.rgb(Rect(0, 0, planes.width, planes.height)).astype(int)
    assert np.abs(read[20:32, 17:27] - flat[0, 0]).max() <= 2
    outside = np.ones(read.shape[:2], bool)
    outside[10:42, 6:38] = False  # chroma reaches as far as it did when it was halved, and twice along the width
    assert np.abs(read[outside] - 60).max() <= 2
    changed = channels(pasted.to_av())[0] != channels(planes.to_av())[0]
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    assert (len(rows), len(columns)) == (20, 10)


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p10le", "gbrp"])
@pytest.mark.parametrize("aspect", [Fraction(16, 11), Fraction(8, 9), Fraction(4, 3)])
def test_samples_outside_an_anamorphic_patch_keep_their_bits(name: str, aspect: Fraction) -> None:
    frame = frame_of(picture(5, 96, 64), name)
    planes = Planes.of(frame, aspect=aspect)
    alpha = disc(40)
    pasted = planes.pasted((Patch(30, 11, np.full((40, 40, 3), 200, np.uint8), alpha),))
    across, down = planes.width / 96, planes.height / 64
    touched = np.zeros((64, 96), bool)
    ys, xs = np.nonzero(alpha)
    rows = ((11 + ys[:, None] + np.array([-1, 0, 1])[None]) / down).astype(int)
    columns = ((30 + xs[:, None] + np.array([-1, 0, 1])[None]) / across).astype(int)
    for i in range(3):
        for j in range(3):
            touched[rows[:, i], columns[:, j]] = True
    before, after = channels(frame)[0], channels(pasted.to_av())[0]
    assert np.array_equal(after[~touched], before[~touched])
    assert (after[touched] != before[touched]).any()


def test_the_whole_of_an_anamorphic_picture_is_scaled_not_cut() -> None:
    rgb = picture(2, 96, 64)
    small = Planes.of(frame_of(rgb, "gbrp"), aspect=Fraction(3, 2)).small(72, 32).astype(int)
    assert np.abs(small - cv2.resize(rgb, (72, 32), interpolation=cv2.INTER_AREA)).mean() < 2


def hdr_frame(nits: float, transfer: int, name: str) -> av.VideoFrame:
    """A grey of so much light, 64 by 48, sample by sample: swscale would dither it."""
    signal = nits_to_pq(np.array(nits)) if transfer == 16 else scene_to_hlg(np.array((nits / 1000) ** (1 / 1.2)))
    frame, layout = av.VideoFrame(64, 48, name), layout_of(name)
    assert layout is not None
    for index, level in enumerate((16 + 219 * float(signal), 128, 128)):
        channel_view(frame, layout, index)[...] = round(level * (1 << (layout.bits - 8))) << layout.shift
    frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = 9, transfer, 9, 1
    return frame


@pytest.mark.parametrize("transfer", [16, 18])
@pytest.mark.parametrize("name", ["yuv420p10le", "yuv422p10le", "p010le", "yuv420p"])
def test_hdr_is_seen_as_srgb_and_painted_with_its_light(transfer: int, name: str) -> None:
    planes = Planes.of(hdr_frame(100, transfer, name))
    expected = 255 * float(light_to_srgb(np.array(100 / 203)))
    tolerance = 5 if name == "yuv420p" else 1.5
    assert np.abs(planes.rgb(Rect(0, 0, 64, 48)) - expected).max() <= tolerance
    assert np.abs(planes.small(16, 12) - expected).max() <= tolerance
    assert np.abs(planes.small(4, 4) - expected).max() <= tolerance
    white = Patch(16, 12, np.full((16, 24, 3), 255, np.uint8), np.ones((16, 24), np.float32))
    luma = channels(planes.pasted((white,)).to_av())[0].astype(float)
    layout = layout_of(name)
    assert layout is not None
    signal = ((luma / (1 << layout.shift)) / (1 << (layout.bits - 8)) - 16) / 219
    light = pq_to_nits(signal) if transfer == 16 else 1000 * hlg_to_scene(signal) ** 1.2
    assert np.abs(light[12:28, 16:40] / 203 - 1).max() < (0.06 if name == "yuv420p" else 0.015)
    assert np.array_equal(luma[:, :16], channels(planes.to_av())[0][:, :16])


def test_a_photos_colours_mean_the_same_in_wide_gamut_video() -> None:
    """sRGB red pasted into BT.2020 is BT.2020's mixture for it, and reads back as sRGB red."""
    frame = frame_of(np.full((48, 64, 3), 100, np.uint8), "yuv444p", 9)
    frame.color_primaries = 9
    red = Patch(8, 8, np.full((32, 32, 3), (255, 0, 0), np.uint8), np.ones((32, 32), np.float32))
    pasted = Planes.of(frame).pasted((red,))
    assert np.abs(pasted.rgb(Rect(12, 12, 8, 8)).astype(int) - (255, 0, 0)).max() <= 4
    coded = pasted.to_av().to_ndarray(format="rgb24")[20, 20].astype(int)
    assert np.abs(coded - np.rint(255 * light_to_srgb(np.array([0.6274, 0.0691, 0.0164])))).max() <= 4


@pytest.mark.parametrize("name", ["yuva420p", "yuva444p12le", "gbrap10le", "rgba"])
def test_transparency_keeps_its_bits_and_is_read_as_displayed(name: str) -> None:
    rgba = np.dstack([picture(1, 96, 64), np.repeat(np.linspace(0, 255, 96)[None], 64, 0).astype(np.uint8)])
    frame = av.VideoFrame.from_ndarray(rgba, format="rgba").reformat(format=name)
    planes = Planes.of(frame, 90)
    pasted = planes.pasted((Patch(0, 0, np.full((96, 64, 3), 9, np.uint8), np.ones((96, 64), np.float32)),))
    assert np.abs(pasted.alpha().astype(int) - np.rot90(rgba[..., 3], -1)).max() <= 1
    assert np.array_equal(pasted.alpha(), planes.alpha())


def test_a_picture_tells_how_it_lay_before_it_was_fitted() -> None:
    frame = frame_of(picture(0, 96, 64))
    origin = Geometry(48, 32)
    fitted = Planes.of(frame, origin=origin)
    assert fitted.origin == fitted.pasted(()).origin == origin
    assert Planes.of(frame, 90, mirrored=True).origin == Geometry(96, 64, 90, True)
