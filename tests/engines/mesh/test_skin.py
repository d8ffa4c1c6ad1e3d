"""Which texels of a source are skin: hair and background give way to the person's own skin tone."""

import numpy as np
import pytest

from engines.mesh import region, skin, texture
from engines.mesh.topology import LEFT_EYE
from engines.values import F32, U8
from tests.engines.mesh.heads import texel as at

SIDE = texture.SIDE
TONE = (190, 150, 130)
SEEN: F32 = np.ones((SIDE, SIDE), np.float32)


def face(seed: int = 0) -> U8:
    grain = np.random.default_rng(seed).normal(0, 3, (SIDE, SIDE, 1))
    return np.asarray(np.clip(np.array(TONE) + grain, 0, 255), np.uint8)


def filled_by(picture: U8) -> U8:
    return skin.fill(picture, skin.confidence(picture, SEEN))


def test_plain_skin_is_sure_and_stays() -> None:
    sure = skin.confidence(face(), SEEN)
    assert sure.shape == (SIDE, SIDE) and sure.min() >= 0 and sure.max() <= 1
    assert sure[region.edge() > 1].min() > 0.9
    inner = region.edge() > 1
    assert np.abs(filled_by(face()).astype(int) - face())[inner].mean() < 1


@pytest.mark.parametrize("colour", [(25, 18, 15), (60, 140, 60), (240, 240, 250)], ids=["hair", "wall", "light"])
def test_what_is_not_skin_at_the_side_becomes_skin(colour: tuple[int, int, int]) -> None:
    """A band at one temple that shows something else: no trace of it is left at its middle."""
    picture = face()
    temple = (region.height() > -3.5) & (region.height() < 0.5)  # lower down, what is dark is a beard
    band = (region.edge() < 1.6) & (np.arange(SIDE)[None, :] < SIDE // 2) & temple
    picture[band] = colour
    middle = band & (region.edge() > 0.3) & (region.edge() < 1.0)
    assert skin.confidence(picture, SEEN)[middle].mean() < 0.25
    filled = filled_by(picture).astype(int)
    assert np.abs(filled[middle] - TONE).mean() < 15


def test_a_beard_is_kept_below_the_nose_alone() -> None:
    """The same dark brown: hair at the temple, beard along the jaw."""
    side = np.arange(SIDE)[None, :] < SIDE // 2
    rim = (region.edge() > 0.8) & (region.edge() < 2.2) & side
    jaw, temple = ((region.height() > low) & (region.height() < low + 2) & rim for low in (4.0, -2.5))
    picture = face()
    picture[rim] = (45, 32, 26)
    filled = filled_by(picture).astype(int)
    assert np.abs(filled[temple & (region.edge() < 1.6)] - TONE).mean() < 30
    assert np.abs(filled[jaw] - (45, 32, 26)).mean() < 30


def test_a_fringe_gives_the_whole_forehead_back_to_skin() -> None:
    picture = face()
    picture[region.height() < -4.5] = (40, 25, 20)
    filled = filled_by(picture).astype(int)
    forehead = (region.height() < -6) & (region.edge() > 0.5)
    assert np.abs(filled[forehead] - TONE).mean() < 20


def test_what_shows_of_the_forehead_between_strands_is_not_taken() -> None:
    """A fringe over its larger part: the rest, too, is the smoothed skin; under a small lock it stays as it is."""
    side = np.arange(SIDE)[None, :]
    rest = (region.height() < skin.HAIRLINE - 0.5) & (region.edge() > 0.8) & (side > SIDE // 2 + 110)
    grain = []
    for reach in (90, -130):
        picture = face()
        picture[(region.height() < -4.5) & (side < SIDE // 2 + reach)] = (40, 25, 20)
        grain.append(float(filled_by(picture)[rest].astype(float).std(0).mean()))
    assert grain[0] < 1.6
    assert grain[1] > 2.4


def test_eyes_are_kept_whatever_their_colour() -> None:
    picture = face()
    y, x = np.round(texture.layout()[LEFT_EYE].mean(0)).astype(int)[::-1]
    picture[y - 6 : y + 7, x - 6 : x + 7] = (20, 90, 160)
    assert np.abs(filled_by(picture)[y, x].astype(int) - [20, 90, 160]).max() < 12


def test_what_was_seen_at_a_grazing_angle_is_not_trusted() -> None:
    seen = SEEN.copy()
    seen[:, SIDE // 2 + 120 :] = 0.2
    sure = skin.confidence(face(), seen)
    cheek = at(411)
    rim = (region.edge() < 1.5) & (np.arange(SIDE)[None, :] > SIDE // 2 + 180)
    assert sure[rim].mean() < 0.2 < 0.8 < skin.confidence(face(), SEEN)[rim & (region.edge() > 0.5)].mean()
    assert sure[cheek[0], SIDE - 1 - cheek[1]] > 0.9
