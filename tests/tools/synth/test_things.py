"""What is held, worn and looked through, by value: where things reach in, how glass bends, who wears what."""

from collections.abc import Callable

import numpy as np
import pytest

from engines.mesh.topology import OVAL
from engines.values import F32, U8
from tests.tools.synth.people import cast, person
from tools.synth import clear, things
from tools.synth.crops import OPAQUES, CropPeople, sample, skin, solid
from tools.synth.faces import HeadPose, view
from tools.synth.layers import Sheet
from tools.synth.worn import dressed, fringe, spectacles

CAST = cast()
LOOK = person("a", 1)
LEVEL = HeadPose(np.zeros((468, 3), np.float32), (0.0, 0.0, 0.0), np.eye(2, 3, dtype=np.float32))


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", ["microphone", "fingers", "scarf"])
def test_held_things_reach_in_from_below(name: str) -> None:
    for seed in range(10):
        alpha = things.THINGS[name](rng(seed)).alpha
        assert alpha[-2:].max() > 0.9
        assert alpha[:4].max() == 0


def test_strands_hang_from_above() -> None:
    for seed in range(10):
        alpha = things.strands(rng(seed)).alpha
        assert alpha[:30].max() > 0.9
        assert 0.005 < alpha.mean() < 0.8  # partly covering


@pytest.mark.parametrize("name", ["cup", "phone", "object"])
def test_other_things_stand_free_within_their_sheet(name: str) -> None:
    whole = [things.THINGS[name](rng(seed)).alpha for seed in range(20)]
    assert all(a[:, 0].max() == 0 for a in whole)
    assert sum(float((a > 0.5).mean()) > 0.15 for a in whole) > 15


def test_fingers_are_one_to_four_and_take_the_skin_they_are_given() -> None:
    tone = np.array([120, 80, 60], np.float32)
    counts = set()
    for seed in range(40):
        sheet = things.fingers(rng(seed), tone)
        # each is as wide as two radii; side by side they make runs along a row near the knuckles
        row = sheet.alpha[180] > 0.5
        counts.add(round(float(row.sum()) / things.SIDE, 2))
        colour = np.median(sheet.foreground[sheet.alpha > 0.95], axis=0)
        assert np.abs(colour / colour.mean() - tone / tone.mean()).max() < 0.15
    assert max(counts) > 2.5 * min(counts)


def test_skins_are_from_pale_to_dark_and_never_blue() -> None:
    tones = np.stack([things.skin_tone(rng(seed)) for seed in range(200)])
    assert tones.mean(1).min() < 75
    assert tones.mean(1).max() > 190
    assert (tones[:, 0] > tones[:, 2]).mean() > 0.97
    assert tones.min() > 0


def ramp(steep: float) -> tuple[F32, F32]:
    """A height that rises to the right in its right half alone, and a region."""
    x = np.arange(clear.SIDE, dtype=np.float32)
    height = np.broadcast_to(steep * np.clip(x - clear.SIDE / 2, 0, None), (clear.SIDE, clear.SIDE))
    return np.ascontiguousarray(height), np.ones((clear.SIDE, clear.SIDE), np.float32)


def made(seed: int = 1, bend: float = 0.1, steep: float = 0.3) -> Sheet:
    height, region = ramp(steep)
    return clear.from_height(height, region, np.full((*region.shape, 3), 0.8, np.float32), rng(seed), bend)


FLAT, STEEP = np.s_[20:170, 10:80], np.s_[20:170, 110:180]


@pytest.mark.parametrize("bend", [0.03, 0.2])
def test_the_background_is_displaced_along_the_slope(bend: float) -> None:
    """By `(n - 1) / n` of the bend where the surface is as steep as it gets, by nothing where it is flat."""
    warp = made(bend=bend).warp
    np.testing.assert_allclose(warp[STEEP][..., 0], clear.REFRACTION * bend, rtol=0.02)
    assert np.abs(warp[FLAT]).max() < 1e-4
    assert np.abs(warp[STEEP][..., 1]).max() < 1e-4


def test_displacement_does_not_hang_on_the_units_of_the_height() -> None:
    np.testing.assert_allclose(made(steep=0.3).warp, made(steep=30.0).warp, atol=1e-4)


def test_a_steep_surface_reflects_more_than_a_flat_one() -> None:
    """Schlick: four hundredths head on, more the steeper; by the median over lights, whose spots come on top."""
    sheets = [made(seed) for seed in range(30)]
    ratio = [float(s.alpha[STEEP].min() / s.alpha[FLAT].max()) for s in sheets]
    assert float(np.median(ratio)) > 1.2
    assert min(float(s.alpha[FLAT].min()) for s in sheets) >= 0.04 * 0.5


