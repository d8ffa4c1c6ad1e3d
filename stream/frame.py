"""Frame and the other values of one frame's journey. Time is an integer `pts` with a `Fraction` time base."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction

from engines.occlusion.clean_plate import Placed, Plate
from engines.occlusion.network import Occlusion
from engines.values import Box, Face, Patch, Region
from stream.painting.occluder import Occluder
from stream.picture import Picture
from stream.pipeline.control import Control


class Route(StrEnum):
    """Where a frame goes: untouched, straight swap, swap with an occlusion mask, swap under something transparent. In
    the order of their cost."""

    PASS = "pass"
    FAST = "fast"
    XSEG = "xseg"
    REFINE = "refine"


ORDER = tuple(Route)


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame.

    index: 0, 1, 2 ... in display order. pts: in units of time_base seconds. picture: the decoded planes, read-only.
    born: clock reading (seconds) when it was decoded, for latency.
    """

    index: int
    pts: int
    time_base: Fraction
    picture: Picture
    born: float

    @property
    def seconds(self) -> float:
        """For display and filters only; the muxer gets the integer pts."""
        return float(self.pts * self.time_base)


@dataclass(frozen=True, slots=True)
class FaceOcclusion:
    """What lies before a face, as one frame shows it. kind: the class to act on, NONE, OPAQUE or TRANSPARENT of
    `engines.occlusion.network`. seen: the network's maps, None where it was not asked in this frame. plate: the
    person's own clean face so far. at: where the face's pixels lie in it, None where nobody needed to know."""

    kind: int
    seen: Occlusion | None
    plate: Plate
    at: Placed | None = None


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One person's face over time, as of one frame. id: stable over short losses. source: which source face it takes
    (index into the job's sources), None where it is to be left alone. age: frames since the track began. region: the
    picture around the face, read once for all stages. fade: 0 to 1, how much of the swap is shown (tracks fade in and
    out where the mesh no longer holds). front: what lies before the face, None where nobody has looked."""

    id: int
    face: Face
    source: int | None = None
    age: int = 0
    region: Region | None = None
    fade: float = 1.0
    front: FaceOcclusion | None = None

    @property
    def box(self) -> Box:
        return self.face.box


@dataclass(frozen=True, slots=True)
class LostTrack:
    """A face that is to be replaced, is known, and is not seen in this frame. box: where it was last. source: which
    source face it takes. since: the seconds of the first frame without it."""

    id: int
    box: Box
    source: int
    since: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What is seen in a frame. cut: this frame begins a new shot. control: what was wanted when the frame was taken up;
    every later stage acts on it, so that a change never falls between two stages of one frame. lost: faces that should
    be painted and are not seen for the moment; a track is given up some seconds later, and at a cut. unfollowed: most
    faces at once, so far, that could have got a source and were beyond as many as are followed."""

    frame: Frame
    tracks: tuple[FaceTrack, ...] = ()
    cut: bool = False
    control: Control = field(default_factory=Control)
    lost: tuple[LostTrack, ...] = ()
    unfollowed: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with a scene. routes: one for each of its tracks, in their order."""

    scene: Scene
    routes: tuple[Route, ...] = ()

    def __post_init__(self) -> None:
        if len(self.routes) != len(self.scene.tracks):
            raise ValueError(f"{len(self.scene.tracks)} tracks and {len(self.routes)} routes")

    @property
    def route(self) -> Route:
        """That of the hardest face; PASS where there is nobody to be painted."""
        return max(self.routes, key=ORDER.index, default=Route.PASS)

    def limited(self, costliest: Route) -> "Plan":
        """The same plan with no route that costs more than `costliest`."""
        return replace(self, routes=tuple(min(route, costliest, key=ORDER.index) for route in self.routes))


@dataclass(frozen=True, slots=True)
class Pending:
    """A swapped face that the refinement lane has yet to lay beneath what is before it. before: what was gathered of
    that for painting, if it was."""

    track: FaceTrack
    patch: Patch
    before: Occluder | None = None
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class FacePatch:
    """What was painted for one face. track: its number. opacity: 0 to 1, how much of the face the paint hides where the
    blend mask is full."""

    track: int
    patch: Patch
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Done:
    """What came out. patches: to be laid over the frame's own planes, in this order (none: the frame passes as it is).
    pending: faces that are still to be refined; none once a frame leaves. picture: with the patches laid, None before
    that."""

    plan: Plan
    patches: tuple[FacePatch, ...] = ()
    pending: tuple[Pending, ...] = ()
    picture: Picture | None = None

    @property
    def frame(self) -> Frame:
        return self.plan.scene.frame
