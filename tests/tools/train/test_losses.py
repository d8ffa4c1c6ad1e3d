"""Losses against the same formulas written with arrays, and what each of them pulls on; the file that ships."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from engines.values import F32  # noqa: E402
from tools.synth.crops import UNSURE  # noqa: E402
from tools.train import export, net  # noqa: E402
from tools.train.losses import INSIDE, dice, losses  # noqa: E402
from tools.train.metrics import softmax  # noqa: E402

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


def initializers(path: Path) -> dict[str, Any]:
    onnx = pytest.importorskip("onnx")
    from onnx import numpy_helper

    return {w.name: numpy_helper.to_array(w) for w in onnx.load(str(path)).graph.initializer}


class Tiny:
    """A net as the exporter takes it, made when torch is there."""

    def __new__(cls) -> Any:
        from torch import nn

        class Net(nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.wide = nn.Conv2d(7, 24, 3, 1, 1)  # 1512 weights: stored as halves
                self.thin = nn.Conv2d(24, 3, 1)  # 72: as they are
                self.head = nn.Linear(24, 3)

            def forward(self, face: Any) -> tuple[Any, Any]:
                seen = torch.relu(self.wide(face))
                return self.head(seen.mean((2, 3))), self.thin(seen)

        torch.manual_seed(4)
        return Net().eval()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_large_weights_ship_as_halves_and_small_ones_whole(tmp_path: Path) -> None:
    small = Tiny()
    export.export(small, tmp_path / "whole.onnx", half=False)
    export.export(small, tmp_path / "new" / "half.onnx")
    whole, half = initializers(tmp_path / "whole.onnx"), initializers(tmp_path / "new" / "half.onnx")
    assert {a.dtype for a in whole.values()} == {np.dtype(np.float32)}
    large = {n for n, a in whole.items() if a.size >= 1024}
    assert large
    for name in large:
        assert half[name + ".f16"].dtype == np.float16
        assert np.array_equal(half[name + ".f16"], whole[name].astype(np.float16))
    for name in whole.keys() - large:
        assert np.array_equal(half[name], whole[name])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("half", [False, True])
def test_the_file_answers_as_the_net_with_its_maps_as_probabilities(tmp_path: Path, half: bool) -> None:
    small = Tiny()
    if half:
        export.rounded(small)
    path = tmp_path / "n.onnx"
    export.export(small, path, half=half)
    faces = np.random.default_rng(2).random((2, 7, 128, 128), np.float32)
    assert export.parity(small, path, faces) < 1e-5
    logits, maps = export.answers(small, faces)
    with torch.no_grad():
        raw = small(torch.from_numpy(faces))
    assert np.array_equal(logits, raw[0].numpy())
    np.testing.assert_allclose(maps, sigmoid(raw[1].numpy()), atol=1e-6)


def test_rounding_changes_large_weights_alone_and_only_once() -> None:
    plain, once = Tiny(), export.rounded(Tiny())
    again = {k: v.clone() for k, v in export.rounded(once).state_dict().items()}
    for name, was in plain.state_dict().items():
        want = was.half().float() if was.numel() >= 1024 else was
        assert torch.equal(once.state_dict()[name], want)
        assert torch.equal(again[name], want)


def test_the_small_net_sees_how_much_of_the_mesh_its_maps_cover() -> None:
    """The class hangs on the maps under the mask: a mask that hides them changes it, the maps stay."""
    torch.manual_seed(1)
    small = net.SmallNet().eval()
    face = torch.rand(1, 7, 128, 128)
    face[:, 6] = 1
    logits, maps = small(face)
    assert logits.shape == (1, 3)
    assert maps.shape == (1, 3, 128, 128)
    with torch.no_grad():
        small.head[0].weight[:, -6:] = 0
    blind, same = small(face)
    assert torch.equal(maps, same)
    assert not torch.allclose(logits, blind)
