"""Stages of a journey that need no network: someone at a known place, painted in one colour, some through the lane."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engines.values import Box, Face, Patch
from stream.frame import Done, FacePatch, FaceTrack, Frame, Pending, Plan, Route, Scene
from stream.pipeline.choices import OnMiss
from stream.pipeline.finish import Finish
from stream.pipeline.misses import MissLog
from stream.pipeline.spec import SwapSpec
from stream.pipeline.stages import Opener, Stages

COLOUR = (200, 30, 60)
PLACE = (8, 16, 24, 20)  # x, y, width, height of the patch
SOMEBODY = Face(Box(8, 16, 32, 36), np.zeros((6, 2), np.float32), np.zeros((468, 3), np.float32), 1.0)


@dataclass(frozen=True)
class Known:
    """In the place of a pipeline."""

    stages: Stages
    notes: tuple[str, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    misses: MissLog = field(default_factory=MissLog)

    @property
    def opener(self) -> Opener:
        @contextmanager
        def open_(_: SwapSpec) -> Iterator["Known"]:
            yield self

        return open_

    def painting(self, paint: Callable[[Plan], Done]) -> "Known":
        return replace(self, stages=replace(self.stages, paints=(paint,)))


def patch() -> Patch:
    x, y, w, h = PLACE
    return Patch(x, y, np.full((h, w, 3), COLOUR, np.uint8), np.ones((h, w), np.float32))


def stages(route: Callable[[int], Route] = lambda _: Route.FAST, notes: tuple[str, ...] = ()) -> Known:
    """route: of the frame with an index. REFINE leaves the patch pending."""

    def perceive(frame: Frame) -> Scene:
        track = FaceTrack(1, SOMEBODY, 0)
        return Scene(frame, () if route(frame.index) is Route.PASS else (track,))

    def way(scene: Scene) -> Plan:
        return Plan(scene, (route(scene.frame.index),) * len(scene.tracks))

    def paint(plan: Plan) -> Done:
        if plan.route is Route.PASS:
            return Done(plan)
        if plan.route is Route.REFINE:
            return Done(plan, (), (Pending(plan.scene.tracks[0], patch()),))
        return Done(plan, (FacePatch(1, patch()),))

    def refine(done: Done) -> Done:
        laid = tuple(FacePatch(p.track.id, p.patch) for p in done.pending)
        return replace(done, patches=(*done.patches, *laid), pending=())

    finish = Finish(OnMiss.SHOW)
    return Known(Stages(perceive, way, (paint,), refine, finish=finish), notes, misses=finish.misses)


@contextmanager
def fresh(_: SwapSpec) -> Iterator[Known]:
    """An `Opener` of a pipeline of its own for every file."""
    yield stages()
