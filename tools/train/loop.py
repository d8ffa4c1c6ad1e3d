"""The training loop: resumable, watched, stopped when it no longer gains. Knows torch; knows no command line."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engines.backends.openvino import has_bf16
from engines.errors import InputError
from tools.synth.shards import Shard
from tools.train import checkpoint
from tools.train.batches import epoch, prepared
from tools.train.losses import losses
from tools.train.metrics import Score, score
from tools.train.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """steps: in all. rate: peak learning rate, warmed up, then a cosine to 2 %. patience: evaluations without a gain
    before it stops. only: names' prefix of the parameters that are trained, empty for all. bf16: see `fast`."""

    steps: int = 8000
    size: int = 32
    rate: float = 2e-3
    decay: float = 0.02
    warm: int = 200
    every: int = 500
    patience: int = 6
    keep: float = 0.998
    seed: int = 1
    only: str = ""
    bf16: bool = True


def rate_at(step: int, recipe: TrainingRecipe) -> float:
    """The learning rate of a step."""
    if step < recipe.warm:
        return recipe.rate * (step + 1) / recipe.warm
    t = min(1.0, (step - recipe.warm) / max(1, recipe.steps - recipe.warm))
    return recipe.rate * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * t)))


@dataclass(slots=True)
class TrainingRun:
    """What a checkpoint holds: the net, its slow average, the optimiser, where it is. batch: how many of the epoch's
    it has seen."""

    net: Any
    average: Any
    optimiser: Any
    step: int = 0
    epoch: int = 0
    batch: int = 0
    best: float = math.inf
    stale: int = 0

    def save(self, path: Path) -> None:
        held = {n: getattr(self, n).state_dict() for n in ("net", "average", "optimiser")}
        held |= {n: getattr(self, n) for n in ("step", "epoch", "batch", "best", "stale")}
        checkpoint.write(held, path)

    def load(self, path: Path) -> None:
        """Raises InputError where the file is no checkpoint of this network. Tensors go where the net's own are."""
        held = checkpoint.read(path)
        try:
            self._take(held)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise InputError(f"{path} is a checkpoint of another recipe; give another --output") from error

    def _take(self, held: Any) -> None:
        self.net.load_state_dict(held["net"])
        self.average.load_state_dict(held["average"])
        self.optimiser.load_state_dict(held["optimiser"])
        self.step, self.epoch, self.best, self.stale = (held[k] for k in ("step", "epoch", "best", "stale"))
        self.batch = held.get("batch", 0)


Parts = Callable[[TrainingRun, Any, TrainingRecipe, str], dict[str, Any]]


def taken_up(run: TrainingRun, folder: Path, start: Path | None) -> bool:
    """Goes on from the folder's `last.pt`: True; without one it begins from the weights in `start`, if there are.
    Raises InputError where either is of another network."""
    if (folder / "last.pt").is_file():
        run.load(folder / "last.pt")
        return True
    if start is not None:
        held = checkpoint.read(start)
        try:
            run.net.load_state_dict(held)
            run.average.load_state_dict(held)
        except (TypeError, RuntimeError) as error:
            raise InputError(f"{start} holds no weights of this network and recipe") from error
    return False


def begin(make: Callable[[], Any], recipe: TrainingRecipe, device: str = "cpu") -> TrainingRun:
    """A fresh run, seeded."""
    torch.manual_seed(recipe.seed)
    net, average = make(), make()
    average.load_state_dict(net.state_dict())
    net, average = (n.to(device, memory_format=torch.channels_last) for n in (net, average))
    chosen = [p for name, p in net.named_parameters() if name.startswith(recipe.only)]
    for name, p in net.named_parameters():
        p.requires_grad_(name.startswith(recipe.only))
    return TrainingRun(net, average.eval(), torch.optim.AdamW(chosen, lr=recipe.rate, weight_decay=recipe.decay))


def fast(recipe: TrainingRecipe, device: str) -> Any:
    """The context in which a network computes in bf16, where the recipe wants it and the device has it: a CPU that
    merely imitates bf16 takes ten times as long as in f32."""
    kind = torch.device(device).type
    able = has_bf16() if kind == "cpu" else kind != "cuda" or torch.cuda.is_bf16_supported()
    return torch.autocast(kind, torch.bfloat16, enabled=recipe.bf16 and able)


def tensors(batch: Any, device: str = "cpu") -> tuple[Any, Any, Any]:
    face, maps, label = (torch.from_numpy(np.ascontiguousarray(a)) for a in (batch.face, batch.maps, batch.label))
    return face.to(device, memory_format=torch.channels_last), maps.to(device), label.to(device)


