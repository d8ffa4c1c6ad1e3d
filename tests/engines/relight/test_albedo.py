"""Albedo of made-up Lambert heads whose albedo is known."""

from dataclasses import replace

import numpy as np
import pytest

from engines.relight import albedo, normals
from engines.relight.coarse import Rows
from engines.relight.explained import explained
from engines.relight.light import Illumination, Lamp, shading
from engines.relight.linear import log_luminance, luminance, to_linear
from engines.values import F32
from tests.engines.relight.heads import Head, head, likeness

SIDE = 224
ALL = Rows.all(SIDE, SIDE)
SCALES = [s * SIDE / 1024 for s in (15, 80, 250)]
LIGHTS = [
    Illumination(m, (Lamp(a, e, 1 - m),)) for a, e, m in ((10, 20, 0.3), (100, 50, 0.6), (200, 50, 0.3), (290, 20, 0.6))
]


@pytest.fixture(scope="module")
def faces() -> dict[str, tuple[Head, F32, F32]]:
    """A head, the normals that are found for it, and where they are sure. exact: its own are those that are found;
    other: it is an ellipsoid, of which the mesh knows nothing."""
    round_head = head(SIDE, mottled=1.4)
    seen, sure = normals.of_faces([round_head.mesh], SIDE, SIDE)
    found = normals.carried_on(seen, sure, round_head.alpha)
    return {"exact": (replace(round_head, normals=found), found, sure), "other": (round_head, found, sure)}


def estimate(
    case: tuple[Head, F32, F32], light: Illumination, original: float = 0.2, method: str = "retinex"
) -> tuple[F32, F32]:
    """The picture in a light, linear, and its albedo as it is found."""
    face, found, sure = case
    picture, weight = to_linear(face.picture(light)), (face.alpha > 0.95).astype(np.float32)
    even = explained(luminance(picture), found, sure, weight)
    known: albedo.KnownLight
    if method == "retinex":
        known = albedo.retinex(picture, weight, even, SCALES, 0.8)
    else:
        known = albedo.lab(picture, weight, even, SCALES[1])
    return picture, albedo.albedo(picture, known, original, ALL)


@pytest.mark.parametrize("which", ["exact", "other"])
@pytest.mark.parametrize("method", ["retinex", "lab"])
def test_the_shadings_correlation_is_at_least_halved(
    faces: dict[str, tuple[Head, F32, F32]], which: str, method: str
) -> None:
    before, after = [], []
    for light in LIGHTS:
        face = faces[which][0]
        picture, found = estimate(faces[which], light, method=method)
        shade = np.log(shading(face.normals, light))
        before.append(abs(likeness(log_luminance(picture), shade, face.skin)))
        after.append(abs(likeness(log_luminance(found), shade, face.skin)))
    assert np.mean(after) <= 0.5 * np.mean(before)


@pytest.mark.parametrize("light", LIGHTS, ids=str)
def test_half_of_the_light_at_most_is_left(faces: dict[str, tuple[Head, F32, F32]], light: Illumination) -> None:
    """0.2 of it at least is, as that share of the original is mixed back."""
    face = faces["exact"][0]
    _, found = estimate(faces["exact"], light)
    off = log_luminance(found) - log_luminance(face.albedo)
    left = np.polyfit(np.log(shading(face.normals, light))[face.skin], off[face.skin], 1)[0]
    assert 0 < left < 0.5


def test_hair_stays_dark_and_cloth_keeps_its_colour(faces: dict[str, tuple[Head, F32, F32]]) -> None:
    face = faces["exact"][0]
    _, found = estimate(faces["exact"], LIGHTS[0])
    hair = (face.alpha > 0.99) & (luminance(face.albedo) < 0.06)
    hair[SIDE // 3 :] = False
    assert np.median(luminance(found)[hair]) < 0.25 * np.median(luminance(found)[face.skin])
    red, green, blue = (float(found[-10:, SIDE // 2, c].mean()) for c in range(3))
    assert red / green == pytest.approx(0.2 / 0.3, rel=0.06)
    assert green / blue == pytest.approx(0.3 / 0.5, rel=0.06)


def test_all_of_the_original_is_the_original(faces: dict[str, tuple[Head, F32, F32]]) -> None:
    picture, found = estimate(faces["exact"], LIGHTS[1], original=1.0)
    np.testing.assert_allclose(found, picture, atol=1e-6)


def test_the_share_of_the_original_is_mixed_in_linear_light(faces: dict[str, tuple[Head, F32, F32]]) -> None:
    picture, none = estimate(faces["exact"], LIGHTS[2], original=0.0)
    _, some = estimate(faces["exact"], LIGHTS[2], original=0.25)
    np.testing.assert_allclose(some, 0.75 * none + 0.25 * picture, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", ["retinex", "lab"])
def test_rows_in_parts_are_those_at_once(faces: dict[str, tuple[Head, F32, F32]], method: str) -> None:
    face, found, sure = faces["other"]
    picture, weight = to_linear(face.picture(LIGHTS[0])), (face.alpha > 0.95).astype(np.float32)
    even = explained(luminance(picture), found, sure, weight)
    known = (
        albedo.retinex(picture, weight, even, SCALES, 0.8)
        if method == "retinex"
        else albedo.lab(picture, weight, even, SCALES[1])
    )
    parts = [albedo.albedo(picture[r.start : r.stop], known, 0.2, r) for r in ALL.parts(50)]
    np.testing.assert_array_equal(np.concatenate(parts), albedo.albedo(picture, known, 0.2, ALL))


@pytest.mark.parametrize("method", ["retinex", "lab"])
def test_white_stays_white_and_what_is_dim_beside_it_is_made_brighter(method: str) -> None:
    """A surface in a light from the left that was too much for the camera."""
    light = np.clip(np.linspace(1.6, 0.3, SIDE), 0, 1)[None, :, None].repeat(SIDE, 0).repeat(3, 2).astype(np.float32)
    known = np.log(np.linspace(1.6, 0.3, SIDE) / 0.8)[None].repeat(SIDE, 0).astype(np.float32)
    none = np.zeros((SIDE, SIDE), np.float32)
    lamp = (
        albedo.RetinexLight(known, albedo.retinex(light, none, known, SCALES, 0.8).around)
        if method == "retinex"
        else albedo.LabLight(known, none)
    )
    found = albedo.albedo(light, lamp, 0.0, ALL)
    assert found[:, :40].min() > 0.97
    assert found[:, -30:].min() > 1.5 * light[:, -30:].mean()


def test_what_a_method_blew_out_is_counted_on_the_person_alone() -> None:
    before, after = np.full((4, 4, 3), 0.6, np.float32), np.full((4, 4, 3), 0.8, np.float32)
    after[0, :, 1] = 1.4
    person = np.ones((4, 4), np.float32)
    assert albedo.blown(after, before, person) == pytest.approx(0.25)
    person[0] = 0
    assert albedo.blown(after, before, person) == 0
    before[0], person[0] = 1.0, 1
    assert albedo.blown(after, before, person) == 0, "it was white before"
