"""Sequences by value: when a thing is there, where it comes from, how it leaves, what is labelled."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from engines.occlusion.network import NONE, OPAQUE, SIDE, TRANSPARENT
from tests.tools.synth.people import cast, rng
from tools.synth.crops import UNSURE, Sample, label
from tools.synth.faces import FaceView
from tools.synth.layers import LayerKind, opaque
from tools.synth.sequences import KINDS, Passing, many, passing, presence, sequence
from tools.synth.smoke import smoke

CAST = cast()
POINTS = np.zeros((468, 3), np.float32)
POINTS[:234] = (30, 20, 0)
POINTS[234:] = (98, 110, 0)  # a face 68 wide and 90 high
BLACK = np.zeros((SIDE, SIDE, 3), np.float32)
SEEN = FaceView(BLACK, BLACK, np.ones((SIDE, SIDE), np.float32), POINTS)


@pytest.mark.parametrize("frames", [16, 48, 200])
def test_things_come_after_a_quarter_and_are_gone_after_three(frames: int) -> None:
    there = [presence(i, frames) for i in range(frames)]
    assert max(there) == 1
    assert all(v == 0 for v in there[: frames // 4 + 1])
    assert all(v == 0 for v in there[3 * frames // 4 :])
    assert all(v == 1 for v in there[3 * frames // 8 + 1 : 5 * frames // 8])
    assert max(abs(b - a) for a, b in pairwise(there)) <= 8 / frames + 1e-9


def test_presence_by_hand() -> None:
    assert presence(10, 32) == pytest.approx(0.5)
    assert presence(22, 32) == pytest.approx(0.5)
    assert presence(16, 32) == 1


def slab(side: int, kind: str = "opaque") -> Passing:
    sheet = opaque(np.full((64, 64, 3), 90, np.float32), np.ones((64, 64), np.float32))
    return Passing(kind, sheet, None, [], 3, (64.0, 64.0), 40.0, side, 0.0)


def middle(thing: Passing, there: float) -> float | None:
    layers = thing.layers(there, 0)
    if layers is None or layers.alpha.sum() == 0:
        return None
    return float((layers.alpha * np.arange(SIDE)).sum() / layers.alpha.sum())


@pytest.mark.parametrize("side", [-1, 1])
def test_a_thing_slides_in_from_its_side_to_where_it_rests(side: int) -> None:
    assert slab(side).layers(0.0, 0) is None
    assert middle(slab(side), 0.02) is None  # out of the picture still
    at = [middle(slab(side), there) for there in (0.8, 0.9, 1.0)]
    want = [64 + side * (1 - there) * 1.5 * SIDE for there in (0.8, 0.9, 1.0)]
    assert at == pytest.approx(want, abs=0.6)


def test_a_thing_sways_about_where_it_rests() -> None:
    thing = slab(1)
    rows = [thing.layers(1.0, step) for step in range(32)]
    spread = [float(np.ptp(np.nonzero(r.alpha > 0.5)[0])) for r in rows if r is not None]
    assert len(spread) == 32
    assert max(spread) > min(spread) + 2  # a square that turns is taller
    assert spread[0] == pytest.approx(39, abs=1)


def test_a_cloud_thickens_and_thins_in_its_place() -> None:
    cloud = replace(slab(1, "veil"), sheet=None, cloud=smoke(rng()), size=90.0)
    thin, half, whole = (cloud.layers(there, 8) for there in (0.1, 0.5, 1.0))
    assert thin is not None and half is not None and whole is not None
    assert 0 < thin.alpha.sum() < half.alpha.sum() < whole.alpha.sum()
    np.testing.assert_allclose(1 - half.alpha, (1 - whole.alpha) ** 0.5, atol=1e-4)


def test_liquid_runs_down_from_frame_to_frame_and_fades_in() -> None:
    thing = passing("liquid", CAST, SEEN, rng(2))
    assert thing is not None

    def low(step: int) -> float:
        layers = thing.layers(1.0, step)
        assert layers is not None
        return float((layers.region * np.arange(SIDE)[:, None]).sum() / layers.region.sum())

    assert low(0) < low(8) < low(20)
    assert low(8) - low(0) < 12
    faint, full = thing.layers(0.3, 4), thing.layers(1.0, 4)
    assert faint is not None and full is not None
    np.testing.assert_allclose(faint.region, 0.3 * full.region, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("opaque", LayerKind.OPAQUE), ("veil", LayerKind.VEIL), ("glass", LayerKind.GLASS), ("liquid", LayerKind.GLASS)],
)
def test_what_passes_is_of_its_kind_and_comes_over_the_face(kind: str, name: LayerKind) -> None:
    for seed in range(6):
        thing = passing(kind, CAST, SEEN, rng(seed))
        assert thing is not None
        layers = thing.layers(1.0, 10)
        assert layers is not None
        assert layers.kind is name
        assert abs(thing.at[0] - 64) < 30
        assert 40 < thing.at[1] < 105
    assert passing("none", CAST, SEEN, rng()) is None


def frames(kind: str, seed: int = 3, count: int = 16) -> list[Sample]:
    return list(sequence(CAST, rng(seed), kind, count))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_is_the_same_sequence(kind: str) -> None:
    for one, again in zip(frames(kind, 4, 8), frames(kind, 4, 8), strict=True):
        assert np.array_equal(one.face, again.face)
        assert np.array_equal(one.maps, again.maps)
        assert one.label == again.label
        assert one.kind == kind


@pytest.mark.parametrize(("kind", "layer"), [("opaque", 0), ("veil", 1), ("glass", 2), ("liquid", 2)])
def test_labels_follow_what_is_there(kind: str, layer: int) -> None:
    """The maps are empty while nothing is there; what they hold and the class agree in every frame."""
    there = 0
    for i, s in enumerate(frames(kind)):
        if presence(i, 16) == 0:
            assert s.maps.max() == 0
            assert s.label == NONE
        others = [n for n in range(3) if n != layer]
        assert s.maps[others].max() == 0
        share = float((s.maps[layer] > 13)[s.face[6] > 127].mean())
        if share > 0.1 and s.label != UNSURE:
            there += 1
            assert s.label == (OPAQUE if layer == 0 else TRANSPARENT)
        if share == 0:
            assert s.label == NONE
    assert there >= 2


def test_a_head_moves_there_and_back() -> None:
    """Half a cosine: the last frame is near the first, the middle is far."""
    got = frames("none", 5, 12)
    away = [float(np.abs(s.face[6].astype(int) - got[0].face[6]).mean()) for s in got]
    assert away[6] == max(away)
    assert away[11] < 0.5 * away[6]
    assert away[1] < 0.5 * away[6]


def test_the_kinds_come_in_turn_each_with_its_number() -> None:
    made = list(many(CAST, 9, 7, 2))
    assert [n for _, n in made] == [n for n in range(7) for _ in range(2)]
    assert [s.kind for s, _ in made[::2]] == [*KINDS, *KINDS[:2]]


MASK = np.ones((SIDE, SIDE), np.float32)


def covered(layer: int, share: float) -> np.ndarray:
    maps = np.zeros((3, SIDE, SIDE), np.float32)
    maps[layer, : round(SIDE * share)] = 1
    return maps


def test_a_trace_of_veil_beside_something_opaque_is_left_out() -> None:
    assert label(covered(0, 0.5), MASK, 99 * MASK) == OPAQUE
    assert label(covered(0, 0.5) + covered(1, 0.02), MASK, 99 * MASK) == UNSURE
    assert label(covered(0, 0.5) + covered(1, 0.1), MASK, 99 * MASK) == TRANSPARENT


def test_only_what_is_on_the_face_counts_for_the_class() -> None:
    beside = MASK.copy()
    beside[: SIDE // 2] = 0
    for layer in range(3):
        assert label(covered(layer, 0.5), beside, 99 * MASK) == NONE
        assert label(covered(layer, 0.6), beside, 99 * MASK) in (OPAQUE, TRANSPARENT)
