"""One session's way of a frame: painted, held, covered; and what the ladder takes away. The painter is the real one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from engines.errors import UnderstudyError
from engines.mesh import texture
from engines.mesh.source import SourceFace
from engines.mesh.topology import CANONICAL
from engines.occlusion.clean_plate import Plate
from engines.occlusion.network import NONE, TRANSPARENT
from engines.values import U8, Face, Region
from stream.frame import Done, FaceOcclusion, FacePatch, FaceTrack, Frame, Plan, Route, Scene
from stream.live.ladder import BLIND, Rung
from stream.live.swap import FollowedFace, LiveSwap, Shown
from stream.painting.mesh_painting import MeshPainting
from stream.painting.painter import Painter
from stream.perception.perceiver import Pace
from stream.perception.tracker import mesh_box
from stream.picture import Picture
from stream.pipeline.choices import OnMiss
from stream.pipeline.control import Change, Control, SourceSet
from stream.pipeline.finish import Finish
from stream.pipeline.guard import HELD_FOR, LINGER
from stream.pixels.label import Label
from stream.route import route
from stream.telemetry.stats import Stats
from tests.engines.mesh.heads import head, picture, plain
from tests.stream.portraits import framed

SIZE, STEP = 320, 40  # pixels; milliseconds between frames
GRAIN = np.random.default_rng(3).integers(-40, 40, (SIZE, SIZE, 1))  # a skin that is known by its grain
RGB: U8 = np.clip(picture(SIZE, SIZE).astype(int) + GRAIN, 0, 255).astype(np.uint8)
LEVELS = tuple(plain((70, 50, 40), texture.SIDE >> i, texture.SIDE >> i) for i in range(4))
MESH = head(12, (160, 160))
FACE = Face(mesh_box(MESH), MESH[[33, 263, 1, 13, 234, 454], :2].copy(), MESH, 0.99)
INSIDE = np.s_[150:170, 150:170]
PAINTED = 15.0  # levels that a painted face differs by


def track(fade: float = 1.0, kind: int = NONE, source: int | None = 0) -> FaceTrack:
    return FaceTrack(1, FACE, source, 5, Region(0, 0, RGB), fade, FaceOcclusion(kind, None, Plate.empty()))


@dataclass
class Script:
    """What is seen, frame by frame. work: seconds that each look takes on `now`, the clock."""

    seen: Callable[[Frame], tuple[FaceTrack, ...]] = lambda _: (track(),)
    work: float = 0.01
    now: list[float] = field(default_factory=lambda: [0.0])
    pace: Pace | None = None
    control: Control = field(default_factory=lambda: Control(SourceSet((SourceFace(LEVELS, CANONICAL),))))


class Scripted:
    """A pipeline whose perception follows a script and whose painter is the real one; keeps what it was asked for."""

    def __init__(self, script: Script, on_miss: OnMiss) -> None:
        self.script, self.painter, self.finish = script, Painter(MeshPainting()), Finish(on_miss)
        self.refined, self.closed = 0, False
        self.plans: list[Plan] = []

    def perceive(self, frame: Frame, pace: Pace | None = None) -> Scene:
        self.script.pace = pace
        self.script.now[0] += self.script.work
        return Scene(frame, self.script.seen(frame), cut=frame.index == 0, control=self.script.control)

    def route(self, scene: Scene) -> Plan:
        return route(scene)

    def paint(self, plan: Plan) -> Done:
        self.plans.append(plan)
        return self.painter(plan)

    def refine(self, done: Done) -> Done:
        self.refined += 1
        return replace(done, patches=tuple(FacePatch(p.track.id, p.patch) for p in done.pending), pending=())

    def update(self, change: Change) -> None:
        assert change.strength is not None
        self.script.control = replace(self.script.control, strength=change.strength)

    def close(self) -> None:
        self.closed = True


@dataclass
class Rig:
    """A swap, its script, and frames at a steady rate."""

    script: Script = field(default_factory=Script)
    on_miss: OnMiss = OnMiss.HOLD
    marks: int = 0

    def __post_init__(self) -> None:
        def mark(image: Picture) -> Picture:
            self.marks += 1
            return image

        self.pipeline = Scripted(self.script, self.on_miss)
        self.swap = LiveSwap(self.pipeline, Stats(lambda: self.script.now[0]), mark=mark)

    @property
    def refined(self) -> int:
        return self.pipeline.refined

    @property
    def routes(self) -> list[Route]:
        return [plan.route for plan in self.pipeline.plans]

    def frame(self, index: int, step: int = STEP) -> Shown:
        self.script.now[0] = max(self.script.now[0], index * step / 1000)
        return self.swap(framed(RGB, index * step, index))

    def run(self, count: int, start: int = 0) -> list[Shown]:
        return [self.frame(i) for i in range(start, start + count)]


def pixels(shown: Shown) -> U8:
    assert shown.picture is not None
    return shown.picture.small(SIZE, SIZE)


def moved(shown: Shown) -> float:
    """How far the middle of the face is from the camera's own."""
    return float(np.abs(pixels(shown)[INSIDE].astype(int) - RGB[INSIDE]).mean())


