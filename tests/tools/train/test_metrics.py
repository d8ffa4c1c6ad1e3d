import numpy as np
import pytest

from tools.synth.crops import UNSURE
from tools.synth.shards import Shard
from tools.train.batches import epoch, prepared, varied
from tools.train.metrics import edges, score

N = 12


def shard(count: int = N) -> Shard:
    """Crops whose opaque thing is the left half, every third; a veil every third; glass every third."""
    rng = np.random.default_rng(1)
    face = rng.integers(0, 255, (count, 7, 128, 128), np.uint8)
    face[:, 6] = 255
    maps = np.zeros((count, 3, 128, 128), np.uint8)
    maps[0::3, 0, :, :64] = 255
    maps[1::3, 1] = 102
    maps[2::3, 2, :32] = 255
    label = np.array([1, 2, 2] * (count // 3), np.uint8)
    return Shard(face, maps, label, np.full(count, -1))


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


def test_the_network_sees_the_plate_only_under_the_mask() -> None:
    held = shard(3)
    held.face[:, 6, :50] = 0
    batch = prepared(held.face, held.maps, held.label)
    assert batch.face[:, 3:6, :50].max() == 0
    assert batch.face[:, 3:6, 50:].max() > 0.9
    np.testing.assert_allclose(batch.face[:, :3] * 255, held.face[:, :3], atol=1e-3)


def test_mirroring_turns_crop_plate_mask_and_maps_together() -> None:
    held = shard()
    held.face[:, :, :, :64], held.face[:, 6, :, :64] = 0, 255
    plain = prepared(held.face, held.maps, held.label)
    out = varied(prepared(held.face, held.maps, held.label), np.random.default_rng(2), drop=0.0)
    dark_left = out.face[:, :3, :, :64].max((1, 2, 3)) == 0
    left_map = out.maps[:, 0, :, :64].min((1, 2)) == 1
    with_thing = plain.maps[:, 0].max((1, 2)) > 0
    np.testing.assert_array_equal(dark_left[with_thing], left_map[with_thing])
    assert 0 < dark_left.sum() < N


@pytest.mark.parametrize("drop", [0.0, 1.0])
def test_plates_are_dropped_as_asked(drop: float) -> None:
    held = shard()
    out = varied(prepared(held.face, held.maps, held.label), np.random.default_rng(2), drop)
    assert (out.face[:, 3:6].max((1, 2, 3)) == 0).mean() == drop
    assert (out.face[:, :3].max((1, 2, 3)) > 0).all()


def test_an_epoch_shows_every_crop_once() -> None:
    shards = [shard(24), shard(24)]
    for n, s in enumerate(shards):
        s.label[:] = np.arange(24) + 24 * n
    seen = np.concatenate([b.label for b in epoch(shards, 16, np.random.default_rng(1))])
    assert sorted(seen.tolist()) == list(range(48))
    again = np.concatenate([b.label for b in epoch(shards, 16, np.random.default_rng(1))])
    np.testing.assert_array_equal(seen, again)
