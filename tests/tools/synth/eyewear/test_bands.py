"""Labelled bands by value: what is worn, what is said of it, and that each seed gives its own."""

from pathlib import Path

import numpy as np
import pytest

from engines.errors import InputError
from engines.mesh.topology import CANONICAL
from engines.occlusion.eyewear import HEIGHT, WIDTH
from tests.tools.synth.people import photo
from tools.synth.eyewear import bands
from tools.synth.eyewear.bands import Sitter, Sitters, band
from tools.synth.hands import Hands


def people(count: int = 2, coarse: float = 1.0) -> Sitters:
    mesh = (CANONICAL * 9 + np.array([150, 160, 0])).astype(np.float32)
    some = tuple(bands.framed_sitter(photo(i), mesh, f"p{i}") for i in range(count))
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[8:64, 18:46] = (200, 150, 130, 255)
    return Sitters(tuple(Sitter(s.image, s.mesh, s.person, coarse) for s in some), Hands((rgba,)))


CAST = people()


def test_a_sitter_fills_the_picture_and_keeps_the_mesh() -> None:
    sitter = CAST.people[0]
    assert sitter.image.shape == (bands.SIDE, bands.SIDE, 3)
    low, high = sitter.mesh[:, :2].min(0), sitter.mesh[:, :2].max(0)
    assert (high - low).max() == pytest.approx(bands.SIDE / bands.MARGIN, rel=0.02)
    np.testing.assert_allclose((low + high) / 2, bands.SIDE / 2, atol=8)


def test_a_photo_of_few_pixels_is_known_as_such() -> None:
    far = (CANONICAL * 4 + np.array([150, 160, 0])).astype(np.float32)
    assert bands.framed_sitter(photo(0), far, "far").coarse == pytest.approx(10 / 4, rel=0.02)
    near = (CANONICAL * 12 + np.array([150, 160, 0])).astype(np.float32)
    assert bands.framed_sitter(photo(0), near, "near").coarse == 1


def test_about_half_wear_some_and_the_map_says_where() -> None:
    rng = np.random.default_rng(1)
    made = [band(CAST, rng) for _ in range(60)]
    assert 20 <= sum(b.worn for b in made) <= 45
    for b in made:
        assert b.image.shape == (HEIGHT, WIDTH, 3) and b.image.dtype == np.uint8
        assert b.map.shape == (HEIGHT, WIDTH) and b.map.dtype == np.uint8
        if not b.worn:
            assert b.map.max() == 0
    worn = [b for b in made if b.worn]
    assert sum(b.map.max() > 200 for b in worn) >= 0.85 * len(worn)
    whole = np.mean([b.map for b in worn], axis=0)
    assert whole[15:60].mean() > 3 * whole[65:].mean()  # about the eyes, not by the mouth


def test_a_seed_gives_the_same_band_again() -> None:
    a, b = (band(CAST, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(a.image, b.image)
    np.testing.assert_array_equal(a.map, b.map)
    assert not np.array_equal(a.image, band(CAST, np.random.default_rng(8)).image)


def fine(cast: Sitters) -> float:
    """How much of the bands is finer than two pixels."""
    rng = np.random.default_rng(3)
    some = np.stack([band(cast, rng).image for _ in range(12)]).astype(np.float32)
    return float(np.abs(np.diff(some, n=2, axis=2)).mean())


def test_of_a_coarse_photo_nothing_is_sharp() -> None:
    assert fine(people(coarse=5.0)) < 0.7 * fine(people())


def test_wrinkles_are_thin_and_about_the_eyes() -> None:
    sitter = CAST.people[0]
    plain = np.full((bands.SIDE, bands.SIDE, 3), 150, np.float32)
    change = np.abs(bands.aged(plain, sitter.mesh, np.random.default_rng(4)) - plain).max(2)
    eyes = sitter.mesh[[33, 133, 362, 263], 1]
    rows = np.nonzero((change > 4).any(1))[0]
    wide = float(np.ptp(sitter.mesh[:, 0]))
    assert eyes.min() - 0.4 * wide < rows.min() and rows.max() < eyes.max() + 0.4 * wide
    assert 0.001 < (change > 4).mean() < 0.1


class Blind:
    """Sees no face anywhere."""

    def mesh(self, _: object) -> None:
        return None


def test_a_folder_without_faces_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no photos of faces"):
        bands.casts(tmp_path, Blind())  # type: ignore[arg-type]
