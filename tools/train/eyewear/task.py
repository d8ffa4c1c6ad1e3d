"""Learning to find eyewear, as `loop.train` wants it: batches of bands, the loss, and how good it has become. Knows
torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch

from engines.values import F32, U8
from tools.synth.eyewear.shards import BandShard
from tools.train.batches import shuffled
from tools.train.eyewear.net import losses
from tools.train.loop import Task, TrainingRecipe, TrainingRun, fast

LIT = 127  # of 255: how much of a pixel eyewear hides for it to count in the figures


@dataclass(frozen=True, slots=True)
class BandBatch:
    """band: float32 (n, 3, 80, 160), 0 to 1. map: float32 (n, 80, 160). worn: float32 (n,)."""

    band: F32
    map: F32
    worn: F32


def batch(band: U8, map_: U8, worn: U8) -> BandBatch:
    k = np.float32(1 / 255)
    return BandBatch(
        np.multiply(band, k, dtype=np.float32), np.multiply(map_, k, dtype=np.float32), np.asarray(worn, np.float32)
    )


def varied(some: BandBatch, rng: np.random.Generator) -> BandBatch:
    """The same bands mirrored, and in other colours, each by chance."""
    band, map_, n = some.band, some.map, len(some.worn)
    flip = rng.random(n) < 0.5
    band[flip], map_[flip] = band[flip, :, :, ::-1], map_[flip, :, ::-1]
    gain = rng.uniform(0.8, 1.2, (n, 1, 1, 1)) * rng.uniform(0.93, 1.07, (n, 3, 1, 1))
    return BandBatch(np.asarray(np.clip(band * gain, 0, 1), np.float32), map_, some.worn)


def epoch(shards: list[BandShard], size: int, rng: np.random.Generator) -> Iterator[BandBatch]:
    """Every band of every shard once, see `shuffled`."""
    return (varied(batch(*rows), rng) for rows in shuffled(shards, size, ("band", "map", "worn"), rng))


def parts(run: TrainingRun, some: BandBatch, recipe: TrainingRecipe, device: str = "cpu") -> dict[str, Any]:
    """The parts of the loss, each a scalar."""
    band = torch.from_numpy(some.band).to(device, memory_format=torch.channels_last)
    with fast(recipe, device):
        worn, found = run.net(band)
    wears, wanted = (torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in (some.worn, some.map))
    return losses(worn.float(), found.float(), wears, wanted)


@dataclass(frozen=True, slots=True)
class EyeScore:
    """precision, recall: of pixels of eyewear, pooled over all bands; iou: of both; near: recall where a pixel beside
    the right one will do. person_precision, person_recall: of people who wear some, at even odds. log_loss: of that."""

    precision: float
    recall: float
    iou: float
    near: float
    person_precision: float
    person_recall: float
    log_loss: float

    @property
    def loss(self) -> float:
        """What training lowers."""
        return self.log_loss + 1 - self.iou

    def facts(self) -> dict[str, float]:
        names = ("precision", "recall", "iou", "near", "person_precision", "person_recall", "log_loss", "loss")
        return {n: round(float(getattr(self, n)), 4) for n in names}


def score(logits: F32, maps: F32, held: BandShard) -> EyeScore:
    """logits (n,), maps (n, h, w) as probabilities, against the shard's labels."""
    wanted, found, worn = np.asarray(held.map) > LIT, maps > 0.5, np.asarray(held.worn) > 0
    both = float((wanted & found).sum())
    beside = np.stack([cv2.dilate(f, np.ones((3, 3), np.uint8)) for f in found.astype(np.uint8)]) > 0
    near = float((wanted & beside).sum())
    said = logits > 0
    p = 1 / (1 + np.exp(-logits.astype(np.float64)))
    right = np.where(worn, p, 1 - p)
    return EyeScore(
        both / max(float(found.sum()), 1.0),
        both / max(float(wanted.sum()), 1.0),
        both / max(float((wanted | found).sum()), 1.0),
        near / max(float(wanted.sum()), 1.0),
        float((said & worn).sum() / max(said.sum(), 1)),
        float((said & worn).sum() / max(worn.sum(), 1)),
        float(-np.log(np.maximum(right, 1e-7)).mean()),
    )


def evaluate(net: Any, held: BandShard, recipe: TrainingRecipe, device: str = "cpu") -> EyeScore:
    """The net on bands of people held back."""
    logits, maps = [], []
    net.eval()
    for at in range(0, len(held), 50):
        band = torch.from_numpy(batch(held.band[at : at + 50], held.map[:1], held.worn[:1]).band).to(device)
        with torch.no_grad(), fast(recipe, device):
            worn, found = net(band)
        logits.append(worn.float().cpu().numpy())
        maps.append(torch.sigmoid(found.float()).cpu().numpy())
    return score(np.concatenate(logits), np.concatenate(maps), held)


EYEWEAR = Task(epoch, parts, evaluate)
