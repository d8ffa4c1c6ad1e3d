"""What routing is worth on a clip of which it is known what lies before the face: `auto` and `always-refine` side by
side, frame by frame, on one thread, so that a machine's drift falls on both alike.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from calib.routing import switches
from engines.errors import InputError, ModelError
from engines.occlusion.network import CLASSES, NONE, OPAQUE, TRANSPARENT, WEIGHTS
from engines.values import F32, U8, Box, Rect
from stream.frame import ORDER, Plan, Route, Scene
from stream.jobs.job import SwapJob
from stream.lanes.runtime import settle
from stream.media.source import open_source
from stream.picture import Picture
from stream.pipeline.choices import Device, Routing
from stream.pipeline.pipeline import open_pipeline
from stream.pipeline.spec import SwapSpec
from stream.telemetry.stats import StageTiming, Stats, Table
from tools.bench.file.rescale import rescale
from tools.synth import mixed
from tools.synth.crops import UNSURE

SHOULD = {NONE: Route.FAST, OPAQUE: Route.XSEG, TRANSPARENT: Route.REFINE}
SAME = 99.0  # dB that stand for no difference at all
WARM = 3  # frames: one to meet a face, one to follow it, one more
STRETCH = 1.3  # the face's box, grown by which pictures are compared


@dataclass(frozen=True, slots=True)
class FrameCost:
    """One frame under one routing, from decoded to pasted. seconds: on the wall; cpu: of the processor, all threads,
    which a busy machine does not change."""

    route: Route
    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Tally:
    """right: how many of the frames took the route they should."""

    right: int
    frames: int

    @property
    def share(self) -> float:
        return self.right / self.frames

    @classmethod
    def of(cls, right: Sequence[bool]) -> "Tally":
        return cls(sum(right), len(right))


@dataclass(frozen=True, slots=True)
class RoutingFigures:
    """auto, always: the frames under either routing, in order. truth: what is before the face in each frame, its class
    UNSURE where none is right. alike: PSNR between both pictures around the face, dB, of the transparent frames.
    stages: of `auto`."""

    auto: Sequence[FrameCost]
    always: Sequence[FrameCost]
    truth: mixed.Truth
    alike: Sequence[float]
    stages: Mapping[str, StageTiming]

    @property
    def speedup(self) -> float:
        """Time of always refining over time of routing, the same frames."""
        return _seconds(self.always) / _seconds(self.auto)

    @property
    def speedup_cpu(self) -> float:
        """The same in processor time."""
        return sum(step.cpu for step in self.always) / max(sum(step.cpu for step in self.auto), 1e-9)

    @property
    def speedup_by_cost(self) -> float | None:
        """The same if every frame cost what the refined ones do: always refining spares clear frames most of the work
        too, as a false alarm."""
        refined = [s.seconds for s in self.auto if s.route is Route.REFINE]
        return float(np.mean(refined)) * len(self.auto) / _seconds(self.auto) if refined else None

    @property
    def cpu_by_route(self) -> dict[str, float]:
        """Mean processor time of a frame of `auto`, seconds, by route."""
        found: dict[Route, list[float]] = {}
        for step in self.auto:
            found.setdefault(step.route, []).append(step.cpu)
        return {route.value: float(np.mean(found[route])) for route in ORDER if route in found}

    def _known(self) -> Iterator[tuple[FrameCost, int, str]]:
        """The frames that have a class: the step of `auto`, the class, and what is before the face."""
        for step, kind, name in zip(self.auto, self.truth.kinds, self.truth.things, strict=True):
            if kind != UNSURE:
                yield step, kind, name

    @property
    def by_class(self) -> dict[str, Tally]:
        """How the frames of each class were routed, and all that have a class."""
        right: dict[int, list[bool]] = {}
        for step, kind, _ in self._known():
            right.setdefault(kind, []).append(step.route is SHOULD[kind])
        found = {CLASSES[kind]: Tally.of(right[kind]) for kind in sorted(right)}
        return {**found, "all": Tally.of([r for some in right.values() for r in some])}

    @property
    def by_thing(self) -> dict[str, Tally]:
        """The same by what is before the face, in frames whose class is not `none`."""
        right: dict[str, list[bool]] = {}
        for step, kind, name in self._known():
            if kind != NONE:
                right.setdefault(name, []).append(step.route is SHOULD[kind])
        return {name: Tally.of(some) for name, some in right.items()}

    @property
    def not_shown(self) -> tuple[str, ...]:
        """The things that the clip is too short for: it says nothing of them."""
        return tuple(name for name in (*mixed.SOLID, *mixed.SEEN_THROUGH) if name not in self.by_thing)

    @property
    def lost(self) -> int:
        """Frames that passed untouched though a face was in them: what it shows of itself is the old one's."""
        return sum(step.route is Route.PASS for step, _, _ in self._known())

    @property
    def switches_per_100(self) -> float:
        changes = switches(np.array([ORDER.index(step.route) for step in self.auto]))
        return 100 * changes / len(self.auto)

    @property
    def wanted_switches_per_100(self) -> float:
        """Those that the clip itself makes."""
        return 100 * switches(np.asarray(self.truth.kinds)) / len(self.auto)

    @property
    def table(self) -> Table:
        """The profiler's table of `auto`."""
        stats = Stats()
        for step in self.auto:
            stats.routed(step.route, step.seconds)
        return replace(stats.table(), stages=dict(self.stages), wall=_seconds(self.auto))

    def as_json(self) -> dict[str, object]:
        cost = self.speedup_by_cost
        return {
            "speedup": round(self.speedup, 3),
            "route_accuracy": round(self.by_class["all"].share, 4),
            "switches_per_100": round(self.switches_per_100, 2),
            "routes": {
                route.value: {"count": timing.count, "mean_ms": round(1000 * timing.mean, 3)}
                for route, timing in self.table.routes.items()
            },
            "wanted_switches_per_100": round(self.wanted_switches_per_100, 2),
            "accuracy": {name: round(tally.share, 4) for name, tally in self.by_class.items() if name != "all"},
            "frames": {CLASSES[kind]: self.truth.kinds.count(kind) for kind in SHOULD},
            "by_thing": {name: asdict(tally) for name, tally in self.by_thing.items()},
            "not_shown": list(self.not_shown),
            "frames_lost": self.lost,
            "speedup_cpu": round(self.speedup_cpu, 3),
            "cpu_mean_ms": {
                name: round(1000 * sum(step.cpu for step in steps) / len(steps), 3)
                for name, steps in (("auto", self.auto), ("always-refine", self.always))
            },
            "cpu_by_route_ms": {name: round(1000 * mean, 3) for name, mean in self.cpu_by_route.items()},
            "always_refine_mean_ms": round(1000 * _seconds(self.always) / len(self.always), 3),
            "speedup_by_cost": None if cost is None else round(cost, 3),
            "psnr_transparent": {"mean": round(float(np.mean(self.alike)), 2), "min": round(min(self.alike), 2)}
            if self.alike
            else None,
        }


