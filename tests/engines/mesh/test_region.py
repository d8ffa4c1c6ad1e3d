"""The fixed weights of texture space: where the mask is, how it fades, what counts as skin."""

import numpy as np
import pytest

from engines.mesh import region, texture
from engines.mesh.topology import CANONICAL, I32, INNER_LIPS, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_EYE
from tests.engines.mesh.heads import inside
from tests.engines.mesh.heads import texel as at

SIDE = texture.SIDE


@pytest.mark.parametrize("ring", [OVAL, OUTER_LIPS, RIGHT_EYE], ids=["oval", "lips", "eye"])
def test_polygon_fills_what_brute_force_fills(ring: I32) -> None:
    filled = region.polygon(ring)
    expected = inside(texture.layout()[ring], SIDE, SIDE)
    assert filled.min() == 0 and filled.max() == 1
    # they may differ along the outline only
    assert ((filled > 0.5) != expected).sum() < 2.5 * np.linalg.norm(
        np.diff(texture.layout()[np.append(ring, ring[0])], axis=0), axis=1
    ).sum()
    assert filled[expected].mean() > 0.93


def test_a_soft_polygon_keeps_its_weight() -> None:
    hard, soft = region.polygon(OUTER_LIPS), region.polygon(OUTER_LIPS, 0.2)
    assert soft.sum() == pytest.approx(hard.sum(), rel=1e-3)
    assert ((soft > 0.02) & (soft < 0.98)).sum() > 2 * ((hard > 0.02) & (hard < 0.98)).sum()


def test_edge_is_the_distance_in_centimetres() -> None:
    edge = region.edge()
    y, x = at(1)
    ring = texture.layout()[OVAL].astype(np.float64)
    t = np.linspace(0, 1, 100)[:, None, None]
    outline = (ring * (1 - t) + np.roll(ring, -1, 0) * t).reshape(-1, 2)
    expected = np.linalg.norm(outline - (x, y), axis=1).min() / texture.CM
    assert edge[y, x] == pytest.approx(expected, rel=0.03)
    outside = ~inside(texture.layout()[OVAL], SIDE, SIDE)
    assert edge[outside].max() < 0.1


def test_height_is_the_canonical_height() -> None:
    height = region.height()
    for point in (1, 151, 199, 50, 280):
        assert height[at(point)] == pytest.approx(CANONICAL[point, 1], abs=0.08)


def test_the_mask_is_zero_at_the_oval_and_one_well_inside() -> None:
    mask = region.mask()
    assert mask.min() == 0 and mask.max() == 1
    assert mask[region.edge() == 0].max() == 0
    assert max(mask[at(int(p))] for p in OVAL) < 0.02
    for point in (1, 50, 280, *RIGHT_EYE[:3], *LEFT_EYE[:3], *INNER_LIPS[:3]):
        assert mask[at(int(point))] > 0.9


def test_the_mask_only_grows_away_from_the_oval() -> None:
    """Along the middle, from the forehead's edge down to the nose and from the chin up to it."""
    column = region.mask()[:, SIDE // 2]
    top, tip, chin = at(10)[0], at(1)[0], at(152)[0]
    assert (np.diff(column[top:tip]) >= -1e-3).all()
    assert (np.diff(column[tip : chin + 1]) <= 1e-3).all()


def test_the_mask_has_no_step() -> None:
    mask = region.mask()
    steps = max(np.abs(np.diff(mask, axis=0)).max(), np.abs(np.diff(mask, axis=1)).max())
    assert steps < 0.15  # over a thirtieth of a centimetre


def test_the_forehead_fades_longer_than_the_jaw() -> None:
    column = region.mask()[:, SIDE // 2]
    top, tip, chin = at(10)[0], at(1)[0], at(152)[0]
    forehead = int((column[top:tip] < 0.95).sum())
    jaw = int((column[tip:chin] < 0.95).sum())
    assert forehead > 1.3 * jaw


def test_skin_leaves_out_eyes_and_lips() -> None:
    skin = region.skin()
    assert set(np.unique(skin)) == {0.0, 1.0}
    for ring in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS):
        assert skin[inside(texture.layout()[ring], SIDE, SIDE)].max() == 0
    for point in (50, 280, 151, 4):
        assert skin[at(point)] == 1


def test_layers_are_mask_edge_and_lips() -> None:
    layers = region.layers()
    assert layers.shape == (SIDE, SIDE, 3) and layers.dtype == np.float32
    assert np.array_equal(layers[..., 0], region.mask())
    assert np.array_equal(layers[..., 1], region.edge())
    assert layers[at(14)][2] > 0.5 and layers[at(1)][2] == 0
