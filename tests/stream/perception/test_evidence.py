"""What must change in the picture before something transparent is believed."""

import numpy as np
import pytest

from engines.occlusion.clean_plate import Drawn
from engines.occlusion.network import NONE, OPAQUE, SIDE, TRANSPARENT, Occlusion
from engines.values import F32
from stream.perception.evidence import FEW, LEAST, claimed, stands, weighed

RNG = np.random.default_rng(5)
FACE = np.zeros((SIDE, SIDE), np.float32)
FACE[16:112, 24:104] = 1
SKIN: F32 = (RNG.uniform(120, 160, (SIDE // 8, SIDE // 8, 3))).repeat(8, 0).repeat(8, 1).astype(np.float32)
PLATE = Drawn(SKIN * FACE[..., None], FACE, FACE)
PANE = np.zeros((SIDE, SIDE), np.float32)
PANE[40:90, 40:80] = 1


def seen(veil: float = 0, glass: float = 0, opaque: float = 0, where: F32 = PANE, kind: int = TRANSPARENT) -> Occlusion:
    logits = np.full(3, -2, np.float32)
    logits[kind] = 3
    return Occlusion(logits, where * opaque, where * veil, where * glass, np.eye(2, 3, dtype=np.float32))


def crop(change: float, gain: float = 1.0) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.clip(SKIN * gain - change * PANE[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("claim", [seen(veil=0.4), seen(glass=0.9)])
def test_a_claim_stands_where_the_picture_differs_from_the_plate(claim: Occlusion) -> None:
    assert stands(claim, crop(30), PLATE)
    assert not stands(claim, crop(LEAST / 2), PLATE)


def test_other_light_on_the_whole_face_is_no_evidence() -> None:
    assert not stands(seen(glass=1), crop(0, gain=0.8), PLATE)
    assert stands(seen(glass=1), crop(30, gain=0.8), PLATE)


def test_a_strong_change_of_a_few_pixels_does_not_weigh_enough() -> None:
    """A rim of spectacles, say."""
    rim = np.zeros_like(PANE)
    rim[50:58, 40:50] = 1
    image = np.clip(SKIN - 60 * rim[..., None], 0, 255).astype(np.uint8)
    assert rim.sum() > FEW
    assert stands(seen(glass=1), crop(60), PLATE)
    assert not stands(seen(glass=1, where=rim), image, PLATE)


def test_a_claim_of_next_to_nothing_does_not_stand() -> None:
    dot = np.zeros_like(PANE)
    dot[50:55, 50:55] = 1
    assert not stands(seen(glass=1, where=dot), crop(60), PLATE)


def test_where_the_plate_is_unknown_nothing_is_held_against_a_claim() -> None:
    assert stands(seen(veil=0.5), crop(0), Drawn(PLATE.colour, np.zeros_like(FACE), FACE))


def test_what_does_not_stand_is_taken_out_and_the_rest_is_kept() -> None:
    weak = seen(glass=1, opaque=0.7)
    out = weighed(weak, crop(2), PLATE)
    assert out.logits.argmax() != TRANSPARENT
    assert claimed(out).sum() == 0
    np.testing.assert_array_equal(out.opaque, weak.opaque)
    assert weighed(weak, crop(40), PLATE) is weak
    for kind in (NONE, OPAQUE):
        other = seen(glass=1, kind=kind)
        assert weighed(other, crop(2), PLATE) is other
