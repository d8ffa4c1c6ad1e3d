"""A training run that was stopped and resumed is the run that was not; batches from few and odd numbers of crops."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from torch import nn  # noqa: E402

from engines.errors import InputError  # noqa: E402
from tools.synth.shards import Shard  # noqa: E402
from tools.train import loop, net  # noqa: E402
from tools.train.batches import epoch  # noqa: E402
from tools.train.telemetry import Telemetry, read  # noqa: E402

pytestmark = pytest.mark.train


def shard(count: int, seed: int = 0) -> Shard:
    rng = np.random.default_rng(seed)
    face = rng.integers(0, 255, (count, 7, 128, 128), np.uint8)
    face[:, 6] = 255
    maps = np.zeros((count, 3, 128, 128), np.uint8)
    maps[::2, 0, :60] = 255
    return Shard(face, maps, (np.arange(count) % 3).astype(np.uint8), np.full(count, -1))


class Broken(Exception):
    """The power goes out."""


class Clock:
    """Breaks the run at its n-th word."""

    def __init__(self, breaks: int) -> None:
        self.left = breaks

    def __call__(self) -> float:
        self.left -= 1
        if self.left == 0:
            raise Broken
        return 0.0


class Little(nn.Module):  # type: ignore[misc]
    """Enough of a network to be trained: batch statistics, maps, a class."""

    def __init__(self) -> None:
        super().__init__()
        self.down = net.conv(7, 8, 4)
        self.maps = nn.Conv2d(8, 3 * 16, 1)
        self.head = nn.Linear(8, 3)

    def forward(self, face: Any) -> tuple[Any, Any]:
        seen = self.down(face)
        return self.head(seen.mean((2, 3))), nn.functional.pixel_shuffle(self.maps(seen), 4)


RECIPE = loop.TrainingRecipe(steps=6, size=8, warm=3, every=2, bf16=False, keep=0.5, rate=1e-2)
SOME, HELD = shard(24), shard(2, 9)  # three batches an epoch: the second begins within the run


def trained(folder: Path, breaks: int, recipe: loop.TrainingRecipe = RECIPE) -> Any:
    folder.mkdir(exist_ok=True)
    run = loop.begin(Little, recipe)
    if (folder / "last.pt").is_file():
        run.load(folder / "last.pt")
    loop.train(run, lambda: [SOME], HELD, folder, recipe, Telemetry(folder / "t.jsonl", Clock(breaks)))
    return run


def alike(a: Any, b: Any) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def test_a_resumed_run_is_the_run_that_was_not_stopped(tmp_path: Path) -> None:
    """Stopped in the middle of the first epoch and again in the second; weights, average and best are the same bits."""
    whole = trained(tmp_path / "whole", 0)
    torn = tmp_path / "torn"
    for words in (3, 3):  # the first is said when a run begins, then one a score: steps 2 and 4, then 4 and 6
        with pytest.raises(Broken):
            trained(torn, words)
    assert [line["step"] for line in read(torn / "t.jsonl")] == [2, 4]
    resumed = trained(torn, 0)
    assert resumed.step == whole.step == 6
    assert (resumed.epoch, resumed.best, resumed.stale) == (whole.epoch, whole.best, whole.stale)
    assert alike(resumed.net, whole.net)
    assert alike(resumed.average, whole.average)
    best = [torch.load(tmp_path / name / "best.pt", weights_only=True) for name in ("whole", "torn")]
    assert all(torch.equal(best[0][k], best[1][k]) for k in best[0])


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_a_run_that_was_asked_to_stop_is_the_run_that_was_not(tmp_path: Path, steps: int) -> None:
    """After any step, in the middle of an epoch or at its end, between two evaluations or at one."""
    whole = trained(tmp_path / "whole", 0)
    folder, asked = tmp_path / "asked", iter([False] * (steps - 1) + [True])
    folder.mkdir()
    run, say = loop.begin(Little, RECIPE), Telemetry(folder / "t.jsonl", lambda: 0.0)
    assert not loop.train(run, lambda: [SOME], HELD, folder, RECIPE, say, stop=lambda: next(asked))
    assert run.step == steps == torch.load(folder / "last.pt", weights_only=True)["step"]
    assert read(folder / "t.jsonl")[-1] == {"event": "stopped", "seconds": 0.0, "step": steps}
    resumed = trained(folder, 0)
    assert alike(resumed.net, whole.net) and alike(resumed.average, whole.average)
    assert resumed.best == whole.best


def test_at_its_end_nobody_is_asked(tmp_path: Path) -> None:
    recipe = loop.TrainingRecipe(steps=1, size=8, every=1, bf16=False)
    run = loop.begin(Little, recipe)
    say = Telemetry(tmp_path / "t.jsonl", lambda: 0.0)
    assert loop.train(run, lambda: [SOME], HELD, tmp_path, recipe, say, stop=lambda: True)


def test_a_checkpoint_of_another_network_is_told(tmp_path: Path) -> None:
    loop.begin(Little, RECIPE).save(tmp_path / "last.pt")
    torch.save(loop.begin(Little, RECIPE).net.state_dict(), tmp_path / "best.pt")
    with pytest.raises(InputError, match=r"last\.pt is a checkpoint of another recipe"):
        loop.taken_up(loop.begin(net.SmallNet, RECIPE), tmp_path, None)
    with pytest.raises(InputError, match=r"best\.pt holds no weights of this network"):
        loop.taken_up(loop.begin(net.SmallNet, RECIPE), tmp_path / "fresh", tmp_path / "best.pt")


def test_a_run_may_be_prolonged(tmp_path: Path) -> None:
    """At its end it goes on with the next batch, not with the epoch's first."""
    short = trained(tmp_path, 0, loop.TrainingRecipe(steps=3, size=8, warm=3, every=3, bf16=False))
    held = torch.load(tmp_path / "last.pt", weights_only=True)
    assert (held["step"], held["epoch"], held["batch"]) == (3, 0, 3)
    longer = trained(tmp_path, 0, loop.TrainingRecipe(steps=5, size=8, warm=3, every=3, bf16=False))
    assert (short.step, longer.step) == (3, 5)
    held = torch.load(tmp_path / "last.pt", weights_only=True)
    assert (held["epoch"], held["batch"]) == (1, 2)


