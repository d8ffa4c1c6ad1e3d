"""Learning the light, as `loop.train` wants it: batches of pairs, the loss, and how good it has become. Knows torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from engines.values import F32, U8
from tools.synth.light.shards import NAMES, LightShard
from tools.train.batches import shuffled
from tools.train.light.net import losses, relit
from tools.train.loop import Task, TrainingRecipe, TrainingRun, fast

ACROSS = (10, 13)  # channels that change sign in a mirror: the normal's x, the place's x


@dataclass(frozen=True, slots=True)
class LightBatch:
    """face: float32 (n, 15, 64, 64), truth: float32 (n, 3, 64, 64), weight: float32 (n, 64, 64); all 0 to 1."""

    face: F32
    truth: F32
    weight: F32


def batch(face: U8, truth: U8, weight: U8) -> LightBatch:
    k = np.float32(1 / 255)
    return LightBatch(*(np.multiply(a, k, dtype=np.float32) for a in (face, truth, weight)))


def varied(some: LightBatch, rng: np.random.Generator) -> LightBatch:
    """The same pairs mirrored, and as cameras of other colours show them, each by chance."""
    face, truth, weight, n = some.face, some.truth, some.weight, len(some.face)
    flip = rng.random(n) < 0.5
    face[flip], truth[flip], weight[flip] = face[flip, :, :, ::-1], truth[flip, :, :, ::-1], weight[flip, :, ::-1]
    for channel in ACROSS:
        face[flip, channel] = 1 - face[flip, channel]
    # what the camera does to the target it does to the painting, which is lit by the target, and to the truth
    gain = (rng.uniform(0.8, 1.15, (n, 1, 1, 1)) * rng.uniform(0.88, 1.14, (n, 3, 1, 1))).astype(np.float32)
    own = rng.uniform(0.9, 1.1, (n, 3, 1, 1)).astype(np.float32)
    face[:, :3] = np.minimum(face[:, :3] * gain, 1)
    face[:, 3:6] *= gain
    face[:, 6:9] = np.minimum(face[:, 6:9] * own, 1)
    return LightBatch(face, np.asarray(truth * gain, np.float32), weight)


def epoch(shards: list[LightShard], size: int, rng: np.random.Generator) -> Iterator[LightBatch]:
    """Every pair of every shard once, see `shuffled`."""
    return (varied(batch(*rows), rng) for rows in shuffled(shards, size, NAMES, rng))


def _tensors(some: LightBatch, device: str) -> tuple[Any, Any, Any]:
    face, truth, weight = (torch.from_numpy(np.ascontiguousarray(a)) for a in (some.face, some.truth, some.weight))
    return face.to(device, memory_format=torch.channels_last), truth.to(device), weight.to(device)


def parts(run: TrainingRun, some: LightBatch, recipe: TrainingRecipe, device: str = "cpu") -> dict[str, Any]:
    """The parts of the loss, each a scalar."""
    face, truth, weight = _tensors(some, device)
    with fast(recipe, device):
        gain = run.net(face)
    return losses(face[:, 3:6], gain.float(), truth, weight)


@dataclass(frozen=True, slots=True)
class LightScore:
    """Mean absolute difference to the truth where it counts, levels of 255: of the painting as the classical steps
    leave it, and with the field. loss: what training lowers."""

    classical: float
    field: float
    loss: float

    def facts(self) -> dict[str, float]:
        return {n: round(float(getattr(self, n)), 3) for n in ("classical", "field", "loss")}


def evaluate(net: Any, held: LightShard, recipe: TrainingRecipe, device: str = "cpu") -> LightScore:
    """The net on pairs of people held back."""
    before, after, lost, count = 0.0, 0.0, 0.0, 0
    net.eval()
    for at in range(0, len(held), 50):
        some = batch(*(getattr(held, name)[at : at + 50] for name in NAMES))
        face, truth, weight = _tensors(some, device)
        with torch.no_grad(), fast(recipe, device):
            gain = net(face)
        with torch.no_grad():
            inside, painted = weight[:, None], face[:, 3:6]
            total = float(inside.sum()) * 3 / 255
            before += float(((painted - truth).abs() * inside).sum()) / total
            after += float(((relit(painted, gain.float()) - truth).abs() * inside).sum()) / total
            told = losses(painted, gain.float(), truth, weight)
        lost += sum(float(v) for v in told.values())
        count += 1
    return LightScore(before / count, after / count, lost / count)


LIGHT = Task(epoch, parts, evaluate)
