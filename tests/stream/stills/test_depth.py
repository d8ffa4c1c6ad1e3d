"""Samples of any depth as 8 bits, and back, by value."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from stream.stills.depth import from_8_bits, to_8_bits, white

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)
KINDS: dict[str, tuple[npt.NDArray[Any], float]] = {
    "8 bits": (RAMP, 255),
    "16 bits": (RAMP.astype(np.uint16) * 257, 65_535),
    "12 bits in 16": (RAMP.astype(np.uint16) * 16, 4095),
    "10 bits in 16": (RAMP.astype(np.uint16) * 4, 1023),
    "32 bits": (RAMP.astype(np.uint32) * 16_843_009, 2**32 - 1),
    "signed": (RAMP.astype(np.int16) * 128, 32_767),
    "0 to 1": (RAMP.astype(np.float32) / 255, 1),
    "0 to 1, double": (RAMP.astype(np.float64) / 255, 1),
    "0 to 255": (RAMP.astype(np.float32), 255),
    "0 to 65535": (RAMP.astype(np.float32) * 257, 65_535),
}


@pytest.mark.parametrize("kind", KINDS)
def test_any_depth_becomes_8_bits(kind: str) -> None:
    samples, full = KINDS[kind]
    assert white(samples) == full
    made = to_8_bits(samples, full)
    assert made.dtype == np.uint8
    assert np.abs(made.astype(int) - RAMP).max() <= 1  # 12 bits in 16 end at 4080


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_back_is_read_again_as_it_was(kind: str) -> None:
    samples, full = KINDS[kind]
    assert np.array_equal(to_8_bits(from_8_bits(RAMP, samples.dtype, full), full), RAMP)


def test_a_files_own_word_on_its_bits_goes_before_the_guess() -> None:
    dark = np.full((2, 2), 700, np.uint16)
    assert [white(dark, bits) for bits in (None, 16, 12, 10)] == [1023, 1023, 4095, 1023]


def test_highlights_above_white_are_white_and_no_number_is_black() -> None:
    samples = np.array([0.5, 1.0, 4.0, -1.0, np.nan, np.inf], np.float32)
    assert white(samples) == 1
    assert to_8_bits(samples, 1.0).tolist() == [128, 255, 255, 0, 0, 255]


def test_empty_and_black_arrays() -> None:
    assert white(np.zeros((0, 3), np.float32)) == 1
    assert to_8_bits(np.zeros((2, 2), np.uint16), white(np.zeros((2, 2), np.uint16))).tolist() == [[0, 0], [0, 0]]
