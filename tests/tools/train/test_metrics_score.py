"""The figures of a score one by one, on crops whose answers are set by hand."""

from dataclasses import replace

import numpy as np
import pytest

from engines.values import F32
from tools.synth.crops import UNSURE
from tools.synth.shards import Shard
from tools.train.metrics import Score, score, softmax

SIDE = 128
BLANK = Score(1.0, (1.0, 1.0, 1.0), 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0)


def shard(count: int) -> Shard:
    face = np.zeros((count, 7, SIDE, SIDE), np.uint8)
    face[:, 6, 32:96, 32:96] = 255  # the mesh: the middle quarter
    return Shard(face, np.zeros((count, 3, SIDE, SIDE), np.uint8), np.zeros(count, np.uint8), np.full(count, -1))


def sure(labels: np.ndarray) -> F32:
    out = np.full((len(labels), 3), -9, np.float32)
    out[np.arange(len(labels)), labels % 3] = 9
    return out


def nothing(count: int) -> F32:
    return np.zeros((count, 3, SIDE, SIDE), np.float32)


def test_opaque_found_on_a_clear_face_is_a_false_alarm() -> None:
    """A quarter of the mesh of one clear crop in two; what is found beside the mesh does not count."""
    held, maps = shard(2), nothing(2)
    maps[0, 0, 32:64, 32:64] = 1
    maps[1, 0, :20] = 1
    assert score(sure(held.label), maps, held).false_opaque == pytest.approx(0.25 / 2)


@pytest.mark.parametrize("label", [1, 2, UNSURE])
def test_on_faces_that_are_not_clear_there_is_no_false_alarm(label: int) -> None:
    """But on those of which nobody is sure: next to nothing is before them."""
    held, maps = shard(2), nothing(2)
    maps[0, 0, 32:64, 32:64] = 1
    held.label[0] = label
    got = score(sure(held.label), maps, held).false_opaque
    assert got == (pytest.approx(0.125) if label == UNSURE else 0)


def test_specks_are_too_small_to_be_judged() -> None:
    """Twenty pixels and fewer: whether they are found or not."""
    for layer, name in ((0, "opaque_iou"), (2, "glass_iou")):
        for pixels, counts in ((20, False), (21, True)):
            held = shard(1)
            held.maps[0, layer].reshape(-1)[:pixels] = 255
            got = getattr(score(sure(held.label), nothing(1), held), name)
            assert got == (0.0 if counts else 1.0)


def test_overlap_is_pooled_over_crops() -> None:
    """One of 100 pixels found whole, one of 300 missed: a quarter of all there is, not a half of the crops."""
    held, maps = shard(2), nothing(2)
    held.maps[0, 0, 0, :100] = held.maps[1, 0, :3, :100] = 255
    maps[0, 0, 0, :100] = 1
    assert score(sure(held.label), maps, held).opaque_iou == pytest.approx(0.25)


def test_a_veils_error_is_told_on_the_mesh_where_there_is_one() -> None:
    held, maps = shard(2), nothing(2)
    held.maps[0, 1] = 102  # 0.4
    maps[0, 1, 32:96, 32:64], maps[0, 1, 32:96, 64:96] = 0.5, 0.2
    maps[1, 1] = 0.9  # no veil there: not this figure's matter
    assert score(sure(held.label), maps, held).veil_error == pytest.approx((0.1 + 0.2) / 2, abs=0.001)


def test_faint_veils_do_not_count() -> None:
    held, maps = shard(1), nothing(1)
    held.maps[0, 1] = 6
    maps[0, 1] = 0.9
    assert score(sure(held.label), maps, held).veil_error == 0


def test_log_loss_and_recall_by_hand() -> None:
    held = shard(4)
    held.label[:] = (0, 1, 1, 2)
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.2, 0.6, 0.2], [0.8, 0.1, 0.1], [0.25, 0.25, 0.5]])).astype(
        np.float32
    )
    got = score(logits, nothing(4), held)
    assert got.accuracy == pytest.approx(0.75)
    assert got.recall == pytest.approx((1, 0.5, 1))
    assert got.log_loss == pytest.approx(-np.log([0.5, 0.6, 0.1, 0.5]).mean(), rel=1e-5)


def test_a_certain_mistake_costs_much_and_not_everything() -> None:
    """Sixteen nats at most: one such crop does not drown all others."""
    held = shard(1)
    got = score(np.array([[-500, 500, 0]], np.float32), nothing(1), held).log_loss
    assert got == pytest.approx(-np.log(1e-7), rel=1e-3)


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({"log_loss": 0.5}, 0.5),
        ({"opaque_iou": 0.9}, 0.1),
        ({"glass_iou": 0.9}, 0.07),
        ({"veil_error": 0.1}, 0.3),
        ({"accuracy": 0.1}, 0.0),
    ],
)
def test_what_training_lowers(change: dict[str, float], more: float) -> None:
    assert BLANK.loss == 0
    assert replace(BLANK, **change).loss == pytest.approx(more)  # type: ignore[arg-type]


def test_facts_are_rounded_and_named() -> None:
    facts = replace(BLANK, recall=(0.123456, 1.0, 0.5), veil_error=0.01234567).facts()
    assert (facts["recall_none"], facts["recall_opaque"], facts["recall_transparent"]) == (0.1235, 1.0, 0.5)
    assert facts["veil_error"] == 0.0123
    assert facts["loss"] == pytest.approx(0.037, abs=1e-4)


def test_probabilities_of_large_logits() -> None:
    p = softmax(np.array([[1000, 0, -1000], [2, 2, 2]], np.float32))
    assert p == pytest.approx(np.array([[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]]), abs=1e-6)
