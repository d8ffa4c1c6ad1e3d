"""LiveSwap: one frame of one session, from decoded to painted. One thread's function, with the session's own state.

Knows the order of the stages, the guard and the ladder. Knows nothing of threads, peers or encoders.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from engines.values import Patch
from stream.frame import Done, FaceTrack, Frame, Plan, Route, Scene
from stream.live.cover import cover, doubled, halved
from stream.live.guard import Guard, Seen, When
from stream.live.ladder import Ladder, Rung
from stream.painting.painter import hold
from stream.painting.refinement import refuse
from stream.perception.perceiver import Perceiver
from stream.picture import Picture
from stream.route import ORDER
from stream.telemetry.stats import Stats

Hook = Callable[[Picture], Picture]


@dataclass(frozen=True, slots=True)
class Shown:
    """What leaves. picture: None while nothing can be shown. held: the last picture again. route: how it was made."""

    frame: Frame
    picture: Picture | None
    held: bool
    route: Route
    rung: Rung
    faces: int = 0


class LiveSwap:
    """Call it with frames in order, on one thread. refine: lays a swapped face beneath what the painter left pending;
    at once, for it takes no longer than the cut along something opaque (veils) or twice that (glass), and the ladder
    does without it when time is short. mark: applied to every picture that leaves (label, watermark)."""

    def __init__(
        self,
        perceive: Perceiver,
        paint: Callable[[Plan], Done],
        route: Callable[[Scene], Plan],
        stats: Stats,
        *,
        refine: Callable[[Done], Done] = refuse,
        mark: Hook = lambda picture: picture,
        when: When = When.HOLD,
    ) -> None:
        self.ladder = Ladder()
        self._perceive, self._paint, self._refine = perceive, paint, refine
        self._route, self._mark = route, mark
        self._stats, self._guard = stats, Guard(when)
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
        self._perceive.pace = measures.pace
        with self._stats.time("perceive"):
            scene = self._perceive(frame)
        plan = self._route(scene)
        plan = replace(plan, route=min(plan.route, measures.dearest, key=ORDER.index))
        with self._stats.time("paint"):
            picture, faces = self._painted(plan, measures.half)
        shown = self._show(frame, picture, plan.route, faces)
        work = self._stats.clock() - began
        self._stats.routed(plan.route, work)
        self.ladder.step(work, self._interval, began + work)
        return shown

    def close(self) -> None:
        self._perceive.close()

    def _painted(self, plan: Plan, half: bool) -> tuple[Picture | None, int]:
        """The picture with its faces painted or covered; None to hold the last one."""
        scene = plan.scene
        wanted = [t for t in scene.tracks if t.source is not None]
        laid = [self._face(plan, t, half) for t in wanted]
        seen = tuple(
            Seen(t.id, t.box, 0.0 if p is None else t.fade * hold(t.face.mesh))
            for t, p in zip(wanted, laid, strict=True)
        )
        frame = scene.frame
        verdict = self._guard.judge(seen, frame.seconds, scene.cut)
        if verdict.hold:
            return None, len(wanted)
        covers = (cover(frame.picture, box) for box in verdict.covers)
        patches = (*(c for c in covers if c is not None), *(p for p in laid if p is not None))
        with self._stats.time("paste"):
            return frame.picture.pasted(patches) if patches else frame.picture, len(wanted)

    def _face(self, plan: Plan, track: FaceTrack, half: bool) -> Patch | None:
        """One face's patch, painted apart so that it is known whose it is."""
        small = halved(track) if half else track
        scene = replace(plan.scene, tracks=(small,))
        done = self._paint(replace(plan, scene=scene))
        if done.pending:
            with self._stats.time("refine"):
                done = self._refine(done)
        patches = done.patches
        if not patches:
            return None
        if small is track or track.region is None:
            return patches[0]
        return doubled(patches[0], track.region)

    def _show(self, frame: Frame, picture: Picture | None, route: Route, faces: int) -> Shown:
        held = picture is None
        if picture is not None:
            self._last = self._mark(picture)
        return Shown(frame, self._last, held, route, self.ladder.rung, faces)
