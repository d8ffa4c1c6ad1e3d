"""Light by value: low-passes of constants, the direction of gains, detail's sign, the rim's missing tone."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.mesh import light
from engines.values import F32


def even(value: float | tuple[float, ...], height: int = 40, width: int = 40) -> F32:
    return np.broadcast_to(np.asarray(value, np.float32), (height, width, 3)).copy()


def ones(height: int = 40, width: int = 40) -> F32:
    return np.ones((height, width), np.float32)


def waves(amplitude: float, height: int = 40, width: int = 40) -> F32:
    y, x = np.mgrid[:height, :width]
    return np.repeat((amplitude * np.sin(2.2 * x + 1.3 * y))[..., None], 3, 2).astype(np.float32)


def test_the_low_pass_of_a_constant_is_the_constant() -> None:
    got = light.LowPass.over(ones(), 5.0)(even((10, 120, 250)))
    assert np.abs(got - [10, 120, 250]).max() < 0.05


def test_pixels_without_weight_say_nothing() -> None:
    """The left half is weighted; the right half's values do not leak into it."""
    weight = ones()
    weight[:, 20:] = 0
    image = even(100)
    image[:, 20:] = 255
    got = light.LowPass.over(weight, 4.0)(image)
    assert np.abs(got[:, :20] - 100).max() < 0.2


def test_weights_average_as_they_should() -> None:
    """At the middle of two halves of equal values and unequal weight: the weighted mean."""
    weight = ones(41, 41)
    weight[:, :20] = 3
    image = even(0, 41, 41)
    image[:, :20] = 100
    weight[:, 20] = 0
    got = light.LowPass.over(weight, 8.0)(image)[20, 20]
    assert got == pytest.approx(75, abs=0.5)


def test_low_pass_is_linear_and_smooth() -> None:
    low = light.LowPass.over(ones(), 4.0)
    a, b = waves(20), even(50)
    assert np.allclose(low(a + b), low(a) + low(b), atol=1e-2)
    assert np.abs(low(waves(20))[10:30, 10:30]).max() < 1  # fine waves do not pass


@given(st.floats(5, 250), st.floats(5, 250))
@settings(max_examples=40, deadline=None)
def test_gains_go_the_way_the_light_goes(target: float, source: float) -> None:
    dark, bright = light.gains(even(target), even(source))
    for gain in (dark, bright):
        assert gain.shape == (40, 40, 3) and np.isfinite(gain).all()
        if target > source * 1.01:
            assert (gain >= 1).all()
        if target < source * 0.99:
            assert (gain < 1).all()
    assert (bright <= dark + 1e-4).all()  # highlights never grow more than shadows do


def test_like_light_has_gain_one() -> None:
    dark, bright = light.gains(even((30, 90, 200)), even((30, 90, 200)))
    assert np.abs(dark - 1).max() < 1e-5 and np.abs(bright - 1).max() < 1e-5


def test_black_sources_do_not_divide_by_zero() -> None:
    dark, bright = light.gains(even(200), even(0))
    assert np.isfinite(dark).all() and np.isfinite(bright).all()


def test_no_detail_no_change() -> None:
    same = even(90)
    assert np.abs(light.detail(same, same, even(2), even(2), even(150))).max() == 0


def test_small_detail_is_scaled_by_its_own_gain() -> None:
    """A source 1 above its low-pass takes the bright gain, 1 below it the dark one."""
    low, lit = even(100), even(128)
    up = light.detail(low + 1, low, even(3), even(0.5), lit)
    down = light.detail(low - 1, low, even(3), even(0.5), lit)
    assert np.allclose(up, 0.5, atol=1e-3)
    assert np.allclose(down, -3, atol=1e-2)


@given(st.floats(-3, 3), st.floats(5, 250))
@settings(max_examples=60, deadline=None)
def test_detail_bends_before_it_leaves_the_room_that_the_light_leaves(share: float, lit: float) -> None:
    """Up to three times the room between the light and black or white: never beyond it, and always signed."""
    room = max(250 - lit, 8) if share > 0 else max(lit - 4, 8)
    low = even(0)
    got = light.detail(even(share * room), low, even(1), even(1), even(lit))
    assert np.isfinite(got).all()
    assert (got * np.float32(share) >= 0).all()
    assert np.abs(got).max() <= room * 1.01
    assert np.abs(got).max() <= abs(share) * room * 1.001  # a knee never adds


def test_detail_grows_with_the_source() -> None:
    low = even(100)
    steps = [
        float(light.detail(low + np.float32(s), low, even(1), even(1), even(120))[0, 0, 0]) for s in range(-90, 90)
    ]
    assert (np.diff(steps) >= -1e-4).all()


def test_brows_stay_black_on_paler_skin() -> None:
    """Detail of a fifth of the skin's brightness is a shade, of two thirds hair: on skin twice as bright the first
    keeps its share of it, the second is darkened more; on skin like the source's own neither changes."""
    low = even((120, 90, 70))
    for gain, more in ((1.0, 1.0), (1.1, 1.0), (2.0, 1 + 0.9 * light.DEEPER)):
        dark = even(gain)
        shade, brow = (light.hairy(np.asarray(-share * low, np.float32), low, dark) for share in (0.2, 0.7))
        assert np.allclose(shade, 1)
        assert np.allclose(brow, more, atol=1e-3)
    lit = even(230)
    plain = light.detail(low * np.float32(0.3), low, even(1), even(1), lit)
    deeper = light.detail(low * np.float32(0.3), low, even(2), even(1), lit)
    assert (deeper < 2 * plain * 0.9).all()


