"""What must change in the picture before something transparent is believed."""

import numpy as np
import pytest

from engines.occlusion.clean_plate import Drawn
from engines.occlusion.network import NONE, OPAQUE, SIDE, TRANSPARENT, Occlusion
from engines.values import F32
from stream.perception.evidence import FEW, LEAST, claimed, remains, stands, weighed

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


COVER = np.zeros((SIDE, SIDE), np.float32)
COVER[60:112, 24:104] = 1  # the lower half of the face


def behind(opaque: F32 = COVER) -> Occlusion:
    return seen(opaque=1, where=opaque, kind=OPAQUE)


def half_covered(rest: F32 = SKIN) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Something green before the lower half."""
    image = rest.copy()
    image[COVER > 0] = (20, 200, 30)
    return np.clip(image, 0, 255).astype(np.uint8)


def test_what_nothing_covers_is_still_the_plates_face() -> None:
    assert remains(behind(), half_covered(), PLATE) is True


def test_another_light_does_not_make_it_another_face() -> None:
    assert remains(behind(), half_covered(SKIN * np.float32(0.7)), PLATE) is True


def test_a_wall_or_the_back_of_a_head_is_no_longer_the_face() -> None:
    other = RNG.uniform(0, 255, (SIDE // 8, SIDE // 8, 3)).repeat(8, 0).repeat(8, 1).astype(np.float32)
    assert remains(behind(), half_covered(other), PLATE) is False


@pytest.mark.parametrize("light", [0.25, 2.5])
def test_dark_hair_is_not_the_face_in_little_light(light: float) -> None:
    assert remains(behind(), half_covered(np.asarray(SKIN * 0 + 100 * light, np.float32)), PLATE) is False


@pytest.mark.parametrize("layer", ["opaque", "veil", "glass"])
def test_whatever_covers_it_says_nothing_of_the_face(layer: str) -> None:
    """The change lies under the cover alone."""
    image = half_covered()
    claim = {
        "opaque": seen(opaque=1, where=COVER),
        "veil": seen(veil=1, where=COVER),
        "glass": seen(glass=1, where=COVER),
    }
    assert remains(claim[layer], image, PLATE) is True
    assert remains(seen(), image, PLATE) is False, "with nothing said to cover it, half of it is another thing"


def test_a_face_of_which_nothing_is_seen_may_be_there_or_not() -> None:
    assert remains(behind(FACE), half_covered(), PLATE) is None
    assert remains(behind(), half_covered(), Drawn(PLATE.colour, np.zeros_like(FACE), FACE)) is None