@dataclass(frozen=True, slots=True)
class RoutingRun:
    """What to measure. height: of the clip that is made from `target`, its shorter side."""

    source: Path
    target: Path
    height: int
    frames: int
    seed: int
    device: Device


def measure(what: RoutingRun) -> RoutingFigures:
    """Makes the mixed clip and takes it through both routings. Raises UnderstudyError."""
    if not WEIGHTS.is_file():
        raise ModelError("the occlusion network is missing, so nothing can be routed; make it with `understudy train`")
    settle()
    with TemporaryDirectory(prefix="understudy-") as folder:
        plain, mix = Path(folder) / "plain.mp4", Path(folder) / "mixed.mp4"
        rescale(what.target, plain, what.height, what.frames)
        job = SwapJob(SwapSpec(((what.source,),), device=what.device, routing=Routing.FAST), str(plain), None)
        truth = mixed.write(plain, mix, meshes(job), what.seed)
        return race(replace(job, target=str(mix)), truth)


def meshes(job: SwapJob) -> list[F32 | None]:
    """In each frame the mesh, (468, 3) pixels, of the face that is to be painted; None where there is none."""
    with open_pipeline(job.spec, lanes=1) as pipeline, open_source(job.target) as source:
        found = [_painted(pipeline.perceive(frame)) for frame in source.frames()]
    if sum(mesh is not None for mesh in found) < 0.9 * len(found):
        raise InputError(f"a face is seen in too few frames of {job.target}; give a clip with one throughout")
    return found