def test_a_checkpoint_from_before_batches_were_counted_still_loads(tmp_path: Path) -> None:
    run = loop.begin(Little, RECIPE)
    run.save(tmp_path / "old.pt")
    held = torch.load(tmp_path / "old.pt", weights_only=True)
    del held["batch"]
    torch.save(held, tmp_path / "old.pt")
    run.batch = 9
    run.load(tmp_path / "old.pt")
    assert run.batch == 0
    assert not (tmp_path / "old.part").exists()


def test_fewer_crops_than_a_batch_are_one_batch(tmp_path: Path) -> None:
    """Sixteen crops and batches of 64: the run ends, with what there is."""
    sizes = [len(b.label) for b in epoch([shard(16)], 64, np.random.default_rng(1))]
    assert sizes == [16]
    recipe = loop.TrainingRecipe(steps=2, size=64, every=2, bf16=False)
    run = loop.begin(Little, recipe)
    loop.train(run, lambda: [shard(3)], HELD, tmp_path, recipe, Telemetry(tmp_path / "t.jsonl", lambda: 0.0))
    assert run.step == 2


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    run = loop.begin(net.SmallNet, RECIPE)
    with torch.no_grad():
        run.net.head[2].bias.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="lower the rate"):
        loop.train(run, lambda: [SOME], HELD, tmp_path, RECIPE, Telemetry(tmp_path / "t.jsonl", lambda: 0.0))
    assert not (tmp_path / "last.pt").exists()


def test_a_step_follows_the_clipped_gradient_at_the_rate_of_its_step() -> None:
    """With a rate of nought weights stay, statistics of batches do not; the rate that is set is the recipe's."""
    still = loop.TrainingRecipe(steps=6, size=8, rate=0.0, decay=0.0, bf16=False)
    run = loop.begin(net.SmallNet, still)
    before = {k: v.clone() for k, v in run.net.named_parameters()}
    batch = next(epoch([SOME], 8, np.random.default_rng(1)))
    loop.update(run, batch, still)
    assert all(torch.equal(v, before[k]) for k, v in run.net.named_parameters())
    run = loop.begin(net.SmallNet, RECIPE)
    for step in range(4):
        loop.update(run, batch, RECIPE)
        assert run.optimiser.param_groups[0]["lr"] == loop.rate_at(step, RECIPE)
        size = sum(float((p.grad**2).sum()) for p in run.net.parameters() if p.grad is not None)
        assert size <= 2.0**2 * 1.01


def test_the_average_forgets_slower_the_longer_it_runs() -> None:
    """In its first step nine tenths of the net's move, then what `keep` says."""
    run = loop.begin(net.SmallNet, RECIPE)
    batch = next(epoch([SOME], 8, np.random.default_rng(1)))
    before = run.net.maps.weight.detach().clone()
    loop.update(run, batch, RECIPE)
    now = run.net.maps.weight.detach()
    assert torch.allclose(run.average.maps.weight, before + 0.9 * (now - before), atol=1e-6)
    run.step = 10_000
    slow, fast = run.average.maps.weight.detach().clone(), now.clone()
    loop.update(run, batch, loop.TrainingRecipe(steps=20_000, size=8, bf16=False, keep=0.75))
    fast = run.net.maps.weight.detach()
    assert torch.allclose(run.average.maps.weight, slow + 0.25 * (fast - slow), atol=1e-6)


def test_the_same_seed_is_the_same_net() -> None:
    one, again, other = (loop.begin(net.SmallNet, loop.TrainingRecipe(seed=s)) for s in (3, 3, 4))
    assert alike(one.net, again.net)
    assert alike(one.net, one.average)
    assert not alike(one.net, other.net)


@pytest.mark.parametrize("plate", [True, False])
def test_evaluation_sees_plates_or_not(plate: bool) -> None:
    """A net whose class hangs on the plate's brightness alone."""

    class Plated(nn.Module):  # type: ignore[misc]
        def forward(self, face: Any) -> tuple[Any, Any]:
            there = face[:, 3:6].mean((1, 2, 3))
            logits = torch.stack([0.1 - there, there - 0.1, there * 0 - 9], 1) * 50
            return logits, face[:, :3] * 0 - 9

    held = shard(110, 3)  # more than one turn of fifty
    held.label[:] = 1
    score = loop.evaluate(Plated(), held, RECIPE, plate)
    assert score.accuracy == float(plate)
