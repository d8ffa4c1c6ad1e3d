"""What the light network sees of a face, by value."""

from collections.abc import Mapping

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.mesh import texture, warp
from engines.mesh.field import lightnet
from engines.mesh.field.lightnet import CELLS, CHANNELS, SIDE, LightNet, LitFace, prepare
from engines.mesh.fuse import width
from engines.mesh.shape import fit
from engines.protocol import Spec
from engines.values import F32, Array
from tests.engines.mesh.heads import head, plain

INPUTS = {"face": Spec((1, CHANNELS, SIDE, SIDE), "float32")}
OUTPUTS = {"gain": Spec((1, 3, CELLS, CELLS), "float32")}
SIZE = 240


def lit(yaw: float = 0.0, roll: float = 0.0, tone: tuple[float, float, float] = (180, 140, 120)) -> LitFace:
    """A face of one tone, painted half as bright, before the same background."""
    mesh = head(10, (120, 120), yaw=yaw, roll=roll)
    maps = warp.maps(mesh, mesh, width(mesh), (SIZE, SIZE))
    target = plain(tone, SIZE, SIZE).astype(np.float32)
    alpha = np.asarray(warp.enlarge(maps.seen, (SIZE, SIZE)), np.float32)
    half, quarter = (np.asarray(target * k, np.float32) for k in (0.5, 0.25))
    return LitFace(target, half, quarter, alpha, maps.texture, maps.seen, mesh, fit(mesh).rotation)


def middle(seen: Array) -> F32:
    return np.asarray(seen[:, SIDE // 2, SIDE // 2], np.float32)


def test_the_middle_of_the_crop_is_the_middle_of_the_face() -> None:
    seen = prepare(lit())
    assert seen.shape == (CHANNELS, SIDE, SIDE) and seen.dtype == np.uint8
    at = middle(seen)
    assert at[:9] == pytest.approx([180, 140, 120, 90, 70, 60, 45, 35, 30], abs=1)
    assert at[9] == 255
    assert at[10] == pytest.approx(127.5, abs=25)  # it looks at the camera: neither aside
    assert at[12] < 70  # but towards the viewer
    assert at[13:] == pytest.approx([127.5, 127.5], abs=25)


def test_beside_the_face_there_is_no_painting_and_no_shape() -> None:
    seen = prepare(lit())
    assert seen[9, 0].max() == 0
    assert np.abs(seen[10:, 0].astype(int) - 128).max() <= 1


def test_a_turned_head_looks_aside_to_the_camera() -> None:
    place = (texture.layout()[9] / texture.SIDE * 255)[:, None]  # between the brows
    aside = []
    for yaw in (-30, 0, 30):
        seen = prepare(lit(yaw)).astype(float)
        off = np.abs(seen[13:, seen[9] > 250] - place).sum(0)
        aside.append(float(seen[10, seen[9] > 250][off.argmin()]))
    assert aside[1] == pytest.approx(127.5, abs=20)
    assert aside[0] < aside[1] - 30 and aside[2] > aside[1] + 30


def test_a_tilted_head_is_seen_level() -> None:
    upright, tilted = (prepare(lit(roll=roll)).astype(int) for roll in (0, 25))
    inside = (upright[9] > 250) & (tilted[9] > 250)
    assert np.abs(upright[13:] - tilted[13:])[:, inside].mean() < 4


def test_normals_point_away_from_the_head() -> None:
    n = lightnet.normals()
    h, w = n.shape[:2]
    assert n[h // 2, w // 2, 2] < -0.9
    assert n[h // 2, w // 6, 0] < -0.5 and n[h // 2, -w // 6, 0] > 0.5
    np.testing.assert_allclose(np.linalg.norm(n[h // 2, w // 4 : -w // 4], axis=1), 1, atol=0.01)


def test_the_network_is_asked_in_parts_of_one_and_answers_a_field() -> None:
    asked: list[F32] = []

    def answer(feeds: Mapping[str, Array]) -> dict[str, Array]:
        asked.append(np.asarray(feeds["face"], np.float32))
        out = np.zeros((1, 3, CELLS, CELLS), np.float32)
        out[0, 1] = 0.5
        return {"gain": out}

    net = LightNet(ReferenceEngine(INPUTS, OUTPUTS, answer))
    field = net.run(lit())
    net.close()
    assert field.shape == (CELLS, CELLS, 3)
    assert field[CELLS // 2, CELLS // 2] == pytest.approx([0, 0.5, 0], abs=0.02)
    np.testing.assert_allclose(asked[0][0], prepare(lit()) / np.float32(255), atol=1e-6)


def test_a_field_is_spread_among_what_is_painted() -> None:
    alpha = np.zeros((CELLS, CELLS), np.float32)
    alpha[8:24, 8:24] = 1
    field = np.full((CELLS, CELLS, 3), 9, np.float32)  # beside the face it may be anything
    field[8:24, 8:24] = 0.3
    out = lightnet.spread(field, alpha)
    assert out[8:24, 8:24].max() < 0.31
    assert out[8:24, 8:24].min() > 0.27
    stripes = np.tile(np.where(np.arange(CELLS) % 4 < 2, 0.4, -0.4).astype(np.float32)[None, :, None], (CELLS, 1, 3))
    assert np.abs(lightnet.spread(stripes, np.ones((CELLS, CELLS), np.float32)))[8:24, 8:24].max() < 0.1
