"""People made of two: whose features, whose colour, whose hair."""

from dataclasses import replace

import numpy as np
import pytest

from tests.tools.synth.people import cast, person
from tools.synth.morph import face_of, morphed

ONE, OTHER = person("a", 1), person("b", 2)
FACE = (slice(100, 160), slice(100, 156))  # well within the mesh of these portraits


def test_a_face_laid_on_its_own_mesh_is_itself() -> None:
    drawn, soft = face_of(ONE, ONE.mesh)
    assert soft[128, 128] == pytest.approx(1)
    assert soft[2, 2] == 0
    assert np.abs(drawn[FACE] - ONE.image[FACE]).mean() < 2


def test_no_share_is_the_portrait_and_what_lies_off_the_face_is_always_its_own() -> None:
    np.testing.assert_array_equal(morphed(ONE, OTHER, 0).image, ONE.image)
    whole = morphed(ONE, OTHER, 1)
    off = face_of(OTHER, ONE.mesh)[1] == 0
    np.testing.assert_array_equal(whole.image[off], ONE.image[off])
    assert whole.person == "a+b"


def test_the_features_are_the_others_in_the_persons_own_colour() -> None:
    dark = replace(OTHER, image=(OTHER.image * 0.4).astype(np.uint8))
    got = morphed(ONE, dark, 1).image[FACE].astype(float)
    like, own = OTHER.image[FACE].astype(float), ONE.image[FACE].astype(float)

    def alike(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.corrcoef(a.ravel() - a.mean(), b.ravel() - b.mean())[0, 1])

    assert alike(got, like) > 0.9 > 0.5 > alike(got, own)
    soft = face_of(OTHER, ONE.mesh)[1][..., None]
    mean = [(image.astype(float) * soft).sum((0, 1)) for image in (morphed(ONE, dark, 1).image, ONE.image)]
    np.testing.assert_allclose(mean[0], mean[1], rtol=0.12)


def test_both_looks_of_a_person_made_of_two_get_the_same_guest() -> None:
    people = replace(cast(), morphs=1.0)
    for seed in range(8):
        first, second = people.looks(np.random.default_rng(seed))
        assert first.person == second.person
        assert "+" in first.person
    assert "+" not in cast().looks(np.random.default_rng(0))[0].person
