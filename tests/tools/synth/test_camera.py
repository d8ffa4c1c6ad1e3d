"""Light, lens and codec: what each may change, and what it may not."""

import cv2
import numpy as np
import pytest

from engines.occlusion.network import SIDE
from engines.values import F32
from tests.tools.synth.people import rng
from tools.synth.camera import astray, filmed, lit, shadowed

FLAT = np.full((SIDE, SIDE, 3), 120, np.float32)
THING = np.zeros((SIDE, SIDE), np.float32)
THING[40:80, 50:90] = 1
TILES = np.random.default_rng(1).uniform(30, 220, (16, 16, 3))
PATTERN: F32 = np.kron(TILES, np.ones((8, 8, 1))).astype(np.float32)
DISC = cv2.circle(np.zeros((SIDE, SIDE), np.float32), (64, 64), 40, 1.0, -1)
MASK: F32 = np.asarray(cv2.GaussianBlur(DISC, (0, 0), 1), np.float32)
SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_shadow_darkens_near_the_thing_and_nowhere_else(seed: int) -> None:
    out = shadowed(FLAT, THING, rng(seed))
    share = out / FLAT
    assert share.max() <= 1 + 1e-6
    assert 0.44 < share.min() < 0.95
    assert np.ptp(out, axis=2).max() < 1e-3  # a shadow has no colour
    far = cv2.dilate(THING, np.ones((71, 71))) == 0
    assert share[far].min() > 0.96


def test_no_thing_no_shadow() -> None:
    assert np.array_equal(shadowed(FLAT, 0 * THING, rng(0)), FLAT)


def test_the_plate_stays_unknown_where_it_was() -> None:
    plate = FLAT * (THING[..., None] > 0)
    for seed in SEEDS:
        image, relit = lit((FLAT, plate), rng(seed))
        assert relit[THING == 0].max() == 0
        assert relit[THING > 0].min() > 0
        assert image.min() >= 0
        assert image.max() <= 255


def test_light_keeps_the_order_of_grey_levels() -> None:
    """Exposure, gamma and haze together: what was brighter is brighter, wherever the light falls."""
    for seed in SEEDS:
        dark, mid, bright = (lit((FLAT * k, FLAT), rng(seed))[0] for k in (0.4, 0.7, 1.0))
        assert (mid - dark).min() > 1
        assert (bright - mid).min() >= 0
        assert (bright - mid).mean() > 1


def test_lights_differ_in_strength_and_colour() -> None:
    means = np.stack([lit((FLAT, FLAT), rng(seed))[0].mean((0, 1)) for seed in range(30)])
    assert np.ptp(means.mean(1)) > 60
    assert np.abs(means / means.mean(1, keepdims=True) - 1).max() > 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mesh_astray_is_a_small_smooth_displacement(seed: int) -> None:
    """Never so far that plate and face lose each other; the mask stays one piece between 0 and 1."""
    plate, mask = astray(PATTERN * MASK[..., None], MASK, rng(seed))
    assert plate.dtype == mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() <= 1 + 1e-6
    both = np.minimum(mask, MASK).sum() / np.maximum(mask, MASK).sum()
    assert both > 0.75
    assert cv2.connectedComponents((mask > 0.5).astype(np.uint8))[0] == 2


def test_some_plates_are_partly_unknown() -> None:
    """About one in ten has a side that was never seen; the mask knows nothing of it."""
    known = []
    for seed in range(120):
        plate, mask = astray(FLAT * MASK[..., None], MASK, rng(seed))
        inner = cv2.erode(mask, np.ones((15, 15))) > 0.9
        known.append(float((plate[inner].max(1) > 60).mean()))
    part = (np.array(known) < 0.97).sum()
    assert 4 <= part <= 25


@pytest.mark.parametrize("seed", SEEDS)
def test_a_film_is_bytes_and_the_same_for_the_same_seed(seed: int) -> None:
    one, again = (filmed(PATTERN, rng(seed)) for _ in range(2))
    assert one.dtype == np.uint8
    assert one.shape == PATTERN.shape
    assert np.array_equal(one, again)


def loss(out: F32) -> float:
    return float(np.abs(out - PATTERN).mean())


def test_films_are_from_clean_to_poor() -> None:
    losses = [loss(filmed(PATTERN, rng(seed)).astype(np.float32)) for seed in range(60)]
    assert min(losses) < 1
    assert max(losses) > 6


def test_what_is_beyond_bytes_is_held() -> None:
    for seed in SEEDS:
        out = filmed(np.where(THING[..., None] > 0, np.float32(900), np.float32(-300)) + 0 * FLAT, rng(seed))
        assert out[55:65, 65:75].min() > 240
        assert out[:20].max() < 15
