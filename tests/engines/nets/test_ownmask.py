"""A network's own mask against the occlusion network's: shares by hand, and which of them is taken."""

import numpy as np
import pytest

from engines.nets.ownmask import Claim, Trust, claim, holds
from engines.values import F32

FACE = np.zeros((40, 40), np.float32)
FACE[5:35, 5:35] = 1
HAND = np.zeros((40, 40), np.float32)
HAND[20:40] = 1  # half of the face


def with_hole(value: float = 0.0) -> F32:
    """A mask that paints the face, and `value` of what is under the hand."""
    return np.where(HAND > 0, value, FACE).astype(np.float32)


def test_a_mask_that_stops_at_the_hand_is_sure_and_right() -> None:
    assert claim(with_hole(), FACE, HAND) == Claim(1.0, 0.0, 0.0)


def test_shares_by_hand() -> None:
    found = claim(with_hole(0.25), FACE, HAND)
    assert found.confidence == pytest.approx((1 + 0.5) / 2)
    assert found.spilled == pytest.approx(0.25)
    assert found.lost == 0
    assert claim(0.7 * with_hole(), FACE, HAND).lost == pytest.approx(0.3)


def test_beyond_the_face_nothing_counts() -> None:
    wild = with_hole()
    wild[:5], wild[-5:] = 0.5, 0.5
    assert claim(wild, FACE, HAND) == Claim(1.0, 0.0, 0.0)


def test_what_is_half_covered_speaks_for_neither() -> None:
    assert claim(np.full_like(FACE, 0.5), FACE, 0.5 * FACE) == Claim(0.0, 0.0, 0.0)


def test_a_few_pixels_say_nothing() -> None:
    fly = np.zeros_like(FACE)
    fly[10:14, 10:14] = 1
    assert claim(FACE, FACE, fly).spilled == 0


@pytest.mark.parametrize(
    ("what", "taken"),
    [
        (Claim(1.0, 0.0, 0.0), True),
        (Claim(0.8, 0.2, 0.4), True),
        (Claim(0.79, 0.0, 0.0), False),
        (Claim(1.0, 0.21, 0.0), False),
        (Claim(1.0, 0.0, 0.41), False),
        (claim(FACE, FACE, HAND), False),  # a mask that does not know of the hand
        (claim(0 * FACE, FACE, HAND), False),  # one that paints nothing at all, however surely
    ],
)
def test_it_is_taken_when_it_is_sure_and_not_plainly_wrong(what: Claim, taken: bool) -> None:
    assert holds(what, before=False) is taken


def test_what_was_taken_is_not_given_up_at_the_first_doubt() -> None:
    for doubt in (Claim(0.75, 0, 0), Claim(1, 0.28, 0), Claim(1, 0, 0.55)):
        assert not holds(doubt, before=False)
        assert holds(doubt, before=True)
    for worse in (Claim(0.69, 0, 0), Claim(1, 0.31, 0), Claim(1, 0, 0.61)):
        assert not holds(worse, before=True)


def test_how_much_trust_is_needed_can_be_told() -> None:
    assert holds(Claim(0.5, 0.5, 0), before=False, trust=Trust(enter=0.5, spilled=0.5))
