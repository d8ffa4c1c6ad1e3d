"""Linear light: known values of sRGB, and the way there and back."""

import numpy as np
import pytest

from engines.relight.linear import log_luminance, luminance, to_linear, to_srgb


@pytest.mark.parametrize(("code", "light"), [(0, 0.0), (10, 10 / 255 / 12.92), (128, 0.2158605), (255, 1.0)])
def test_known_values_of_srgb(code: int, light: float) -> None:
    assert to_linear(np.full((1, 1, 3), code, np.uint8)) == pytest.approx(light, rel=1e-5)


def test_every_code_comes_back_from_linear_light() -> None:
    codes = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_srgb(to_linear(codes)), codes)


def test_what_is_too_bright_or_below_nothing_is_cut_off() -> None:
    np.testing.assert_array_equal(to_srgb(np.array([-0.5, 1.7], np.float32)), [0, 255])


def test_luminance_is_that_of_srgbs_primaries() -> None:
    pure = np.eye(3, dtype=np.float32)[None]
    np.testing.assert_allclose(luminance(pure)[0], [0.2126, 0.7152, 0.0722], atol=1e-6)
    assert luminance(np.ones((1, 1, 3), np.float32))[0, 0] == pytest.approx(1)


def test_the_logarithm_of_black_is_bounded() -> None:
    black, white = log_luminance(np.array([[[0, 0, 0], [1, 1, 1]]], np.float32))[0]
    assert black == pytest.approx(np.log(1e-3), rel=1e-5)
    assert white == pytest.approx(0, abs=1e-6)
