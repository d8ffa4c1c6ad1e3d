"""What is held before a face, by value: where things reach in, and what they cover."""

import numpy as np
import pytest

from tests.tools.synth.people import cast, person, rng
from tools.synth import things
from tools.synth.crops import OPAQUES, CropPeople, sample, skin, solid
from tools.synth.faces import HeadPose, view

CAST = cast()
LOOK = person("a", 1)
LEVEL = HeadPose(np.zeros((468, 3), np.float32), (0.0, 0.0, 0.0), np.eye(2, 3, dtype=np.float32))


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
