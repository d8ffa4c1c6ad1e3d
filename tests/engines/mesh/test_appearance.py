"""`appearance-v1`: the same look is near, another pose, expression or light is farther."""

import cv2
import numpy as np
import pytest

from engines.mesh.appearance import body_appearance, face_appearance
from engines.mesh.topology import CANONICAL
from engines.store.catalog import load_catalog
from engines.values import F32, U8
from tests.engines.mesh.test_expression import jaw
from tests.stream.portraits import wall
from tools.synth.faces import turned

TEMPLATE = load_catalog().template("arcface_128")
PICTURE = wall(512, 512)
MIDDLE = np.array([256, 256, 0], np.float32)
FACE = np.asarray(CANONICAL * 20 + MIDDLE, np.float32)


def describe(mesh: F32 = FACE, image: U8 = PICTURE) -> F32:
    return face_appearance(image, mesh, TEMPLATE)


def test_a_descriptor_has_length_one_and_is_like_itself() -> None:
    one = describe()
    assert one.dtype == np.float32 and np.linalg.norm(one) == pytest.approx(1, abs=1e-4)
    noisy = np.asarray(np.clip(PICTURE + np.random.default_rng(0).normal(0, 2, PICTURE.shape), 0, 255), np.uint8)
    jitter = FACE + np.random.default_rng(1).normal(0, 0.3, FACE.shape).astype(np.float32)
    assert one @ describe(jitter.astype(np.float32), noisy) > 0.97


@pytest.mark.parametrize("degrees", [20, 40])
def test_the_farther_the_head_is_turned_the_less_alike(degrees: float) -> None:
    some, more = (describe(turned(FACE, np.radians(a), 0, 0)) for a in (degrees / 2, degrees))
    assert describe() @ more < describe() @ some < 0.999
    left, right = (describe(turned(FACE, np.radians(a), 0, 0)) for a in (degrees, -degrees))
    assert left @ right < describe() @ left


def test_an_open_mouth_is_another_look() -> None:
    assert describe() @ describe(jaw(2) + MIDDLE) < 0.9


def test_another_light_is_another_look_but_still_near() -> None:
    dark = describe(FACE, np.asarray(PICTURE * 0.3, np.uint8))
    assert 0.8 < describe() @ dark < 0.99


def test_bodies_are_told_by_colours_and_edges() -> None:
    body = wall(300, 400)
    blurred = np.asarray(cv2.GaussianBlur(body, (0, 0), 1), np.uint8)
    other = np.asarray(255 - body[::-1], np.uint8)
    one = body_appearance(body)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-4)
    assert one @ body_appearance(blurred) > one @ body_appearance(other)
    assert one @ body_appearance(other) < 0.9
