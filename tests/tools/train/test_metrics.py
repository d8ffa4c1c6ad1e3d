import numpy as np
import pytest

from tests.tools.train.labelled import shard
from tools.synth.crops import UNSURE
from tools.synth.shards import Shard
from tools.train.metrics import edges, score

N = 12


def perfect(held: Shard) -> tuple[np.ndarray, np.ndarray]:
    logits = np.full((len(held), 3), -5, np.float32)
    logits[np.arange(len(held)), held.label % 3] = 5
    return logits, held.maps.astype(np.float32) / 255


def test_perfect_answers_score_perfectly() -> None:
    held = shard()
    found = score(*perfect(held), held)
    assert (found.accuracy, found.opaque_iou, found.glass_iou, found.boundary_iou, found.face_iou) == (1, 1, 1, 1, 1)
    assert found.veil_error == pytest.approx(0, abs=1e-6)
    assert found.log_loss < 0.001


def test_each_mistake_shows_in_its_own_figure() -> None:
    held = shard()
    logits, maps = perfect(held)
    worse = maps.copy()
    worse[:, 0, :, 64:96] = np.maximum(worse[:, 0, :, 64:96], 0.9 * (held.maps[:, :1, :, :1][:, 0] > 0))
    found = score(logits, worse, held)
    assert found.opaque_iou == pytest.approx(64 / 96)
    assert found.face_iou == pytest.approx(32 / 64)
    assert found.glass_iou == 1
    found = score(logits, maps * np.array([1, 0.5, 1], np.float32)[:, None, None], held)
    assert found.veil_error == pytest.approx(0.2, abs=0.01)
    logits[0] = (9, 0, 0)
    found = score(logits, maps, held)
    assert found.accuracy == pytest.approx(1 - 1 / N)
    assert found.recall[1] == pytest.approx(1 - 3 / N)


def test_unsure_crops_do_not_count_for_the_class() -> None:
    held = shard()
    held.label[:6] = UNSURE
    logits, maps = perfect(held)
    logits[:6] = -logits[:6]
    assert score(logits, maps, held).accuracy == 1


def test_edges_lie_around_the_edge() -> None:
    mask = np.zeros((1, 40, 40), bool)
    mask[0, :, 20:] = True
    near = edges(mask, 3)[0, 20]
    assert near[17:23].all()
    assert near.sum() == 6
