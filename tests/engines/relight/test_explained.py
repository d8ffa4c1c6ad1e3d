"""The light that a face's direction explains: found on a made-up head, and nothing made of what is no light."""

from dataclasses import replace

import numpy as np
import pytest

from engines.relight import normals
from engines.relight.explained import explained
from engines.relight.light import Illumination, Lamp, shading
from engines.relight.linear import luminance
from engines.values import F32
from tests.engines.relight.heads import Head, head


@pytest.fixture(scope="module")
def face() -> Head:
    return head(192)


@pytest.fixture(scope="module")
def sure(face: Head) -> F32:
    return normals.of_faces([face.mesh], 192, 192)[1]


def found(face: Head, sure: F32, light: Illumination) -> F32:
    seen = face.albedo * shading(face.normals, light)[..., None]
    return explained(luminance(seen), face.normals, sure, (face.alpha > 0.95).astype(np.float32))


@pytest.mark.parametrize("azimuth", [0, 90, 200])
def test_the_light_on_skin_is_found(face: Head, sure: F32, azimuth: float) -> None:
    light = Illumination(0.4, (Lamp(azimuth, 30, 0.6),))
    truth, here = np.log(shading(face.normals, light)), face.skin & (sure > 0.9)
    told = found(face, sure, light)
    assert np.corrcoef(told[here], truth[here])[0, 1] > 0.95
    assert 0.7 < np.polyfit(truth[here], told[here], 1)[0] < 1.2


def test_even_light_explains_nothing(face: Head, sure: F32) -> None:
    assert np.abs(found(face, sure, Illumination(0.7))[face.skin]).max() < 0.12


def test_brows_and_lips_are_no_shade(face: Head, sure: F32) -> None:
    """The fit leaves out what is not of the skin's colour."""
    light = Illumination(0.5, (Lamp(20, 40, 0.5),))
    plain = replace(face, albedo=np.full_like(face.albedo, 0.3))
    here = face.skin & (sure > 0.9)
    assert np.abs(found(face, sure, light)[here] - found(plain, sure, light)[here]).max() < 0.2


def test_far_from_faces_nothing_is_said(face: Head, sure: F32) -> None:
    told = found(face, sure, Illumination(0.3, (Lamp(0, 20, 0.7),)))
    assert np.abs(told[-8:]).max() < 0.25 * np.abs(told[face.skin]).max()


def test_without_a_face_it_is_zero(face: Head) -> None:
    none = np.zeros(face.alpha.shape, np.float32)
    told = explained(luminance(face.albedo), face.normals, none, face.alpha)
    np.testing.assert_array_equal(told, none)
