"""Sighting: the faces of frames that are far apart in time, each found anew, with numbers that go on where a face is
about where it was. One thread's stage.

At five frames a second a mesh that is carried on from its last place may slip to a wrong one and stay there; one that
is found anew cannot. Who somebody is, is told by others: a number is a hint.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engines.detector import Detection
from engines.landmarks import Landmarks
from engines.values import Box
from stream.frame import FaceTrack, Frame
from stream.perception import people, tracker
from stream.perception.face_finding import Perception
from stream.perception.occlusion_tracker import OcclusionTracker
from stream.perception.search import FaceSearch
from stream.perception.tracker import Look

NEAR = 1.0  # face widths that a face may have moved since the last frame and keep its number
SIZES = 1.6  # and times that it may have grown or shrunk
OVERLAP = 0.5  # of the smaller box, from which two meshes are one face


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    number: int
    look: Look


class FaceSighting:
    """models: of perception. watch: looks for what lies before faces; without it all are taken to be clear."""

    def __init__(self, models: Perception, watch: OcclusionTracker | None = None) -> None:
        self._search, self._landmarks, self._watch = FaceSearch(models.detector), Landmarks(models.landmarks), watch
        self._known: list[_Known] = []
        self._next = 0

    def restart(self) -> None:
        """The next frame is the first of a piece of its own: nothing of those before is remembered."""
        self._known, self._next = [], 0
        if self._watch is not None:
            self._watch.keep(set())

    def close(self) -> None:
        self._search.close()
        self._landmarks.close()
        if self._watch is not None:
            self._watch.close()

    def __call__(self, frame: Frame) -> tuple[FaceTrack, ...]:
        """Every face that is seen, in the order of the numbers."""
        looks = self._looks(frame, self._search.whole(frame))
        if not looks:
            for found in self._search.at_turns(frame, every=True):
                if looks := self._looks(frame, found):
                    break
        before, self._known = self._known, []
        tracks = [self._numbered(look, before) for look in looks]
        if self._watch is not None:
            self._watch.keep({track.id for track in tracks})
        return tuple(sorted(tracks, key=lambda track: track.id))

    def _looks(self, frame: Frame, found: Iterable[Detection]) -> list[Look]:
        looks: list[Look] = []
        for detection in found:
            if any(people.same(look.face.box, detection.box) for look in looks):
                continue
            look = tracker.begin(self._landmarks, frame, self._search.righted(frame, detection))
            if look is not None and all(_overlap(look.face.box, other.face.box) < OVERLAP for other in looks):
                looks.append(look)
        return looks

    def _numbered(self, look: Look, before: list[_Known]) -> FaceTrack:
        box = look.face.box
        last = min((k for k in before if _moved(k.look.face.box, box) <= NEAR), default=None,
                   key=lambda k: _moved(k.look.face.box, box))  # fmt: skip
        if last is not None:
            before.remove(last)
        else:
            last = _Known(self._next, look)
            self._next += 1
        front = None
        if self._watch is not None:
            look, front = self._watch(last.number, look, None, self._landmarks)
        self._known.append(_Known(last.number, look))
        return FaceTrack(last.number, look.face, None, look.age, look.region, front=front)


def _moved(a: Box, b: Box) -> float:
    """Face widths between two boxes' middles; infinite where their sizes do not go together."""
    grown = max(a.width, b.width) / max(1.0, min(a.width, b.width))
    if grown > SIZES:
        return float("inf")
    (ax, ay), (bx, by) = a.centre, b.centre
    return float(((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5) / max(1.0, a.width)


def _overlap(a: Box, b: Box) -> float:
    """The share of the smaller box that both cover."""
    both = Box(max(a.x0, b.x0), max(a.y0, b.y0), min(a.x1, b.x1), min(a.y1, b.y1))
    shared = both.area if both.width > 0 and both.height > 0 else 0.0
    return shared / max(1.0, min(a.area, b.area))
