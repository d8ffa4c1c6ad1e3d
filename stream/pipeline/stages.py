"""Stages: the functions that a frame meets between decoder and encoder, in their order. Tied by a journey for files, by
a live swap for one frame after another.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from engines.errors import UnderstudyError
from stream.frame import Done, Frame, Plan, Scene
from stream.pipeline.misses import MissLog
from stream.pipeline.spec import SwapSpec
from stream.telemetry.stats import Stats

Paint = Callable[[Plan], Done]


def refuse(done: Done) -> Done:
    """For stages without refinement: nothing may be pending there."""
    if done.pending:
        raise UnderstudyError("a frame waits for refinement, but nothing refines here; use --routing xseg")
    return done


def paste(done: Done) -> Done:
    """Lays the patches over the frame's own planes, of which the others stay as they are, bit for bit."""
    picture = done.frame.picture
    patches = tuple(laid.patch for laid in done.patches)
    return replace(done, picture=picture.pasted(patches) if patches else picture)


@dataclass(frozen=True, slots=True)
class Stages:
    """paints: several paint several frames at once, each on a thread of its own. The others run on one thread each.
    finish: sees the frames in order; a frame that comes back without a picture shows the last one again, which is
    kept for that where keeps_last is set."""

    perceive: Callable[[Frame], Scene]
    route: Callable[[Scene], Plan]
    paints: tuple[Paint, ...]
    refine: Callable[[Done], Done] = refuse
    paste: Callable[[Done], Done] = paste
    finish: Callable[[Done], Done] = lambda done: done
    keeps_last: bool = False


def through(stages: Stages, frame: Frame, stats: Stats | None = None) -> Done:
    """One frame through all stages, on this thread; its picture laid. stats: gets each stage's time and the route's."""
    stats = stats or Stats()
    with stats.time("perceive"):
        scene = stages.perceive(frame)
    with stats.time("route"):
        plan = stages.route(scene)
    start = stats.clock()
    with stats.time("paint"):
        done = stages.paints[0](plan)
    if done.pending:
        with stats.time("refine"):
            done = stages.refine(done)
    stats.routed(plan.route, stats.clock() - start)
    with stats.time("paste"):
        return stages.finish(stages.paste(done))


class Opened(Protocol):
    """What a job needs of a pipeline. notes: one sentence each, for the user. files: of all networks that were opened,
    by name; they may grow while it runs. misses: of the frames so far."""

    @property
    def stages(self) -> Stages: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def files(self) -> Mapping[str, Path]: ...
    @property
    def misses(self) -> MissLog: ...


Opener = Callable[[SwapSpec], AbstractContextManager[Opened]]
