"""Transfer curves against published values, and what of a frame's light survives the way to sRGB and back."""

import numpy as np
import pytest

from engines.values import F32, U8
from stream.pixels.transfer import (
    FRACTION,
    HLG,
    PQ,
    Transfer,
    as_srgb,
    hlg_to_scene,
    light_to_srgb,
    nits_to_pq,
    pq_to_nits,
    scene_to_hlg,
    shares,
    srgb_to_light,
    transfer_of,
)

# ITU-R BT.2408, table 1: light of a grey card, of greys and of reference white, and their signals in per cent.
PUBLISHED = [(26, 38, 38), (162, 71, 56), (179, 73, 57), (203, 75, 58)]
BT2020, P3, BT709 = 9, 12, 1


def opened(transfer: int, primaries: int = BT2020) -> Transfer:
    found = transfer_of(transfer, primaries)
    assert found is not None
    return found


def levels(
    signal: float | tuple[float, float, float], side: int = 4
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """A flat patch of R'G'B', 0 to 1."""
    flat = np.broadcast_to(np.asarray(signal, np.float64), (side, side, 3))
    return np.rint(flat * (255 << FRACTION)).astype(np.uint16)


def nits_of(coded: F32, transfer: int) -> float:
    """cd/m2 of a grey that is coded 0 to 255."""
    signal = np.asarray(coded[0, 0, :1] / 255, np.float64)
    return float(pq_to_nits(signal)[0]) if transfer == PQ else float(1000 * hlg_to_scene(signal)[0] ** 1.2)


@pytest.mark.parametrize(("nits", "hlg", "pq"), PUBLISHED)
def test_published_signals(nits: float, hlg: float, pq: float) -> None:
    assert float(nits_to_pq(np.array(float(nits)))) == pytest.approx(pq / 100, abs=0.006)
    assert 1000 * float(hlg_to_scene(np.array(hlg / 100))) ** 1.2 == pytest.approx(nits, rel=0.04)


def test_the_ends_of_the_curves() -> None:
    assert float(pq_to_nits(np.array(1.0))) == pytest.approx(10_000)
    assert float(hlg_to_scene(np.array(1.0))) == pytest.approx(1, abs=1e-6)
    assert float(hlg_to_scene(np.array(0.5))) == pytest.approx(1 / 12)
    assert float(srgb_to_light(np.array(0.5))) == pytest.approx(0.2140, abs=1e-4)
    assert float(pq_to_nits(np.array(0.0))) == float(hlg_to_scene(np.array(0.0))) == 0


@pytest.mark.parametrize(
    "there", [(pq_to_nits, nits_to_pq), (hlg_to_scene, scene_to_hlg), (srgb_to_light, light_to_srgb)]
)
def test_curves_come_back(there: tuple[object, object]) -> None:
    signal = np.linspace(0.001, 1, 500)
    forward, back = there
    assert np.allclose(back(forward(signal)), signal, atol=1e-6)  # type: ignore[operator]


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("level", [16, 64, 128, 200, 255])
def test_a_painted_grey_has_the_light_of_srgb_with_white_at_203(transfer: int, level: int) -> None:
    rgb: U8 = np.full((4, 4, 3), level, np.uint8)
    coded = opened(transfer).coded(rgb, levels(0.3))
    expected = 203 * float(srgb_to_light(np.array(level / 255)))
    assert nits_of(coded, transfer) == pytest.approx(expected, rel=0.01)
    assert np.ptp(coded[0, 0]) < 0.05, "a grey stays a grey"


@pytest.mark.parametrize(("transfer", "primaries"), [(PQ, BT2020), (HLG, BT2020), (PQ, P3), (1, BT2020), (13, P3)])
def test_every_srgb_colour_comes_back(transfer: int, primaries: int) -> None:
    rgb = np.asarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3)), np.uint8)
    way = opened(transfer, primaries)
    coded = way.coded(rgb, levels(0.1, 40))
    again = way.shown(np.rint(coded * (1 << FRACTION)).astype(np.uint16))
    assert np.abs(again.astype(int) - rgb).max() <= 1


def test_srgb_red_lies_inside_bt2020() -> None:
    """ITU-R BT.2087: linear BT.709 red is (0.6274, 0.0691, 0.0164) in BT.2020."""
    red: U8 = np.zeros((1, 1, 3), np.uint8)
    red[..., 0] = 255
    coded = opened(PQ).coded(red, levels(0.1, 1))
    light = pq_to_nits(coded[0, 0].astype(np.float64) / 255) / 203
    assert light == pytest.approx([0.6274, 0.0691, 0.0164], abs=0.002)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_what_is_brighter_than_white_is_shown_white_and_keeps_its_light(transfer: int) -> None:
    way = opened(transfer)
    bright = levels(0.75 if transfer == PQ else 0.93)
    seen = way.shown(bright)
    assert (seen == 255).all()
    back = way.coded(seen, bright)
    assert np.abs(back - bright / (1 << FRACTION)).max() < 0.5


def test_a_bright_colour_keeps_its_hue() -> None:
    """Orange of 609 cd/m2 in its red is shown as orange, not as yellow."""
    orange = np.array([1.0, 0.45, 0.1])
    way = opened(PQ, BT709)
    bright = levels(tuple(nits_to_pq(orange * 609).tolist()))
    seen = way.shown(bright)[0, 0]
    expected = np.rint(255 * light_to_srgb(orange))
    assert np.abs(seen.astype(int) - expected).max() <= 1


def test_paint_on_a_highlight_is_lit_as_the_highlight_is() -> None:
    """Under three times reference white, a painted grey has three times its light."""
    way = opened(PQ, BT709)
    grey: U8 = np.full((4, 4, 3), 128, np.uint8)
    lit = way.coded(grey, levels(float(nits_to_pq(np.array(609.0)))))
    assert nits_of(lit, PQ) == pytest.approx(3 * 203 * float(srgb_to_light(np.array(128 / 255))), rel=0.02)


@pytest.mark.parametrize("transfer", [1, 2, 6, 13, 14])
def test_ordinary_video_is_left_as_it_is(transfer: int) -> None:
    assert transfer_of(transfer, 1) is None
    assert transfer_of(transfer, 2) is None
    assert shares(transfer) is None
    plain = np.linspace(0, 255, 50, dtype=np.float32)
    assert as_srgb(plain, transfer) is plain


def test_greys_of_wide_gamut_video_stay_as_they_are() -> None:
    way = opened(1, P3)
    for level in (0, 40, 128, 250):
        assert (way.shown(levels(level / 255)) == level).all()


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_step_of_the_mark_is_as_bright_as_in_ordinary_video(transfer: int) -> None:
    """One share of a level changes the light by what a level of sRGB changes, from a tenth of white up."""
    share = shares(transfer)
    assert share is not None and share.max() <= 1 and share.min() > 0
    for level in (120, 140, 150):
        signal = (level + np.array([-0.5, 0.5]) * share[level] - 16) / 219
        light = pq_to_nits(signal) if transfer == PQ else 1000 * hlg_to_scene(signal) ** 1.2
        srgb = light_to_srgb(light.mean() / 203)
        if srgb < 1:
            step = 203 * srgb_to_light(srgb + np.array([-0.5, 0.5]) / 219)
            assert np.ptp(light) == pytest.approx(np.ptp(step), rel=0.1)


def test_luma_of_hdr_reads_as_srgb_would_show_it() -> None:
    signal = nits_to_pq(203 * srgb_to_light(np.arange(256) / 255)) * 255
    seen = as_srgb(signal.astype(np.float32), PQ)
    assert np.abs(seen - np.arange(256)).max() < 1.0