def grain(shown: Shown) -> float:
    """The share of the face's own grain that can still be seen: 1 in the bare face."""
    own = GRAIN[INSIDE].ravel() - GRAIN[INSIDE].mean()
    here = pixels(shown)[INSIDE].mean(2).ravel()
    return float(own @ (here - here.mean()) / (own @ own))


def test_a_face_is_painted_and_the_rest_keeps_its_bits() -> None:
    shown = Rig().frame(0)
    assert (
        moved(shown) > PAINTED
        and not shown.held
        and (shown.route, shown.rung, shown.faces) == (Route.FAST, Rung.FULL, 1)
    )
    far = np.s_[:40, :]
    assert (pixels(shown)[far] == RGB[far]).all()


def test_nobody_there_passes_untouched() -> None:
    shown = Rig(Script(lambda _: ())).frame(0)
    assert (pixels(shown) == RGB).all() and shown.route is Route.PASS and shown.faces == 0


def test_who_is_not_cast_keeps_the_face() -> None:
    assert (pixels(Rig(Script(lambda _: (track(source=None),))).frame(0)) == RGB).all()


@pytest.mark.parametrize("fade", [0.0, 0.5])
def test_a_face_that_cannot_be_painted_in_full_is_covered(fade: float) -> None:
    shown = Rig(Script(lambda _: (track(fade),))).frame(0)
    assert shown.picture is not None and not shown.held
    assert grain(shown) < 0.6


def test_a_lost_face_is_held_then_covered_then_gone() -> None:
    rig = Rig(Script(lambda f: (track(),) if f.index < 5 else ()))
    for shown in rig.run(60):
        lost = (shown.frame.index - 4) * STEP / 1000
        if lost <= 0:
            assert moved(shown) > PAINTED
        elif lost < HELD_FOR:
            assert shown.held and moved(shown) > PAINTED, "the last picture, which is painted"
        elif lost < LINGER:
            assert not shown.held and grain(shown) < 0.3
        elif lost > LINGER + 0.05:
            assert (pixels(shown) == RGB).all()


def test_a_lost_face_can_be_covered_at_once() -> None:
    rig = Rig(Script(lambda f: (track(),) if f.index < 5 else ()), OnMiss.BLUR)
    shown = rig.run(6)[-1]
    assert not shown.held and grain(shown) < 0.3


def test_something_transparent_is_refined_in_the_same_frame() -> None:
    rig = Rig(Script(lambda _: (track(kind=TRANSPARENT),)))
    shown = rig.frame(0)
    assert (shown.route, rig.refined, rig.routes) == (Route.REFINE, 1, [Route.REFINE])
    assert moved(shown) > PAINTED


def test_every_picture_that_leaves_is_marked_once() -> None:
    rig = Rig(Script(lambda f: (track(),) if f.index < 5 else ()))
    shown = rig.run(10)
    assert rig.marks == sum(not s.held for s in shown) == 5


