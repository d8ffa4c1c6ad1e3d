from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from engines.backends.openvino import has_bf16  # noqa: E402
from tools.synth.shards import Shard  # noqa: E402
from tools.train import loop, net  # noqa: E402
from tools.train.batches import epoch  # noqa: E402
from tools.train.losses import dice, losses  # noqa: E402
from tools.train.telemetry import Telemetry, read  # noqa: E402

pytestmark = pytest.mark.train


def shard(count: int = 16, seed: int = 0) -> Shard:
    """Noise with a bright square: the opaque thing. Without one: clear."""
    rng = np.random.default_rng(seed)
    face = rng.integers(0, 120, (count, 7, 128, 128), np.uint8)
    face[:, 6] = 255
    maps = np.zeros((count, 3, 128, 128), np.uint8)
    label = (np.arange(count) % 2).astype(np.uint8)
    for i in np.nonzero(label)[0]:
        x, y = rng.integers(8, 72, 2)
        face[i, :3, y : y + 48, x : x + 48] = 250
        maps[i, 0, y : y + 48, x : x + 48] = 255
    return Shard(face, maps, label, np.full(count, -1))


RECIPE = loop.TrainingRecipe(steps=12, size=8, warm=4, every=6, bf16=False, keep=0.5)


def test_a_few_steps_lower_the_loss() -> None:
    run, some = loop.begin(net.SmallNet, RECIPE), shard()
    batch = next(epoch([some], 8, np.random.default_rng(1)))
    parts = [loop.update(run, batch, RECIPE) for _ in range(8)]
    assert sum(parts[-1].values()) < 0.9 * sum(parts[0].values())
    assert run.step == 8


def test_the_average_follows_the_net() -> None:
    run, batch = loop.begin(net.SmallNet, RECIPE), next(epoch([shard()], 8, np.random.default_rng(1)))
    before = run.average.maps.weight.detach().clone()
    loop.update(run, batch, RECIPE)
    moved, whole = (float((n.maps.weight.detach() - before).norm()) for n in (run.average, run.net))
    assert 0 < moved <= whole * 1.001


def test_only_the_named_part_is_trained() -> None:
    recipe = loop.TrainingRecipe(steps=4, size=8, only="head", bf16=False)
    run, batch = loop.begin(net.SmallNet, recipe), next(epoch([shard()], 8, np.random.default_rng(1)))
    before = {k: v.clone() for k, v in run.net.state_dict().items()}
    loop.update(run, batch, recipe)
    changed = {k for k, v in run.net.state_dict().items() if not torch.equal(v, before[k])}
    assert changed
    assert all(k.startswith("head") for k in changed)


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    some, say = shard(32), Telemetry(tmp_path / "t.jsonl", lambda: 0.0)
    short = loop.TrainingRecipe(steps=6, size=8, warm=4, every=6, bf16=False)
    run = loop.begin(net.SmallNet, short)
    loop.train(run, lambda: [some], shard(8, 9), tmp_path, short, say)
    again = loop.begin(net.SmallNet, RECIPE)
    again.load(tmp_path / "last.pt")
    assert again.step == 6
    for a, b in zip(again.net.state_dict().values(), run.net.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    loop.train(again, lambda: [some], shard(8, 9), tmp_path, RECIPE, say)
    assert again.step == 12
    assert [line["step"] for line in read(tmp_path / "t.jsonl") if line["event"] == "score"] == [6, 12]


def test_it_stops_when_it_no_longer_gains(tmp_path: Path) -> None:
    recipe = loop.TrainingRecipe(steps=40, size=8, every=1, patience=2, rate=0.0, only="head", bf16=False)
    run = loop.begin(net.SmallNet, recipe)
    say = Telemetry(tmp_path / "t.jsonl", lambda: 0.0)
    loop.train(run, lambda: [shard(8)], shard(4, 9), tmp_path, recipe, say)
    assert (run.step, run.stale) == (4, 3)
    assert (tmp_path / "best.pt").is_file()


def test_the_rate_warms_up_and_falls() -> None:
    recipe = loop.TrainingRecipe(steps=1000, warm=100, rate=1.0)
    rates = [loop.rate_at(s, recipe) for s in range(1000)]
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[550] == pytest.approx(0.51, abs=0.01)
    assert rates[-1] == pytest.approx(0.02, abs=0.001)


def test_a_cpu_that_merely_imitates_bf16_computes_in_f32() -> None:
    """The imitation takes ten times as long; a recipe without bf16 has none anywhere."""
    for wanted in (True, False):
        with loop.fast(loop.TrainingRecipe(bf16=wanted), "cpu"):
            assert torch.is_autocast_enabled("cpu") is (wanted and has_bf16())


def test_dice_by_hand() -> None:
    wanted = torch.zeros(2, 10, 10)
    wanted[0, :5] = 1  # the second has nothing to find and does not count
    assert float(dice(wanted, wanted)) == pytest.approx(0)
    assert float(dice(0 * wanted, wanted)) == pytest.approx(1 - 1 / 51)


def test_unsure_labels_do_not_pull_on_the_class() -> None:
    maps, wanted, mask = torch.zeros(2, 3, 8, 8), torch.zeros(2, 3, 8, 8), torch.ones(2, 8, 8)
    logits = torch.zeros(2, 3, requires_grad=True)
    losses(logits, maps, torch.tensor([255, 1], dtype=torch.uint8), wanted, mask)["class"].backward()
    assert logits.grad is not None
    assert float(logits.grad[0].abs().max()) == 0
    assert float(logits.grad[1].abs().max()) > 0