def parts(run: TrainingRun, batch: Any, recipe: TrainingRecipe, device: str = "cpu") -> dict[str, Any]:
    """The parts of the loss of masks and class, each a scalar."""
    face, maps, label = tensors(batch, device)
    with fast(recipe, device):
        logits, guess = run.net(face)
    return losses(logits.float(), guess.float(), label, maps, face[:, 6])


def update(
    run: TrainingRun, batch: Any, recipe: TrainingRecipe, device: str = "cpu", of: Parts = parts
) -> dict[str, float]:
    """One step down the gradient. of: what gives the parts of the loss, which are returned."""
    for group in run.optimiser.param_groups:
        group["lr"] = rate_at(run.step, recipe)
    run.net.train(not recipe.only)  # with a frozen trunk its batch statistics stay frozen, too
    told = of(run, batch, recipe, device)
    total = torch.stack(list(told.values())).sum()
    run.optimiser.zero_grad(set_to_none=True)
    total.backward()
    torch.nn.utils.clip_grad_norm_([p for p in run.net.parameters() if p.requires_grad], 2.0)
    run.optimiser.step()
    keep = min(recipe.keep, (1 + run.step) / (10 + run.step))
    with torch.no_grad():
        for slow, fast in zip(run.average.state_dict().values(), run.net.state_dict().values(), strict=True):
            if slow.dtype.is_floating_point:
                slow.lerp_(fast, 1 - keep)
            else:
                slow.copy_(fast)
    run.step += 1
    return {k: float(v.detach()) for k, v in told.items()}


def evaluate(net: Any, held: Shard, recipe: TrainingRecipe, plate: bool = True, device: str = "cpu") -> Score:
    """The net on held-back crops, with their plates or without."""
    logits, maps = [], []
    net.eval()
    for at in range(0, len(held), 50):
        batch = prepared(held.face[at : at + 50], held.maps[at : at + 50], held.label[at : at + 50])
        if not plate:
            batch.face[:, 3:6] = 0
        with torch.no_grad(), fast(recipe, device):
            a, b = net(tensors(batch, device)[0])
        logits.append(a.float().cpu().numpy())
        maps.append(torch.sigmoid(b.float()).cpu().numpy())
    return score(np.concatenate(logits), np.concatenate(maps), held)


@dataclass(frozen=True, slots=True)
class Task:
    """What is learned. epoch: an epoch's batches, of shards, their size and chance. parts: of the loss. evaluate: how
    good a net is on what is held back, an object with `loss` and `facts()`."""

    epoch: Callable[[Any, int, np.random.Generator], Iterator[Any]]
    parts: Parts
    evaluate: Callable[[Any, Any, TrainingRecipe, str], Any]


MASKS = Task(epoch, parts, lambda net, held, recipe, device: evaluate(net, held, recipe, device=device))


def train(
    run: TrainingRun, shards: Callable[[], list[Any]], held: Any, folder: Path, recipe: TrainingRecipe, say: Telemetry,
    device: str = "cpu", task: Task = MASKS, stop: Callable[[], bool] = lambda: False,
) -> bool:  # fmt: skip
    """Trains to the recipe's end or until it no longer gains: True. `last.pt` to resume from and `best.pt` lie in
    folder. False where `stop`, asked after every step, said so: `last.pt` then holds that step.

    shards: called at each epoch, so that crops written meanwhile are used. held: what `best.pt` is chosen by.
    """
    first = run.step
    while run.step < recipe.steps and run.stale <= recipe.patience:
        rng = np.random.default_rng((recipe.seed, run.epoch))
        for number, batch in enumerate(task.epoch(shards(), recipe.size, rng)):
            if number < run.batch:
                continue  # seen before the run was stopped; drawn again, so that chance goes on as it would have
            told = update(run, batch, recipe, device, task.parts)
            run.batch = number + 1
            loss = sum(told.values())
            if not math.isfinite(loss):
                raise FloatingPointError(
                    f"the loss is {loss} at step {run.step}; lower the rate or resume from last.pt"
                )
            if run.step % 20 == 0:
                say.step(run.epoch, run.step, recipe.steps, loss, rate_at(run.step, recipe), told, first)
            if run.step % recipe.every == 0 or run.step == recipe.steps:
                now = task.evaluate(run.average, held, recipe, device)
                say.say("score", step=run.step, **now.facts())
                run.stale = 0 if now.loss < run.best else run.stale + 1
                if now.loss < run.best:
                    run.best = now.loss
                    checkpoint.write(run.average.state_dict(), folder / "best.pt")
                run.save(folder / "last.pt")
            if run.step >= recipe.steps or run.stale > recipe.patience:
                break
            if stop():
                run.save(folder / "last.pt")
                say.say("stopped", step=run.step)
                return False
        run.epoch, run.batch = run.epoch + 1, 0
    return True
