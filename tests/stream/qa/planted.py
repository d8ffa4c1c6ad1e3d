"""Finished swaps with faults at known frames, and how many of them are found. `python -m tests.stream.qa.planted`
counts over many."""

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from calib.identity.bounds import bounds_of
from calib.qa.bounds import QaBounds
from calib.qa.figures import FaceFigures
from calib.qa.judging import judge
from calib.qa.reasons import QaReason
from calib.qa.spans import FlaggedSpan
from engines.store.store import default_store
from engines.values import U8
from stream.consent.embedder import open_embedder
from stream.perception.face_selection import parse_rules
from stream.perception.perceiver import Perceiver
from stream.qa.measuring import FaceMeasuring
from stream.qa.watching import watch
from tests.stream.portraits import networks, noisy, photo
from tests.stream.qa.talking import FACE, SIZE, as_frames, swapped, talk

LONG = 14  # frames of a fault
EVERY = 26  # frames from one fault to the next
NEAR = 4  # frames beside a fault that are neither found nor false
KINDS = (QaReason.MISSED, QaReason.LIGHT, QaReason.IDENTITY, QaReason.MOUTH)
OTHER = {"astronaut": "hopper", "hopper": "astronaut"}


@dataclass(frozen=True)
class Fault:
    reason: QaReason
    first: int
    last: int

    def near(self, frame: int, room: int = 0) -> bool:
        return self.first - room <= frame <= self.last + room


@dataclass(frozen=True)
class PlantedClip:
    original: list[U8]
    swap: list[U8]
    faults: tuple[Fault, ...]
    source: str


def brighter(rgb: U8, centre: tuple[float, float], gain: float) -> U8:
    """The face in another light than its surroundings."""
    mask = np.zeros(rgb.shape[:2], np.float32)
    cv2.ellipse(mask, (round(centre[0]), round(centre[1])), (round(0.5 * FACE), round(0.65 * FACE)), 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), 4)[..., None]
    return np.asarray(np.clip(rgb * (1 + (gain - 1) * soft), 0, 255), np.uint8)


def planted(target: str, folder: Path, seed: int = 0, rounds: int = 1) -> PlantedClip:
    """A swap of the target's clip with each kind of fault, `rounds` times."""
    kinds = [KINDS[(i + seed) % len(KINDS)] for i in range(rounds * len(KINDS))]
    faults = tuple(Fault(kind, EVERY * i + 12, EVERY * i + 11 + LONG) for i, kind in enumerate(kinds))
    count = EVERY * len(kinds) + 12
    original = talk(target, range(count), seed)
    paths = {}
    for name, pixels in (("source", photo(OTHER[target])), ("wrong", photo(target)[:, ::-1])):
        paths[name] = folder / f"{name}-{target}.png"
        cv2.imwrite(str(paths[name]), pixels[..., ::-1])
    swap = swapped(original, paths["source"])
    for i, fault in enumerate(faults):
        part = range(fault.first, fault.last + 1)
        if fault.reason is QaReason.MISSED:
            swap[fault.first : fault.last + 1] = [noisy(original[k], 9000 + k, 1.0) for k in part]
        elif fault.reason is QaReason.LIGHT:
            gain = (1.25, 0.8, 1.3, 0.75)[(i + seed) % 4]
            for k in part:
                x, y = SIZE[0] / 2 + 12 * np.sin(k * 0.07 + seed), SIZE[1] / 2 + 5 * np.sin(k * 0.11 + 2 * seed)
                swap[k] = brighter(swap[k], (x, y), gain)
        elif fault.reason is QaReason.IDENTITY:
            swap[fault.first : fault.last + 1] = swapped([original[k] for k in part], paths["wrong"])
        else:
            swap[fault.first : fault.last + 1] = swapped(talk(target, part, seed, gap=0.1), paths["source"])
    return PlantedClip(original, swap, faults, OTHER[target])


def measured(clip: PlantedClip, beside: bool = True, identity: bool = True) -> list[FaceFigures]:
    embedder = open_embedder() if identity else None
    people = [embedder.embed([(clip.source, photo(clip.source))]).mean] if embedder is not None else []
    template = default_store().catalog.template("arcface_128")
    measuring = FaceMeasuring(networks(), template, embedder, people)
    perceiver = Perceiver(networks(), parse_rules(None, (), 1))
    try:
        original = as_frames(clip.original) if beside else None
        return watch(as_frames(clip.swap), original, perceiver, measuring, lambda: None).figures
    finally:
        perceiver.close()
        measuring.close()


def bounds(identity: bool = True) -> QaBounds:
    embedder = open_embedder() if identity else None
    if embedder is None:
        return QaBounds()
    own = bounds_of(embedder.model.name)
    return QaBounds(identity=own.different, own=own.same)


@dataclass(frozen=True)
class Count:
    """planted, found: faults. clean, false: frames without a fault near, and those of them that are flagged."""

    planted: int
    found: int
    clean: int
    false: int


def count(clip: PlantedClip, found: list[FlaggedSpan]) -> Count:
    caught = sum(
        any(span.reason is fault.reason and span.first <= fault.last and span.last >= fault.first for span in found)
        for fault in clip.faults
    )
    clean = {i for i in range(len(clip.swap)) if not any(fault.near(i, NEAR) for fault in clip.faults)}
    flagged = {frame for span in found for frame in range(span.first, span.last + 1)}
    return Count(len(clip.faults), caught, len(clean), len(clean & flagged))


def many(folder: Path, seeds: int) -> Iterator[tuple[str, int, PlantedClip, list[FaceFigures]]]:
    for target in OTHER:
        for seed in range(seeds):
            clip = planted(target, folder, seed)
            yield target, seed, clip, measured(clip)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for target, seed, clip, figures in many(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 3):
            found = judge(figures, bounds())
            print(target, seed, count(clip, found), flush=True)
            for span in found:
                print("  ", span.reason, span.first, span.last, span.worst)


if __name__ == "__main__":
    main()
