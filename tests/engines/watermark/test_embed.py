"""What the mark does to pictures: by how much, where, and in which formats."""

import numpy as np
import pytest

from engines.values import F32, U8
from engines.watermark.code import COLUMNS, ROWS, spell
from engines.watermark.embed import PERIOD, Embedder, blue_noise
from engines.watermark.payload import Payload, to_bits

PAYLOAD = Payload(0x11111, 0x22222222)
SMALL = 0.45 * 2**0.7  # amplitude on flat ground of 640x360, whose cells are half as wide as 720p's


def grey(width: int = 640, height: int = 360, level: int = 120) -> U8:
    return np.full((height, width), level, np.uint8)


def cell_means(step: F32) -> F32:
    """(360, 640) to the mean of each cell."""
    return np.asarray(
        step.reshape(ROWS, step.shape[0] // ROWS, COLUMNS, step.shape[1] // COLUMNS).mean((1, 3)), np.float32
    )


def difference(marked: U8, plain: U8) -> F32:
    return np.asarray(marked.astype(np.float32) - plain.astype(np.float32), np.float32)


def test_no_sample_moves_by_more_than_one_level() -> None:
    busy = np.random.default_rng(0).integers(0, 256, (720, 1280)).astype(np.uint8)
    step = difference(Embedder(PAYLOAD, 1280, 720).mark8(busy, 3), busy)
    assert np.abs(step).max() == 1
    assert 10 * np.log10(255**2 / np.square(step).mean()) >= 48.13


def test_flat_ground_carries_less_than_texture() -> None:
    busy = np.random.default_rng(0).integers(60, 196, (720, 1280)).astype(np.uint8)
    flat = grey(1280, 720)
    embedder = Embedder(PAYLOAD, 1280, 720)
    power = [float(np.square(difference(embedder.mark8(p, 0), p)).mean()) for p in (flat, busy)]
    assert power[0] == pytest.approx(0.45, abs=0.02)
    assert power[1] == pytest.approx(1.0, abs=0.02)


def test_cells_spell_the_payload_and_flip_every_half_period() -> None:
    embedder = Embedder(PAYLOAD, 640, 360)
    pattern = spell(to_bits(PAYLOAD))
    for index, sign in ((0, 1), (PERIOD // 2 - 1, 1), (PERIOD // 2, -1), (PERIOD - 1, -1), (PERIOD, 1)):
        means = cell_means(difference(embedder.mark8(grey(), index), grey()))
        assert float((means * pattern).mean()) == pytest.approx(sign * SMALL, abs=0.03)


def test_the_dither_stands_still_when_the_sign_flips() -> None:
    """A flip is one even step over each cell, not a dance of grain."""
    embedder = Embedder(PAYLOAD, 640, 360)
    up, down = (embedder.mark8(grey(), index).astype(int) for index in (0, PERIOD // 2))
    pattern = np.kron(spell(to_bits(PAYLOAD)), np.ones((4, 4))) > 0
    assert ((up - down)[pattern] >= 0).all() and ((up - down)[~pattern] <= 0).all()


def test_black_and_white_are_not_wrapped() -> None:
    embedder = Embedder(PAYLOAD, 640, 360)
    assert embedder.mark8(grey(level=0), 0).max() <= 1
    assert embedder.mark8(grey(level=255), 0).min() >= 254


def test_the_input_is_left_alone() -> None:
    plain = grey()
    plain.flags.writeable = False
    assert not np.array_equal(Embedder(PAYLOAD, 640, 360).mark8(plain, 0), plain)
    assert (plain == 120).all()


@pytest.mark.parametrize("depth", [10, 12])
def test_deep_samples_carry_the_same_mark(depth: int) -> None:
    deep = np.full((360, 640), 120 << (depth - 8), np.uint16)
    marked = Embedder(PAYLOAD, 640, 360, depth).mark16(deep, 0)
    step = np.asarray(marked.astype(np.float32) - deep, np.float32)
    assert np.abs(step).max() <= 1 << (depth - 8)
    pattern = spell(to_bits(PAYLOAD))
    assert float((cell_means(step) * pattern).mean()) / (1 << (depth - 8)) == pytest.approx(SMALL, abs=0.02)
    # The eye's and the reader's 8-bit view of it: the same payload, sign and size.
    top = Embedder(PAYLOAD, 640, 360, depth).mark16(np.full((360, 640), (1 << depth) - 1, np.uint16), 0)
    assert top.max() == (1 << depth) - 1


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (270, 3)])
def test_the_mark_lies_in_the_displayed_picture(rotation: int, turns: int) -> None:
    """Marking the stored plane and turning it equals marking the turned plane."""
    stored = grey(640, 360)
    shown = np.ascontiguousarray(np.rot90(stored, -turns))
    turned_after = np.rot90(Embedder(PAYLOAD, 640, 360, rotation=rotation).mark8(stored, 0), -turns)
    marked_after = Embedder(PAYLOAD, shown.shape[1], shown.shape[0]).mark8(shown, 0)
    one, two = difference(np.ascontiguousarray(turned_after), shown), difference(marked_after, shown)
    blocks = (-1, 4, shown.shape[1] // 4, 4)
    same = one.reshape(blocks).mean((1, 3)) * two.reshape(blocks).mean((1, 3))
    assert (same > 0).mean() > 0.99


def test_sizes_that_no_cell_divides() -> None:
    plain = grey(487, 271)
    step = difference(Embedder(PAYLOAD, 487, 271).mark8(plain, 0), plain)
    assert step.shape == (271, 487)
    assert float(np.square(step).mean()) == pytest.approx(0.9, abs=0.03)


def test_dither_is_even_and_has_no_low_frequencies() -> None:
    tile = blue_noise()
    assert set(np.bincount(tile.ravel(), minlength=64)) == {64}
    power = np.square(np.abs(np.fft.fft2(tile - tile.mean())))
    low = power[:8, :8].sum() + power[-8:, :8].sum() + power[:8, -8:].sum() + power[-8:, -8:].sum()
    assert low / power.sum() < 0.25 * (16 * 16) / (64 * 64)


def test_a_plane_may_be_marked_in_place() -> None:
    """Lines wider than the picture are left alone beyond it; black and white stay what they are or move inward."""
    rng = np.random.default_rng(5)
    wide = rng.integers(0, 256, (360, 700), np.uint8)
    wide[:40], wide[40:80] = 0, 255
    luma, before = wide[:, :640], wide.copy()
    embedder = Embedder(PAYLOAD, 640, 360)
    apart = embedder.mark8(np.ascontiguousarray(luma), 3)
    assert embedder.mark8(luma, 3, out=luma) is not None
    assert np.array_equal(luma, apart) and np.array_equal(wide[:, 640:], before[:, 640:])
    assert 0 < np.abs(luma.astype(int) - before[:, :640]).max() <= 1


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_mark_lies_in_the_picture_as_it_is_displayed(rotation: int, mirrored: bool) -> None:
    plain = grey(360, 640) if rotation % 180 else grey()
    embedder = Embedder(PAYLOAD, plain.shape[1], plain.shape[0], 8, rotation, mirrored)
    step = difference(embedder.mark8(plain, 0), plain)
    shown = np.rot90(step, -rotation // 90)
    means = cell_means(np.ascontiguousarray(shown[:, ::-1] if mirrored else shown))
    assert float((means * spell(to_bits(PAYLOAD))).mean()) == pytest.approx(SMALL, abs=0.03)


def test_pixels_that_are_not_square_do_not_tell_which_way_is_up() -> None:
    """240 by 480 samples that are shown 480 by 400: the mark lies along the width."""
    plain = grey(240, 480)
    embedder = Embedder(PAYLOAD, 240, 480, upright=False)
    step = difference(embedder.mark8(plain, 0), plain)
    shown = np.asarray(step.repeat(3, 0).repeat(8, 1), np.float32)
    assert float((cell_means(shown) * spell(to_bits(PAYLOAD))).mean()) > 0.4


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_samples_move_by_their_share_of_a_level(share: float) -> None:
    deep = np.full((360, 640), 480, np.uint16)
    shares = np.full(256, share, np.float32)
    embedder = Embedder(PAYLOAD, 640, 360, 10, shares=shares)
    step = np.asarray((embedder.mark16(deep, 0).astype(np.float32) - 480) / 4, np.float32)
    assert float((cell_means(step) * spell(to_bits(PAYLOAD))).mean()) == pytest.approx(SMALL * share, abs=0.03)


def test_bright_ground_may_carry_less_than_dark() -> None:
    shares = np.ones(256, np.float32)
    shares[128:] = 0.25
    plain = grey()
    plain[:, 320:] = 200
    step = np.abs(difference(Embedder(PAYLOAD, 640, 360, shares=shares).mark8(plain, 0), plain))
    assert step[:, 340:].mean() == pytest.approx(step[:, :300].mean() / 4, rel=0.1)
