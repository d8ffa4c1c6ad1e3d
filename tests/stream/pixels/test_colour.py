"""Colour by value: the published matrices, ranges and depths, and chroma at its place."""

import numpy as np
import pytest

from engines.values import F32
from stream.pixels.colour import Siting, maps, matrix_of


def sample(model: str, bits: int, full: bool, matrix: int, rgb: tuple[float, float, float]) -> list[float]:
    return [float(v) for v in maps(model, bits, full, matrix).from_rgb @ np.array([*rgb, 1])]


@pytest.mark.parametrize(
    ("matrix", "rgb", "expected"),
    [
        (5, (255, 0, 0), (81.5, 90.2, 240.0)),  # 601 red: 81, 90, 240
        (1, (255, 0, 0), (62.6, 102.3, 240.0)),  # 709 red: 63, 102, 240
        (9, (0, 255, 0), (164.5, 47.3, 24.6)),  # 2020 green
        (1, (0, 0, 255), (31.8, 240.0, 117.7)),
        (5, (255, 255, 255), (235, 128, 128)),
        (1, (0, 0, 0), (16, 128, 128)),
    ],
)
def test_limited_range_matches_the_standards(
    matrix: int, rgb: tuple[float, float, float], expected: tuple[float, ...]
) -> None:
    assert sample("yuv", 8, False, matrix, rgb) == pytest.approx(expected, abs=0.6)


def test_full_range_and_ten_bits() -> None:
    assert sample("yuv", 8, True, 5, (255, 255, 255)) == pytest.approx([255, 128, 128], abs=0.01)
    assert sample("yuv", 10, False, 1, (255, 255, 255)) == pytest.approx([940, 512, 512], abs=0.01)
    assert sample("yuv", 10, False, 1, (255, 0, 0))[2] == pytest.approx(960, abs=0.01)
    assert sample("rgb", 10, True, 5, (255, 0, 0)) == pytest.approx([1023, 0, 0], abs=0.01)
    assert sample("gray", 8, False, 5, (255, 255, 255)) == pytest.approx([235], abs=0.01)


@pytest.mark.parametrize("model", ["yuv", "rgb", "gray"])
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("matrix", [1, 4, 5, 6, 7, 9, 10])
def test_there_and_back(model: str, bits: int, full: bool, matrix: int) -> None:
    both = maps(model, bits, full, matrix)
    rgb = np.array([90.0, 90, 90] if model == "gray" else [200.0, 40, 90])
    samples = both.from_rgb @ np.append(rgb, 1)
    assert both.to_rgb @ np.append(samples, 1) == pytest.approx(rgb, abs=0.01)


def test_an_untagged_stream_is_601_when_small_and_709_when_large() -> None:
    assert matrix_of(2, 720, 576) == 5
    assert matrix_of(2, 1280, 528) == 1
    assert matrix_of(2, 720, 1280) == 1
    assert matrix_of(9, 320, 240) == 9  # a tag always wins


def ramp(width: int, height: int, slope_x: float, slope_y: float) -> F32:
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.asarray(slope_x * x + slope_y * y, np.float32)


@pytest.mark.parametrize("left", [True, False])
def test_up_puts_chroma_where_its_siting_says(left: bool) -> None:
    """A ramp of luma coordinates, sampled where chroma sits, must come back as those coordinates."""
    chroma = ramp(12, 10, 2, 0) + (0 if left else 0.5)  # the luma column of each chroma sample
    rows = ramp(12, 10, 0, 2) + 0.5  # its luma row: always midway
    siting = Siting(1, 1, left)
    assert siting.up(chroma, 5, 4, 9, 7) == pytest.approx(np.tile(np.arange(5, 14), (7, 1)), abs=0.05)
    assert siting.up(rows, 5, 4, 9, 7) == pytest.approx(np.tile(np.arange(4, 11)[:, None], (1, 9)), abs=0.05)


@pytest.mark.parametrize("left", [True, False])
def test_down_means_around_the_sample(left: bool) -> None:
    across = Siting(1, 1, left).down(ramp(16, 12, 1, 0))[2, 1:-1]
    assert across == pytest.approx(np.arange(2, 14, 2) + (0 if left else 0.5))
    along = Siting(1, 1, left).down(ramp(16, 12, 0, 1))[1:-1, 2]
    assert along == pytest.approx(np.arange(2, 10, 2) + 0.5)


def test_full_chroma_passes_and_422_keeps_its_rows() -> None:
    chroma = ramp(8, 6, 3, 5)
    assert np.array_equal(Siting(0, 0, True).up(chroma, 2, 1, 4, 3), chroma[1:4, 2:6])
    assert Siting(1, 0, True).up(chroma, 2, 1, 6, 3)[:, ::2] == pytest.approx(chroma[1:4, 1:4])
    assert Siting(1, 0, True).down(chroma).shape == (6, 4)


def test_span_covers_what_up_needs_and_stays_inside() -> None:
    siting = Siting(1, 1, True)
    assert siting.span(10, 10, 20, 10, 100, 100) == (4, 4, 16, 11)
    assert siting.span(0, 0, 9, 9, 5, 5) == (0, 0, 5, 5)


def test_blocks_tell_which_chroma_samples_were_touched() -> None:
    alpha = np.zeros((4, 6), np.float32)
    alpha[3, 2] = 0.25
    assert np.array_equal(Siting(1, 1, True).blocks(alpha), np.array([[0, 0, 0], [0, 0.0625, 0]], np.float32))


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("size", [(12, 16), (11, 15), (2, 2), (1, 1)])
def test_down_of_both_ways_is_the_filter(left: bool, size: tuple[int, int]) -> None:
    """Against the weights written out: a quarter, a half, a quarter across, or two halves; two halves down."""
    full = np.random.default_rng(0).uniform(0, 255, size).astype(np.float32)
    grown = np.pad(full, ((0, 1), (1, 2)), mode="edge")
    a, b, c = (grown[:, i : i + size[1]] for i in range(3))
    across = (a + 2 * b + c) / 4 if left else (b + c) / 2
    expected = ((across[:-1] + across[1:]) / 2)[::2, ::2]
    assert np.allclose(Siting(1, 1, left).down(full), expected, atol=1e-3)


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_whole_samples_go_up_as_numbers_do(left: bool, kind: type) -> None:
    chroma = np.random.default_rng(1).integers(0, 256, (9, 11)).astype(np.float32)
    siting = Siting(1, 1, left)
    fine = siting.up(chroma, 3, 2, 15, 13)
    whole = siting.up(chroma.astype(kind), 3, 2, 15, 13)
    assert whole.dtype == kind and whole.shape == (13, 15)
    assert np.abs(whole.astype(float) - fine).max() <= 1  # rounded down, then across
