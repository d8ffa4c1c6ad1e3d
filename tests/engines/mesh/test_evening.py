"""A photo's own light in the skin, by value: what of it goes, and what is left alone."""

import cv2
import numpy as np

from engines.mesh import evening, region, texture
from engines.mesh.topology import LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from engines.values import F32, U8

SIDE = texture.SIDE
TONE = (190, 150, 130)
SKIN: F32 = np.ones((SIDE, SIDE), np.float32)
PLAIN: U8 = np.full((SIDE, SIDE, 3), TONE, np.uint8)
FOREHEAD = texture.layout()[151]
CHEEK = texture.layout()[50]


def marked(at: F32, gain: tuple[float, float, float], radius: float = 0.6) -> U8:
    """Plain skin with a soft spot, its channels times gain; radius: centimetres."""
    y, x = np.mgrid[:SIDE, :SIDE]
    soft = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * (radius * texture.CM) ** 2))[..., None]
    return np.asarray(np.clip(PLAIN * (1 + soft * (np.array(gain) - 1)), 0, 255) + 0.5, np.uint8)


def left(face: U8, at: F32) -> float:
    """How much of a spot's difference is still there, of before."""
    x, y = np.round(at).astype(int)
    before, after = (float(np.abs(f[y, x].astype(float) - TONE).mean()) for f in (face, evening.even(face, SKIN)))
    return after / before


def test_even_skin_stays_as_it_is() -> None:
    inner = region.edge() > 1
    assert np.abs(evening.even(PLAIN, SKIN).astype(int) - PLAIN)[inner].max() <= 1


def test_shade_under_the_eyes_goes_in_part_and_on_the_cheek_not() -> None:
    socket = texture.layout()[[RIGHT_EYE, LEFT_EYE][0]].mean(0) + np.array([0, 1.0 * texture.CM], np.float32)
    assert left(marked(socket, (0.75, 0.75, 0.75)), socket) < 0.95
    assert left(marked(CHEEK, (0.75, 0.75, 0.75)), CHEEK) > 0.95


def test_a_pale_highlight_goes_more_than_a_bright_spot_of_the_skins_own_colour() -> None:
    pale = left(marked(FOREHEAD, (1.1, 1.28, 1.4)), FOREHEAD)
    own = left(marked(FOREHEAD, (1.2, 1.2, 1.2)), FOREHEAD)
    assert pale < 0.92
    assert pale < own


def test_lips_are_left_alone() -> None:
    lips = region.polygon(OUTER_LIPS) > 0.9
    face = PLAIN.copy()
    face[cv2.dilate(lips.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = (170, 70, 80)
    assert np.abs(evening.even(face, SKIN).astype(int) - face)[lips].max() <= 2


def test_what_is_no_skin_says_nothing_of_it() -> None:
    face, sure = PLAIN.copy(), SKIN.copy()
    hair = region.height() < -6
    face[hair], sure[hair] = (20, 15, 12), 0
    below = (region.height() > -5.2) & (region.height() < -4.5) & (region.edge() > 1)
    assert np.abs(evening.even(face, sure).astype(int) - face)[below].max() <= 3
