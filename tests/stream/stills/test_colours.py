"""Profiles by known patches: there, back, and what is as good as sRGB."""

import numpy as np
import pytest
from PIL import ImageCms

from engines.values import U8
from stream.stills.colours import Colours, read_colours
from tests.stream.stills.profiles import display_p3, grey, inks, p3_as_srgb

RNG = np.random.default_rng(3)


def patch(*values: int) -> U8:
    return np.full((2, 2, len(values)), values, np.uint8)


def read(profile: bytes) -> Colours:
    found = read_colours(profile)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("p3", "srgb"),
    [
        ((234, 51, 35), (255, 0, 0)),
        ((117, 251, 76), (0, 255, 0)),
        ((255, 255, 255), (255, 255, 255)),
        ((128, 128, 128), (128, 128, 128)),
        ((255, 0, 0), (255, 0, 0)),
    ],
)
def test_display_p3_by_patches(p3: tuple[int, int, int], srgb: tuple[int, int, int]) -> None:
    assert np.abs(read(display_p3()).to_srgb(patch(*p3)).astype(int) - srgb).max() <= 3


def test_display_p3_as_it_is_defined() -> None:
    samples = RNG.integers(0, 256, (40, 40, 3), np.uint8)
    found = read(display_p3()).to_srgb(samples).astype(int)
    assert np.abs(found - p3_as_srgb(samples)).max() <= 3 and np.abs(found - samples).max() > 30


def test_a_change_goes_back_and_what_is_beyond_srgb_stays_there() -> None:
    colours = read(display_p3())
    own = np.concatenate([RNG.integers(60, 196, (20, 20, 3), np.uint8), np.full((1, 20, 3), (255, 0, 0), np.uint8)])
    seen = colours.to_srgb(own)
    assert np.array_equal(colours.moved(own, seen, seen), own), "not a bit where nothing was changed"
    wanted = seen.copy()
    wanted[:10] = (217, 166, 139)
    moved = colours.moved(own, seen, wanted)
    assert np.abs(colours.to_srgb(moved)[:10].astype(int) - (217, 166, 139)).max() <= 3
    assert np.array_equal(moved[10:], own[10:])
    marked = colours.moved(own, seen, np.clip(seen.astype(int) - 1, 0, 255).astype(np.uint8))
    assert marked[-1].tolist() == [[254, 0, 0]] * 20


def test_grey_and_inks_have_one_way_only() -> None:
    dark = read(grey())
    assert dark.space == "GRAY" and not dark.returns
    assert np.abs(dark.to_srgb(np.full((2, 2), 55, np.uint8)).astype(int) - 128).max() <= 1
    paper = read(inks())
    assert paper.space == "CMYK" and not paper.returns
    assert paper.to_srgb(patch(0, 0, 0, 0)).min() >= 253 and paper.to_srgb(patch(0, 0, 0, 255)).max() <= 2
    cyan = paper.to_srgb(patch(255, 0, 0, 0))[0, 0].astype(int)
    assert np.abs(cyan - (0, 147, 221)).max() <= 12, "and not the (0, 255, 255) of no profile"


@pytest.mark.parametrize("profile", [b"", b"nonsense", display_p3()[:200]])
def test_what_is_no_profile_is_none(profile: bytes) -> None:
    assert read_colours(profile) is None


def test_srgb_itself_is_none() -> None:
    assert read_colours(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()) is None
    assert read_colours(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()) is None
