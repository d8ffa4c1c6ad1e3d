"""What people wear, drawn on a portrait: where it sits, how often, and what two looks share."""

import numpy as np
import pytest

from engines.mesh.topology import OVAL
from engines.values import U8
from tests.tools.synth.people import person, rng
from tools.synth.worn import beard, dressed, fringe, spectacles

LOOK = person("a", 1)


def changed(out: U8) -> np.ndarray:
    return np.asarray(np.abs(out.astype(int) - LOOK.image).max(2) > 12)


def height(point: int) -> int:
    return round(float(LOOK.mesh[point, 1]))


def test_who_wears_what_is_drawn_apart() -> None:
    """About one in six spectacles, one in twelve a fringe, one in fourteen a beard, independently."""
    worn = {"fringe": 0, "beard": 0, "none": 0}
    many = 300
    for seed in range(many):
        where = changed(dressed((LOOK, LOOK), rng(seed))[0].image)
        worn["none"] += not where.any()
        high = where[: height(10) + 15].sum() > 40
        low = where[height(17) : height(152)].sum() > 300
        worn["fringe"] += bool(high and not low)
        worn["beard"] += bool(low and not high)
    assert 0.6 < worn["none"] / many < 0.82
    assert 0.03 < worn["fringe"] / many < 0.14
    assert 0.02 < worn["beard"] / many < 0.13


def test_two_looks_wear_the_same_and_differ_in_reflections_alone() -> None:
    differ = 0
    for seed in range(150):
        one, two = dressed((LOOK, LOOK), rng(seed))
        where = np.abs(one.image.astype(int) - two.image).max(2) > 3
        if where.any():
            differ += 1
            rows = np.nonzero(where.any(1))[0]
            assert height(10) < rows.min()
            assert rows.max() < height(2) + 10  # not below the nose: on the lenses
    assert differ >= 8


def test_spectacles_sit_on_the_eyes() -> None:
    for seed in range(8):
        where = changed(spectacles(LOOK.image, LOOK.mesh, rng(seed), rng(seed)))
        rows, columns = np.nonzero(where)
        assert height(10) < rows.mean() < height(1)
        low, high = LOOK.mesh[OVAL, 0].min(), LOOK.mesh[OVAL, 0].max()
        assert low - 10 < columns.min()
        assert columns.max() < high + 10


def test_a_fringe_hangs_over_the_forehead_and_leaves_the_mouth() -> None:
    for seed in range(8):
        where = changed(fringe(LOOK.image, LOOK.mesh, rng(seed)))
        rows = np.nonzero(where.any(1))[0]
        assert rows.min() < height(10) + 10
        assert rows.max() < height(0)


def test_what_is_worn_is_worn_on_both_looks() -> None:
    looks = (person("a", 1), person("a", 1))
    for seed in range(40):
        one, two = dressed(looks, np.random.default_rng(seed))
        changed = [np.abs(p.image.astype(int) - looks[0].image).max() > 30 for p in (one, two)]
        assert changed[0] == changed[1]


@pytest.mark.parametrize("put_on", [beard, fringe, lambda i, m, r: spectacles(i, m, r, r)])
def test_worn_things_stay_on_the_face(put_on) -> None:  # type: ignore[no-untyped-def]
    look = person("a", 1)
    kept = look.image.copy()
    out = put_on(look.image, look.mesh, np.random.default_rng(3))
    np.testing.assert_array_equal(look.image, kept)
    change = np.abs(out.astype(int) - look.image).max(2) > 12
    assert change.any()
    assert not change[:10].any()
    assert not change[-10:].any()