def test_the_rim_adds_the_tone_missing_at_the_edge() -> None:
    """Painted ten levels too dark everywhere: the rim gives nearly ten back at the edge, less further in."""
    height, width = 40, 60
    edge = np.repeat(np.linspace(0.06, 3, width, dtype=np.float32)[None], height, 0)
    own, painted = even(150, height, width), even(140, height, width)
    got = light.rim(own, painted, own, edge, ones(height, width), 3.0)
    assert got.shape == (height, width, 3)
    assert got[20, 0] == pytest.approx(10 * np.exp(-0.06 / light.FADE), rel=0.05)
    profile = got[20, :, 1]
    assert (np.diff(profile) < 1e-3).all() and profile[-1] < 0.5


def test_the_rim_of_a_perfect_painting_is_nothing() -> None:
    edge = np.repeat(np.linspace(0.06, 3, 40, dtype=np.float32)[None], 40, 0)
    image = even((180, 150, 120)) + waves(8)
    assert np.abs(light.rim(image, image, even((180, 150, 120)), edge, ones(), 3.0)).max() < 1e-3


def test_hair_at_the_edge_does_not_darken_the_skin() -> None:
    """A black strand, far from skin's colour, must not pull the painting down."""
    edge = np.full((40, 40), 0.3, np.float32)
    skin, own = even(180), even(180)
    own[:, 10:14] = 10
    got = light.rim(own, skin, skin, edge, ones(), 3.0)
    assert np.abs(got).max() < 1.0


def test_what_is_not_seen_gives_the_rim_nothing() -> None:
    edge = np.full((40, 40), 0.3, np.float32)
    seen = ones()
    seen[:, 20:] = 0
    own, painted = even(160), even(150)
    own[:, 20:] = 100  # another surface, covered by nothing of the face
    got = light.rim(own, painted, own, edge, seen, 2.0)
    assert got[20, 2, 0] > 5 and (got[:, :20] > 0).all()


@pytest.mark.parametrize(("width", "size"), [(20.0, (30, 25)), (160.0, (240, 220)), (800.0, (1200, 1100))])
def test_the_grid_keeps_its_cells_across_a_face(width: float, size: tuple[int, int]) -> None:
    rows, columns = light.grid(width, size)
    assert rows <= size[0] and columns <= size[1]
    assert columns / size[1] * width == pytest.approx(min(width, 36), rel=0.05)
    assert rows / columns == pytest.approx(size[0] / size[1], rel=0.1)


def test_the_grid_of_a_sliver_has_some_cells() -> None:
    assert min(light.grid(300.0, (8, 300))) >= 4


def test_fit_keeps_a_constant_at_any_size() -> None:
    field = np.full((30, 20), 3.5, np.float32)
    for size in ((7, 5), (30, 20), (90, 61)):
        got = light.fit(field, size)
        assert got.shape == size and np.abs(got - 3.5).max() < 1e-5


def test_fit_averages_where_it_shrinks() -> None:
    field = np.tile(np.array([[0, 2], [4, 6]], np.float32), (10, 10))
    assert np.abs(light.fit(field, (10, 10)) - 3).max() < 1e-5


def test_three_channels_at_once_are_what_numpy_says() -> None:
    rng = np.random.default_rng(3)
    image, weight = rng.normal(0, 40, (20, 30, 3)).astype(np.float32), rng.random((20, 30), np.float32)
    assert np.allclose(light.scaled(image, weight), image * weight[..., None], atol=1e-4)
    assert np.allclose(light.grey(image), image.mean(2), atol=1e-4)
    assert np.allclose(light.square(image), (image**2).sum(2), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("size", [(64, 52), (63, 51)])
def test_a_wide_low_pass_worked_out_smaller_is_the_same(size: tuple[int, int]) -> None:
    """Against the plain normalised convolution, under a weight with holes that ends before the border."""
    rng = np.random.default_rng(4)
    coarse = rng.uniform(30, 220, (8, 7, 3)).astype(np.float32)
    image = np.asarray(cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC), np.float32)
    image += rng.normal(0, 10, image.shape).astype(np.float32)
    weight = np.zeros(size, np.float32)
    weight[8:-8, 8:-8] = rng.random((size[0] - 16, size[1] - 16)) > 0.3
    sigma = 2.4 * light.SMOOTH
    got = light.LowPass.over(weight, sigma)
    assert got.total.shape == (size[0] // 2, size[1] // 2)
    mass, total = light.blur(image * weight[..., None], sigma), light.blur(weight, sigma)
    off = np.abs(got(image) - mass / total[..., None])
    assert off[8:-8, 8:-8].max() < 2 and off.mean() < 0.7
    assert light.LowPass.over(weight, 0.9 * light.SMOOTH).total.shape == size


@given(st.floats(20, 400), st.integers(40, 900), st.integers(40, 900))
@settings(max_examples=30, deadline=None)
def test_grids_are_even(width: float, high: int, wide: int) -> None:
    rows, columns = light.grid(width, (high, wide))
    assert rows % 2 == columns % 2 == 0
