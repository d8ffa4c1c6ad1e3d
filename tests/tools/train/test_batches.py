"""Batches by value: what is normalised, mirrored, coloured and left out, and that each crop is shown once."""

import numpy as np
import pytest

from tests.tools.train.labelled import shard
from tools.train.batches import Batch, epoch, prepared, varied

N = 12


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


@pytest.mark.parametrize(("counts", "size"), [((24, 24), 16), ((30, 7), 16), ((5,), 8), ((8, 8, 8), 16), ((33,), 32)])
def test_every_crop_is_shown_once_whatever_their_number(counts: tuple[int, ...], size: int) -> None:
    shards, first = [], 0
    for n in counts:
        one = shard(n)
        one.label[:] = np.arange(first, first + n)
        shards.append(one)
        first += n
    seen = np.concatenate([b.label for b in epoch(shards, size, np.random.default_rng(2))])
    assert sorted(seen.tolist()) == list(range(first))


def test_epochs_differ_in_their_order() -> None:
    some = shard(64)
    some.label[:] = np.arange(64)
    one, two = (np.concatenate([b.label for b in epoch([some], 16, np.random.default_rng((1, n)))]) for n in (0, 1))
    assert not np.array_equal(one, two)


def flat(count: int = 400) -> Batch:
    """Crops half as bright as can be, plates a quarter, everything on the mesh."""
    face = np.full((count, 7, 8, 8), 0.5, np.float32)
    face[:, 3:6], face[:, 6] = 0.25, 1.0
    return Batch(face, np.full((count, 3, 8, 8), 0.3, np.float32), np.zeros(count, np.uint8))


def test_crop_and_plate_change_colour_together_mask_and_labels_do_not() -> None:
    out = varied(flat(), np.random.default_rng(1), drop=0.0)
    gain = out.face[:, :3].mean((2, 3)) / 0.5
    assert 0.8 < gain.min() < 0.85 < 1.15 < gain.max() < 1.21
    plate = out.face[:, 3:6].mean((2, 3)) / 0.25
    assert np.abs(plate / gain - 1).max() < 0.031
    assert np.abs(plate / gain - 1).max() > 0.01
    assert out.face[:, 6].min() == 1
    assert np.array_equal(out.maps, flat().maps)


def test_the_share_that_loses_its_plate() -> None:
    lost = varied(flat(4000), np.random.default_rng(3)).face[:, 3:6].max((1, 2, 3)) == 0
    assert float(lost.mean()) == pytest.approx(0.28, abs=0.02)