def test_the_ladder_is_walked_down_as_work_takes_too_long() -> None:
    """Five times a frame's time: first looks, then refinement, then the mask, then pixels, then frames."""
    rig = Rig(Script(lambda _: (track(kind=TRANSPARENT),), work=0.2))
    seen: dict[Rung, list[Shown]] = {}
    for shown in rig.run(130):
        seen.setdefault(shown.rung, []).append(shown)
    assert list(seen) == list(Rung)
    assert {s.route for s in seen[Rung.FULL][:-1]} == {Route.REFINE}
    assert {s.route for s in seen[Rung.CUT][1:-1]} == {Route.XSEG}
    assert {s.route for s in seen[Rung.HALF][1:-1]} == {Route.FAST}
    assert all(moved(s) > PAINTED for shown in seen.values() for s in shown), "never a bare face, on any rung"
    assert rig.script.pace == BLIND, "and what lies before faces is no more looked for, as nobody acts on it"
    last = [s.held for s in seen[Rung.HOLD]]
    assert 0.4 < np.mean(last) < 0.6, "every second frame repeats the last"


def test_the_ladder_is_walked_up_again() -> None:
    script = Script(lambda _: (), work=0.2)
    rig = Rig(script)
    rig.run(40)
    script.work, rung = 0.005, rig.swap.ladder.rung
    start = int(script.now[0] * 1000) // STEP + 1
    assert rung > Rung.SKIP and rig.run(110 * int(rung), start)[-1].rung is Rung.FULL


def test_another_frame_rate_is_another_budget() -> None:
    """Work that is too much at 25 frames a second is not at 5."""
    fast, slow = Rig(Script(lambda _: (), work=0.06)), Rig(Script(lambda _: (), work=0.06))
    assert fast.run(120)[-1].rung > Rung.FULL
    assert [slow.frame(i, 200) for i in range(120)][-1].rung is Rung.FULL


def test_it_closes_what_it_was_given() -> None:
    rig = Rig()
    rig.swap.close()
    assert rig.pipeline.closed


def test_all_faces_of_a_frame_are_painted_in_one_call_each_on_its_own_route() -> None:
    clear, glass = track(), replace(track(kind=TRANSPARENT), id=2)
    rig = Rig(Script(lambda _: (clear, glass)))
    shown = rig.frame(0)
    assert [plan.routes for plan in rig.pipeline.plans] == [(Route.FAST, Route.REFINE)]
    assert (shown.faces, rig.refined) == (2, 1)


def test_the_strength_may_be_changed_between_two_frames_and_uncovers_nobody() -> None:
    rig = Rig()
    whole = moved(rig.frame(0))
    rig.swap.update(Change(strength=0.5))
    half = moved(rig.frame(1))
    assert 0.3 * whole < half < 0.7 * whole, "half of the new face, and no cover"
    rig.swap.update(Change(strength=0.0))
    assert (pixels(rig.frame(2)) == RGB).all(), "wished for, so it is not covered"


def test_every_face_that_is_followed_is_told_with_its_box() -> None:
    left = replace(track(source=None), id=2)
    shown = Rig(Script(lambda _: (track(), left))).frame(0)
    assert shown.seen == (FollowedFace(1, FACE.box, 0), FollowedFace(2, FACE.box, None)) and shown.faces == 1


def test_a_label_is_changed_with_the_rest_or_not_at_all() -> None:
    rig = Rig()
    whole = moved(rig.frame(0))
    with pytest.raises(UnderstudyError, match="no label"):
        rig.swap.update(Change(strength=0.0), Label("Other"))
    assert moved(rig.frame(1)) == pytest.approx(whole, rel=0.1), "the strength was left alone too"
    told: list[Label] = []
    swap = LiveSwap(rig.pipeline, Stats(lambda: 0.0), relabel=told.append)
    swap.update(Change(strength=0.5), Label("Other"))
    swap.update(Change(strength=0.4))
    assert told == [Label("Other")]
