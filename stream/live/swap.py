"""LiveSwap: one frame of one session, from decoded to painted. One thread's function, with the session's own state.

Knows the pipeline, the guard and the ladder. Knows nothing of threads, peers or encoders.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from engines.errors import UnderstudyError
from engines.values import Box, Region
from stream.frame import Done, FacePatch, Frame, Plan, Route, Scene
from stream.live.ladder import Ladder, Rung
from stream.perception.perceiver import Pace
from stream.picture import Picture
from stream.pipeline.control import Change
from stream.pipeline.cover import doubled, halved
from stream.pipeline.finish import wanted
from stream.pixels.label import Label
from stream.telemetry.stats import Stats

Hook = Callable[[Picture], Picture]


class Steps(Protocol):
    """The steps of a `Pipeline`, one by one."""

    def perceive(self, frame: Frame, pace: Pace | None = None) -> Scene: ...
    def route(self, scene: Scene) -> Plan: ...
    def paint(self, plan: Plan) -> Done: ...
    def refine(self, done: Done) -> Done: ...
    def finish(self, done: Done) -> Done: ...
    def update(self, change: Change) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class FollowedFace:
    """A face as a frame showed it. id: of its track. box: pixels of the picture. source: which source it takes, from 0;
    None where it is left alone."""

    id: int
    box: Box
    source: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What leaves. picture: None while nothing can be shown. held: the last picture again. route: how it was made.
    faces: how many were to be painted. seen: every face that was followed."""

    frame: Frame
    picture: Picture | None
    held: bool
    route: Route
    rung: Rung
    faces: int = 0
    seen: tuple[FollowedFace, ...] = ()


class LiveSwap:
    """Call it with frames in order, on one thread. Faces behind something transparent are refined at once: that takes
    no longer than the cut along something opaque (veils) or twice that (glass), and the ladder does without it when
    time is short. mark: applied to every picture that leaves (label, watermark). relabel: changes the label that it
    lays; None where there is none."""

    def __init__(
        self,
        pipeline: Steps,
        stats: Stats,
        *,
        mark: Hook = lambda picture: picture,
        relabel: Callable[[Label], object] | None = None,
    ) -> None:
        self.ladder = Ladder()
        self._relabel = relabel
        self._pipeline, self._mark = pipeline, mark
        self._stats = stats
        self._last: Picture | None = None
        self._before: Frame | None = None
        self._interval, self._turn = 1 / 30, 0

    def __call__(self, frame: Frame) -> Shown:
        began = self._stats.clock()
        before, self._before = self._before, frame
        if before is not None and 0 < frame.seconds - before.seconds < 0.5:
            self._interval += 0.1 * (frame.seconds - before.seconds - self._interval)
        measures = self.ladder.measures
        self._turn = (self._turn + 1) % measures.every
        if self._turn:
            return self._show(frame, None, Route.PASS, 0)
        with self._stats.time("perceive"):
            scene = self._pipeline.perceive(frame, measures.pace)
        plan = self._pipeline.route(scene).limited(measures.costliest)
        with self._stats.time("paint"):
            done = self._painted(plan, measures.half)
        with self._stats.time("paste"):
            picture = self._pipeline.finish(done).picture
        seen = tuple(FollowedFace(track.id, track.box, track.source) for track in scene.tracks)
        shown = self._show(frame, picture, plan.route, len(wanted(scene)), seen)
        work = self._stats.clock() - began
        self._stats.routed(plan.route, work)
        self.ladder.step(work, self._interval, began + work)
        return shown

    def update(self, change: Change, label: Label | None = None) -> None:
        """Between two frames; from any thread. label: in the place of the one that is laid. Raises UnderstudyError, and
        then nothing has changed."""
        if label is not None and self._relabel is None:
            raise UnderstudyError("this stream has no label to be changed; start it without --no-label")
        self._pipeline.update(change)
        if label is not None and self._relabel is not None:
            self._relabel(label)

    def close(self) -> None:
        self._pipeline.close()

    def _painted(self, plan: Plan, half: bool) -> Done:
        """All faces in one call, and nothing pending. half: at half the resolution."""
        scene = plan.scene
        if half:
            plan = replace(plan, scene=replace(scene, tracks=tuple(halved(track) for track in scene.tracks)))
        done = self._pipeline.paint(plan)
        if done.pending:
            with self._stats.time("refine"):
                done = self._pipeline.refine(done)
        if not half:
            return done
        full = {track.id: track for track in scene.tracks}
        small = {track.id for track in plan.scene.tracks if track is not full[track.id]}
        patches = tuple(_enlarged(p, full[p.track].region) if p.track in small else p for p in done.patches)
        return replace(done, plan=replace(plan, scene=scene), patches=patches)

    def _show(
        self, frame: Frame, picture: Picture | None, route: Route, faces: int, seen: tuple[FollowedFace, ...] = ()
    ) -> Shown:
        held = picture is None
        if picture is not None:
            self._last = self._mark(picture)
        return Shown(frame, self._last, held, route, self.ladder.rung, faces, seen)


def _enlarged(laid: FacePatch, region: Region | None) -> FacePatch:
    assert region is not None, "only a region is halved"
    return replace(laid, patch=doubled(laid.patch, region))