def _painted(scene: Scene) -> F32 | None:
    return next((t.face.mesh for t in scene.tracks if t.source is not None), None)


def race(job: SwapJob, truth: mixed.Truth) -> RoutingFigures:
    """Each frame under both routings, in turns, which of them first by turns as well."""
    modes = (Routing.AUTO, Routing.ALWAYS_REFINE)
    steps: dict[Routing, list[FrameCost]] = {mode: [] for mode in modes}
    stats = {mode: Stats() for mode in modes}
    alike = []
    jobs = {mode: replace(job, spec=replace(job.spec, routing=mode)) for mode in modes}
    _warm(jobs[modes[0]])
    with open_pipeline(jobs[modes[0]].spec, lanes=1) as auto, open_pipeline(jobs[modes[1]].spec, lanes=1) as always:
        pipelines = {modes[0]: auto, modes[1]: always}
        with open_source(job.target) as source:
            for kind, frame in zip(truth.kinds, source.frames(), strict=True):
                pictures: dict[Routing, tuple[Plan, Picture]] = {}
                for mode in modes if frame.index % 2 else reversed(modes):
                    start, cpu = stats[mode].clock(), time.process_time()
                    done = pipelines[mode].process(frame, stats[mode])
                    spent, cpu = stats[mode].clock() - start, time.process_time() - cpu
                    steps[mode].append(FrameCost(done.plan.route, spent, cpu))
                    pictures[mode] = done.plan, done.picture or frame.picture
                if kind == TRANSPARENT:
                    alike.append(likeness(*(pictures[mode] for mode in modes)))
    first, second = (steps[mode] for mode in modes)
    return RoutingFigures(first, second, truth, alike, stats[modes[0]].table().stages)


def _warm(job: SwapJob) -> None:
    """What a process works out once and keeps, it works out here, at nobody's cost: seconds on a busy machine."""
    with open_pipeline(job.spec, lanes=1) as pipeline, open_source(job.target) as source:
        for frame in islice(source.frames(), WARM):
            pipeline.process(frame)


def likeness(first: tuple[Plan, Picture], second: tuple[Plan, Picture]) -> float:
    """PSNR, dB, between two pictures around the faces that either plan paints."""
    boxes = [t.box for plan, _ in (first, second) for t in plan.scene.tracks if t.source is not None]
    if not boxes:
        return SAME
    area = _rect(boxes, first[1])
    return psnr(first[1].rgb(area), second[1].rgb(area))


def _rect(boxes: Sequence[Box], picture: Picture) -> Rect:
    grown = [box.grown(STRETCH) for box in boxes]
    x0, y0 = max(0, int(min(b.x0 for b in grown))), max(0, int(min(b.y0 for b in grown)))
    x1, y1 = (
        min(limit, int(most))
        for limit, most in ((picture.width, max(b.x1 for b in grown)), (picture.height, max(b.y1 for b in grown)))
    )
    return Rect(x0, y0, max(1, x1 - x0), max(1, y1 - y0))


def psnr(a: U8, b: U8) -> float:
    """dB, SAME at most."""
    error = float(np.mean((a.astype(np.float32) - b.astype(np.float32)) ** 2))
    return SAME if error == 0 else min(SAME, float(10 * np.log10(255**2 / error)))


def _seconds(steps: Sequence[FrameCost]) -> float:
    return sum(step.seconds for step in steps)
