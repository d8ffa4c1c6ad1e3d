"""What is seen in a frame: faces found, followed, told apart and given their sources. One thread's stage.

Detection runs when a shot begins, when somebody is lost, and now and then to notice newcomers; in between faces are
followed by their landmarks alone.
"""

from dataclasses import dataclass, replace

import numpy as np

from engines.detector import Detection, Detector, tiles
from engines.errors import UnderstudyError
from engines.landmarks import Landmarks, roi_from_mesh
from engines.nets.detectors.finder import NetDetector
from engines.values import F32, Box, Rect
from stream.frame import FaceOcclusion, FaceTrack, Frame, Scene
from stream.perception import tracker
from stream.perception.cut import SIZE, CutDetector
from stream.perception.face_finding import Perception
from stream.perception.face_selection import Alike, FaceSelection, Rule
from stream.perception.occlusion_tracker import OcclusionTracker
from stream.perception.reference import ReferenceMatcher
from stream.perception.sweep import Sweep

LOOK = 512  # pixels of the longer side in which BlazeFace looks at a frame
LOOK_EVERY = 0.5  # seconds between looks for newcomers while somebody is followed
SEARCH_EVERY = 0.1  # while nobody is followed
TILES_EVERY = 1.0  # seconds that a look for small faces takes, spread over the frames
FILLS = 1.1  # tiles; a mesh higher than this is that of a face that none of them could hold
REMEMBER = 2.0  # seconds that a lost person keeps the number
NEAR = 3.0  # side of the closer look at where a face was lost, in faces
OWN = 0.15  # how much better a portrait must fit to prove the older track wrong
YOUNG = 0.5  # seconds in which a newcomer may turn out to be somebody known
ALIKE = 0.55  # correlation of portraits above which it is the same person


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, seconds between looks: for newcomers while somebody is followed, while nobody is, and (spread
    over the frames) for small faces. fronts: whether to look for what lies before faces, which costs most where
    something does."""

    look: float = LOOK_EVERY
    search: float = SEARCH_EVERY
    tiles: float = TILES_EVERY
    fronts: bool = True


@dataclass(slots=True)
class _Person:
    id: int
    look: tracker.Look
    met: float  # when the number was given, seconds
    lost: float | None = None  # since when, seconds
    front: FaceOcclusion | None = None


class Perceiver:
    """Call it with frames in order. watch: looks for what lies before the faces that are to be painted; without it all
    are taken to be clear. likeness: compares faces with reference photos, for rules that have one. finder: a heavier
    detector, in the place of BlazeFace."""

    def __init__(
        self,
        models: Perception,
        rules: tuple[Rule, ...],
        most: int = 16,
        watch: OcclusionTracker | None = None,
        likeness: ReferenceMatcher | None = None,
        finder: NetDetector | None = None,
    ) -> None:
        self._pace, self._watch = Pace(), watch
        self._likeness: ReferenceMatcher | None = None
        self.choose(rules, likeness)
        self._detector = finder or Detector(models.detector)
        self._side, self._landmarks = finder.side if finder else LOOK, Landmarks(models.landmarks)
        self._most = most
        self._people: list[_Person] = []
        self._next = 0
        self._cut = CutDetector()
        self._sweep = Sweep()
        self._now = self._looked = -1e9

    def choose(self, rules: tuple[Rule, ...], likeness: ReferenceMatcher | None = None) -> None:
        """From the next frame on sources go by these rules. Raises UnderstudyError for a rule with a reference photo
        and nothing to compare faces with."""
        if likeness is None and any(rule.who.kind == "reference" for rule in rules):
            raise UnderstudyError("reference:PHOTO is not to be had here; choose the face by another word")
        if self._likeness is not None:
            self._likeness.close()
        self._casting, self._likeness = FaceSelection(rules), likeness

    def watch(self, watch: OcclusionTracker | None) -> None:
        """From the next frame on this looks for what lies before faces; None: nobody does."""
        if self._watch is not None and self._watch is not watch:
            self._watch.close()
        self._watch = watch

    def close(self) -> None:
        self._detector.close()
        self._landmarks.close()
        if self._watch is not None:
            self._watch.close()
        if self._likeness is not None:
            self._likeness.close()

    def __call__(self, frame: Frame, pace: Pace | None = None) -> Scene:
        """pace: how often to look, as the time at hand allows; None for the usual one."""
        now = frame.seconds
        self._pace = pace or Pace()
        cut = self._cut(frame.picture.small(*SIZE), frame.picture.origin)
        cut = cut or now < self._now - 1  # time went back: a new stream
        self._now = now
        if cut:
            self._people = []
            self._casting.forget(set())
            if self._watch is not None:
                self._watch.keep(set())
            if self._likeness is not None:
                self._likeness.keep(set())
            self._looked = -1e9
            self._sweep.restart()
        befores = {p.id: p.look for p in self._people}
        self._follow(frame, now)
        seen = [p for p in self._people if p.lost is None]
        wait = self._pace.look if seen and all(p.lost is None for p in self._people) else self._pace.search
        if now - self._looked >= wait or now < self._looked:
            self._meet(frame, self._detect(frame))
            self._looked = now
        self._meet(frame, self._detect_small(frame, now))
        self._meet(frame, self._near(frame))
        self._rejoin(now)
        self._people = [p for p in self._people if p.lost is None or now - p.lost < REMEMBER]
        self._casting.forget({p.id for p in self._people})
        cast = self._casting.assign({p.id: p.look.face.box for p in self._people}, self._compare())
        self._look_before(cast, befores)
        return Scene(frame, self._tracks(cast), cut)

    def _look_before(self, cast: dict[int, int], befores: dict[int, tracker.Look]) -> None:
        """What lies before the faces that are to be painted; their meshes are set right where something does."""
        if self._watch is None:
            for p in self._people:
                p.front = None
            return
        for p in self._people:
            if not self._pace.fronts:
                p.front = None  # nobody acts on it; plates are kept
            elif p.lost is None and p.id in cast:
                p.look, p.front = self._watch(p.id, p.look, befores.get(p.id), self._landmarks)
        self._watch.keep({p.id for p in self._people})

    def _compare(self) -> Alike | None:
        """Who is like the reference photos."""
        if self._likeness is None:
            return None
        self._likeness.keep({p.id for p in self._people})
        return self._likeness({p.id: p.look for p in self._people if p.lost is None})

    def _follow(self, frame: Frame, now: float) -> None:
        for person in self._people:
            if person.lost is not None:
                continue
            look = tracker.follow(self._landmarks, frame, person.look)
            if look is None:
                person.lost = now
                self._looked = -1e9  # look at once
            else:
                person.look = look
        here = sorted((p for p in self._people if p.lost is None), key=lambda p: -p.look.age)
        for i, person in enumerate(here):
            for older in here[:i]:
                both = person.lost is None and older.lost is None
                if both and older.look.face.box.iou(person.look.face.box) > 0.6:
                    _stranger(older, person).lost = now

    def _meet(self, frame: Frame, found: list[Detection]) -> None:
        for detection in found:
            here = [p for p in self._people if p.lost is None]
            if len(here) >= self._most or any(_same(p.look.face.box, detection.box) for p in here):
                continue
            look = tracker.begin(self._landmarks, frame, detection)
            if look is None or any(_same(p.look.face.box, look.face.box) for p in here):
                continue
            known = self._recognise(look)
            if known is not None:
                was = known.look
                known.look, known.lost = replace(look, age=was.age + 1, portrait=was.portrait), None
            else:
                self._people.append(_Person(self._next, look, frame.seconds))
                self._next += 1

    def _detect(self, frame: Frame) -> list[Detection]:
        picture = frame.picture
        longer = max(picture.width, picture.height)
        scale = min(1.0, self._side / longer)
        small = picture.small(max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        k = np.float32(1 / scale)
        found = [
            Detection(Box(*(float(v / scale) for v in (d.box.x0, d.box.y0, d.box.x1, d.box.y1))), d.points * k, d.score)
            for d in self._detector.whole(small)
        ]
        return sorted(found, key=lambda d: -d.box.area)

    def _detect_small(self, frame: Frame, now: float) -> list[Detection]:
        """Faces that the whole picture shows too small, in the tiles whose turn it is."""
        picture = frame.picture
        size = (picture.width, picture.height)
        tile = max(160, max(size) // 6)  # a face of a 48th of the picture is 16 pixels to the network
        seen = {p.id: p.look.face.box for p in self._people if p.lost is None}
        wanted = not (self._casting.settled(set(seen)) or self._casting.beyond(seen.values(), FILLS * tile))
        count = len(tiles(size, tile)) if wanted and max(size) > tile else 0
        turn = self._sweep(now, count, self._pace.tiles, wanted)
        if not turn:
            return []
        found = self._detector.tiled(size, tile, lambda x, y, side: picture.rgb(Rect(x, y, side, side)), turn)
        return sorted(found, key=lambda d: -d.box.area)

    def _rejoin(self, now: float) -> None:
        """Who came back half hidden was taken for somebody new: once they are recognised, the old number holds."""
        for new in [p for p in self._people if p.lost is None and now - p.met < YOUNG]:
            known = self._recognise(replace(new.look, portrait=_portrait(new.look)))
            if known is not None and known.met < new.met:
                known.look, known.lost = replace(new.look, portrait=known.look.portrait), None
                self._people.remove(new)

    def _near(self, frame: Frame) -> list[Detection]:
        """A closer look, every frame, at where somebody was lost: the whole picture shows small faces too small."""
        found = []
        for person in self._people:
            if person.lost is None:
                continue
            box = person.look.face.box
            x, y, half = *map(round, box.centre), round(NEAR * max(box.width, box.height) / 2)
            for d in self._detector.whole(frame.picture.rgb(Rect(x - half, y - half, 2 * half, 2 * half))):
                b, shift = d.box, np.array([x - half, y - half], np.float32)
                moved = Box(b.x0 + x - half, b.y0 + y - half, b.x1 + x - half, b.y1 + y - half)
                found.append(Detection(moved, d.points + shift, d.score))
        return found

    def _recognise(self, look: tracker.Look) -> _Person | None:
        lost = [p for p in self._people if p.lost is not None]
        if not lost:
            return None

        def likeness(p: _Person) -> float:
            a, b = p.look.face.box, look.face.box
            apart = np.hypot(a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]) / max(a.width, 1.0)
            return float(p.look.portrait @ look.portrait) - 0.08 * min(float(apart), 5.0)

        best = max(lost, key=likeness)
        return best if likeness(best) > ALIKE else None

    def _tracks(self, cast: dict[int, int]) -> tuple[FaceTrack, ...]:
        return tuple(
            FaceTrack(p.id, p.look.face, cast.get(p.id), p.look.age, p.look.region, front=p.front)
            for p in self._people
            if p.lost is None
        )


def _same(a: Box, b: Box) -> bool:
    """Do two boxes, of a detector and of a mesh perhaps, mean one face?"""
    x, y = b.centre
    inside = a.x0 < x < a.x1 and a.y0 < y < a.y1
    return a.iou(b) > 0.3 or (inside and 0.25 < b.area / max(a.area, 1.0) < 4)


def _portrait(look: tracker.Look) -> F32:
    """As the face looks in this very frame."""
    return tracker.portrait(look.region, roi_from_mesh(look.face.mesh))


def _stranger(older: _Person, newer: _Person) -> _Person:
    """Of two tracks on one face, the one whose face it is not; the newer where both may be."""
    face = _portrait(newer.look)
    return older if newer.look.portrait @ face > older.look.portrait @ face + OWN else newer
