"""Labelled sequences: a head in motion, and something that comes before it, moves, and goes again."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engines.occlusion.network import SIDE
from tools.synth import clear, smoke
from tools.synth.camera import filmed, lit
from tools.synth.crops import CropPeople, Sample, backdrop, differing, label, packed, solid
from tools.synth.faces import FaceView, random_pose, view
from tools.synth.layers import LayerKind, Layers, Sheet, placement
from tools.synth.worn import dressed

KINDS = ("none", "opaque", "veil", "glass", "liquid")
FRAMES = 48


@dataclass(frozen=True, slots=True)
class Passing:
    """Something that passes: a sheet that slides in from one side, a cloud that thickens, or liquid that runs down.

    at: where it rests, crop pixels. size: its width there. side: -1 or 1, where it comes from. angle: radians.
    """

    kind: str
    sheet: Sheet | None
    cloud: smoke.Smoke | None
    hung: list[tuple[float, float, float, float]]
    seed: int
    at: tuple[float, float]
    size: float
    side: int
    angle: float

    def layers(
        self, there: float, step: int, picture: tuple[int, int] = (SIDE, SIDE), away: float = 1.5 * SIDE
    ) -> Layers | None:
        """Its layers when it has come by a share `there`, 0 to 1, at frame `step`. None: not in the picture. picture:
        its (h, w), where that is no crop. away: how far off, in its pixels, a thing is that is yet to come."""
        if there <= 0:
            return None
        if self.cloud is not None:
            return self.cloud.layers(float(step), self.at, self.size, picture, there)
        sheet = self.sheet
        if self.kind == "liquid":  # the same drops, further down
            sheet = clear.liquid(np.random.default_rng(self.seed), self.hung, 0.01 * step)
        assert sheet is not None
        x = self.at[0] + self.side * (1 - there) * away * float(self.kind != "liquid")
        sway = 0.12 * self.side * np.sin(0.2 * step)
        layers = sheet.placed(placement(sheet.side, (x, self.at[1]), self.size, self.angle + sway), picture)
        return layers.faded(there) if self.kind == "liquid" else layers


def passing(kind: str, people: CropPeople, seen: FaceView, rng: np.random.Generator) -> Passing | None:
    """A random thing of a kind for the face in `seen`; None for the kind `none`."""
    low, high = seen.points[:, :2].min(0), seen.points[:, :2].max(0)
    width = float(high[0] - low[0])
    middle = (low + high) / 2 + rng.normal(0, 0.12, 2) * width
    at, side, seed = (
        (float(middle[0]), float(middle[1] + 0.15 * width)),
        int(rng.choice([-1, 1])),
        int(rng.integers(2**31)),
    )
    blank = Passing(kind, None, None, [], seed, at, width * rng.uniform(0.7, 1.4), side, rng.normal(0, 0.2))
    if kind == "none":
        return None
    if kind == "opaque":
        return replace(blank, sheet=solid(people, seen, rng)[0])
    if kind == "veil":
        return replace(blank, cloud=smoke.smoke(rng), size=width * rng.uniform(1.4, 2.6))
    if kind == "liquid":
        return replace(blank, hung=clear.drips(rng), size=width * 1.2)
    return replace(blank, sheet=clear.glass(rng))


def presence(frame: int, frames: int) -> float:
    """How far the thing has come, 0 to 1: in after a quarter, out after three quarters."""
    t = frame / frames
    return float(np.clip(min(t - 0.25, 0.75 - t) * 8, 0, 1))


def sequence(
    people: CropPeople, rng: np.random.Generator, kind: str | None = None, frames: int = FRAMES
) -> Iterator[Sample]:
    """The labelled crops of one sequence, in order; kind: one of KINDS."""
    kind = str(rng.choice(KINDS)) if kind is None else kind
    looks = dressed(people.looks(rng), rng)
    start, end = random_pose(rng, 0.8), random_pose(rng, 0.8)
    back = backdrop(rng)
    light, mouth = int(rng.integers(2**31)), int(rng.integers(2**31))
    first = view(*looks, start, np.random.default_rng(mouth), back)
    thing = passing(kind, people, first, rng)
    for i in range(frames):
        pose = start.towards(end, 0.5 - 0.5 * float(np.cos(np.pi * 2 * i / frames)))
        seen = view(*looks, pose, np.random.default_rng(mouth), back)
        image, plate = lit((seen.image, seen.plate), np.random.default_rng(light))
        maps, bare = np.zeros((3, SIDE, SIDE), np.float32), image
        layers = thing.layers(presence(i, frames), i) if thing is not None else None
        if layers is not None:
            image = layers.over(image)
            for n, name in enumerate((LayerKind.OPAQUE, LayerKind.VEIL, LayerKind.GLASS)):
                maps[n] = layers.map(name)
        yield packed(
            filmed(image, np.random.default_rng((light, i // 6))),
            plate,
            seen.mask,
            maps,
            label(maps, seen.mask, differing(image, bare)),
            kind,
        )


def many(people: CropPeople, seed: int, count: int, frames: int = FRAMES) -> Iterator[tuple[Sample, int]]:
    """`count` sequences, the kinds in turn, each crop with its sequence's number: what `shards.write` takes."""
    for n in range(count):
        for sample in sequence(people, np.random.default_rng((seed, n)), KINDS[n % len(KINDS)], frames):
            yield sample, n