def test_what_is_outside_the_region_neither_reflects_nor_counts() -> None:
    height, region = ramp(0.3)
    region[:, 100:] = 0
    height[:, 100:] *= 50  # steep, but not of it
    sheet = clear.from_height(height, region, np.full((*region.shape, 3), 0.8, np.float32), rng(), 0.1)
    assert sheet.alpha[:, 100:].max() == 0
    assert sheet.alpha.max() <= 0.95


@pytest.mark.parametrize("count", [1, 5, 20])
def test_drops_hang_where_they_are_told(count: int) -> None:
    hung = clear.drips(rng(), count)
    assert len(hung) == count
    sheet = clear.liquid(rng(), hung)
    for x, y, _, _ in hung:
        assert sheet.region[round(y * clear.SIDE), round(x * clear.SIDE)] > 0.9
    assert clear.liquid(rng(), []).region.max() == 0


def test_heavy_drops_run_faster() -> None:
    def fell(radius: float) -> float:
        hung = [(0.5, 0.2, radius, 0.0)]
        rows = [np.nonzero(clear.liquid(rng(), hung, ran).region.max(1) > 0.5)[0].max() for ran in (0.0, 0.2)]
        return float(rows[1] - rows[0]) / clear.SIDE

    assert fell(0.03) == pytest.approx(0.1, abs=0.02)
    assert fell(0.09) == pytest.approx(0.3, abs=0.02)


def test_absorption_is_beer_and_lambert() -> None:
    """A round drop: thickness is the root of the depth below its outline; twice the exponent is the square."""
    sheet = clear.liquid(rng(3), [(0.5, 0.5, 0.2, 0.0)])
    centre, half = (sheet.rho[96, x] for x in (96, 96 + 19))
    ratio = np.log(np.maximum(half, 1e-6)) / np.log(np.maximum(centre, 1e-6))
    assert ratio == pytest.approx(np.full(3, np.sqrt(0.5)), abs=0.06)


@pytest.mark.parametrize("make", [clear.glass, clear.liquid])
def test_clear_things_come_out_of_their_seed(make: Callable[[np.random.Generator], Sheet]) -> None:
    one, again, other = (make(rng(n)) for n in (5, 5, 6))
    for name in ("foreground", "alpha", "rho", "warp", "region"):
        assert np.array_equal(getattr(one, name), getattr(again, name))
        assert getattr(one, name).dtype == np.float32
    assert np.abs(one.region - other.region).max() > 0.5


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


SEEN = view(LOOK, LOOK, LEVEL, rng())


def test_the_skin_is_that_of_the_cheeks() -> None:
    image = np.zeros_like(SEEN.image)
    for p in (50, 280, 101, 330, 205, 425):
        x, y = np.round(SEEN.points[p, :2]).astype(int)
        image[y - 3 : y + 4, x - 3 : x + 4] = (180, 130, 100)
    assert skin(image, SEEN.points) == pytest.approx([180, 130, 100], abs=1)


def test_what_covers_comes_from_outside() -> None:
    """Held things are turned so that their lower edge points away from the face's middle."""
    outward = []
    for seed in range(80):
        sheet, m = solid(CAST, SEEN, rng(seed))
        ends = [m[:, :2] @ np.array([sheet.side / 2, y]) + m[:, 2] for y in (0, sheet.side)]
        middle = np.array([64, 46])
        outward.append(np.linalg.norm(ends[1] - middle) > np.linalg.norm(ends[0] - middle))
    assert np.mean(outward) > 0.75


def test_every_opaque_thing_is_known() -> None:
    assert set(OPAQUES) == {*things.THINGS, "hand"}


def test_behind_an_opaque_thing_there_is_no_veil_and_no_glass_to_be_found() -> None:
    both = 0
    for seed in range(40):
        maps = sample(CAST, rng(seed), "mixed").maps.astype(int)
        assert (maps[0] + maps[1:].max(0)).max() <= 257
        both += bool(maps[0].max() > 200 and maps[1:].max() > 60)
    assert both > 5


def test_two_looks_are_of_one_person() -> None:
    """From a cast of two with two looks each: never of both at once, and both come."""
    looks = {n: tuple(person(n, seed) for seed in (i, i + 5)) for i, n in enumerate("pq")}
    crowd = CropPeople(looks, CAST.hands)
    pairs = [crowd.looks(rng(seed)) for seed in range(30)]
    assert all(a.person == b.person for a, b in pairs)
    assert {a.person for a, _ in pairs} == {"p", "q"}
    assert any(a.image is not b.image for a, b in pairs)
