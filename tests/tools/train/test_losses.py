"""Losses against the same formulas written with arrays, and what each of them pulls on."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from engines.values import F32  # noqa: E402
from tools.synth.crops import UNSURE  # noqa: E402
from tools.train.losses import INSIDE, dice, losses  # noqa: E402
from tools.train.metrics import softmax  # noqa: E402

pytestmark = pytest.mark.train

RNG = np.random.default_rng(1)
N, SIDE = 4, 16
LOGITS = RNG.normal(0, 2, (N, 3)).astype(np.float32)
MAPS = RNG.normal(0, 2, (N, 3, SIDE, SIDE)).astype(np.float32)
WANTED = (RNG.random((N, 3, SIDE, SIDE)) > 0.6).astype(np.float32)
MASK = np.zeros((N, SIDE, SIDE), np.float32)
MASK[:, 4:12, 4:12] = 1
LABEL = np.array([0, 1, 2, UNSURE], np.uint8)


def given(**changed: F32) -> dict[str, float]:
    arrays = {"logits": LOGITS, "maps": MAPS, "label": LABEL, "wanted": WANTED, "mask": MASK} | changed
    out = losses(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arrays.values()))
    return {k: float(v) for k, v in out.items()}


def sigmoid(x: F32) -> F32:
    return np.asarray(1 / (1 + np.exp(-x.astype(np.float64))), np.float64)


def entropy(layer: int) -> F32:
    """Binary cross-entropy per pixel, weighted thrice on the mesh."""
    p, y = sigmoid(MAPS[:, layer]), WANTED[:, layer]
    weight = 1 + (INSIDE - 1) * MASK
    return np.asarray(-(y * np.log(p) + (1 - y) * np.log(1 - p)) * weight / weight.mean())


def overlap(layer: int) -> float:
    p, y = sigmoid(MAPS[:, layer]), WANTED[:, layer]
    score = (2 * (p * y).sum((1, 2)) + 1) / (p.sum((1, 2)) + y.sum((1, 2)) + 1)
    return float((1 - score).mean())


@pytest.mark.parametrize(("name", "layer"), [("opaque", 0), ("glass", 2)])
def test_masks_are_judged_by_entropy_and_overlap(name: str, layer: int) -> None:
    assert given()[name] == pytest.approx(float(entropy(layer).mean()) + 0.5 * overlap(layer), rel=1e-4)


def test_a_veil_is_judged_by_its_opacity() -> None:
    weight = (1 + (INSIDE - 1) * MASK) / (1 + (INSIDE - 1) * MASK).mean()
    away = np.abs(sigmoid(MAPS[:, 1]) - WANTED[:, 1]) * weight
    assert given()["veil"] == pytest.approx(2 * float(away.mean()) + 0.3 * float(entropy(1).mean()), rel=1e-4)


def test_the_class_is_judged_where_it_is_sure() -> None:
    """Cross-entropy against labels of which a fiftieth is spread over all three."""
    p = np.log(softmax(LOGITS[:3]).astype(np.float64))
    smooth = np.eye(3)[LABEL[:3]] * 0.98 + 0.02 / 3
    assert given()["class"] == pytest.approx(-0.3 * float((smooth * p).sum(1).mean()), rel=1e-4)
    other = LOGITS.copy()
    other[3] = (99, -99, 0)
    assert given(logits=other)["class"] == given()["class"]


def test_nothing_sure_nothing_to_pay() -> None:
    assert given(label=np.full(N, UNSURE, np.uint8))["class"] == 0


def test_each_map_pays_into_its_own_loss() -> None:
    usual = given()
    for layer, name in enumerate(("opaque", "veil", "glass")):
        maps = MAPS.copy()
        maps[:, layer] += 1
        changed = {k for k, v in given(maps=maps).items() if v != pytest.approx(usual[k], rel=1e-6)}
        assert changed == {name}


def test_a_mistake_on_the_mesh_costs_three_times_one_beside_it() -> None:
    """One pixel wrong, maps all but right elsewhere; a veil's opacity has no overlap to judge."""
    right = np.where(WANTED > 0, 12, -12).astype(np.float32)

    def cost(y: int, x: int) -> float:
        maps = right.copy()
        maps[0, 1, y, x] *= -1
        return given(maps=maps)["veil"] - given(maps=right)["veil"]

    assert cost(6, 6) / cost(0, 0) == pytest.approx(3, rel=0.01)


def test_perfect_answers_cost_next_to_nothing() -> None:
    right = np.where(WANTED > 0, 15, -15).astype(np.float32)
    sure = np.full((N, 3), -12, np.float32)
    sure[np.arange(3), LABEL[:3]] = 12
    got = given(maps=right, logits=sure)
    assert max(got["opaque"], got["glass"], got["veil"]) < 1e-3
    assert got["class"] < 0.3 * 0.02 * 24  # what the spread labels leave


@pytest.mark.parametrize("pixels", [0, 20, 21, 100])
def test_overlap_counts_where_there_is_enough_to_find(pixels: int) -> None:
    """Up to twenty pixels nothing is to be found: nothing is paid for finding nothing, or something."""
    wanted = torch.zeros(1, 12, 12)
    wanted.view(-1)[:pixels] = 1
    missed = float(dice(torch.zeros(1, 12, 12), wanted))
    assert missed == (pytest.approx(1 - 1 / (pixels + 1)) if pixels > 20 else 0)
    half = float(dice(wanted * 0.5, wanted))
    assert half == (pytest.approx(1 - (pixels + 1) / (1.5 * pixels + 1)) if pixels > 20 else 0)
