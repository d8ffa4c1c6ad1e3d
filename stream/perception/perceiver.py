"""What is seen in a frame: faces found, followed, told apart and given their sources. One thread's stage.

Detection runs when a shot begins, when somebody is lost, and now and then to notice newcomers; in between faces are
followed by their landmarks alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engines.detector import Detection
from engines.errors import UnderstudyError
from engines.landmarks import Landmarks
from engines.nets.detectors.finder import NetDetector
from engines.upright import askew, roll
from stream.frame import FaceTrack, Frame, LostTrack, Scene
from stream.perception import people, tracker
from stream.perception.appearance import Appearance, ColourAppearance
from stream.perception.cut import SIZE, CutDetector
from stream.perception.face_finding import Perception
from stream.perception.face_selection import Alike, FaceSelection, Rule
from stream.perception.memory import ActorMemory
from stream.perception.occlusion_tracker import OcclusionTracker
from stream.perception.people import TrackedPerson
from stream.perception.reference import ReferenceMatcher
from stream.perception.search import FaceSearch

LOOK_EVERY = 0.5  # seconds between looks for newcomers while somebody is followed
SEARCH_EVERY = 0.1  # while nobody is followed
TILES_EVERY = 1.0  # seconds that a look for small faces takes, spread over the frames
FILLS = 1.1  # tiles; a mesh higher than this is that of a face that none of them could hold
REMEMBER = 2.0  # seconds that a lost person keeps the number
BEHIND = 5.0  # the same for one whose face is known to be behind something
TURNED_EVERY = 0.3  # seconds between looks at the picture turned, while nobody is seen
CERTAIN = 0.75  # score of a detection that counts among those that are not followed: walls reach .7
YOUNG = 0.5  # seconds in which a newcomer may turn out to be somebody known
MOST = 64  # faces that are followed at once


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, seconds between looks: for newcomers while somebody is followed, while nobody is, and (spread
    over the frames) for small faces. fronts: whether to look for what lies before faces, which costs most where
    something does."""

    look: float = LOOK_EVERY
    search: float = SEARCH_EVERY
    tiles: float = TILES_EVERY
    fronts: bool = True


class Perceiver:
    """Call it with frames in order. most: faces that are followed at once; `unfollowed` counts those beyond. watch:
    looks for what lies before the faces that are to be painted; without it all are taken to be clear. likeness:
    compares faces with reference photos, for rules that have one. finder: a heavier detector, in the place of
    BlazeFace. appearance: knows people again after a cut, for rules that say who is meant by place or size: a source
    stays with who took it."""

    def __init__(
        self,
        models: Perception,
        rules: tuple[Rule, ...],
        most: int = MOST,
        watch: OcclusionTracker | None = None,
        likeness: ReferenceMatcher | None = None,
        finder: NetDetector | None = None,
        appearance: Appearance | None = None,
    ) -> None:
        self._pace, self._watch, self._appearance = Pace(), watch, appearance or ColourAppearance()
        self._likeness: ReferenceMatcher | None = None
        self.choose(rules, likeness)
        self._search, self._landmarks = FaceSearch(models.detector, finder), Landmarks(models.landmarks)
        self._most = most
        self._people: list[TrackedPerson] = []
        self._next = self._beyond = 0
        self._cut = CutDetector()
        self._now = self._looked = self._turned = -1e9

    def choose(self, rules: tuple[Rule, ...], likeness: ReferenceMatcher | None = None) -> None:
        """From the next frame on sources go by these rules. Raises UnderstudyError for a rule with a reference photo
        and nothing to compare faces with."""
        if likeness is None and any(rule.who.kind == "reference" for rule in rules):
            raise UnderstudyError("reference:PHOTO is not to be had here; choose the face by another word")
        if self._likeness is not None:
            self._likeness.close()
        self._selection, self._likeness = FaceSelection(rules), likeness
        self._memory = ActorMemory(self._appearance) if self._selection.kept else None

    def watch(self, watch: OcclusionTracker | None) -> None:
        """From the next frame on this looks for what lies before faces; None: nobody does."""
        if self._watch is not None and self._watch is not watch:
            self._watch.close()
        self._watch = watch

    @property
    def unfollowed(self) -> int:
        """How many faces at once were seen, at most, that could have got a source and were not followed, for as many as
        `most` were. Certain detections only; no network measured them further."""
        return self._beyond

    def close(self) -> None:
        self._search.close()
        self._landmarks.close()
        if self._watch is not None:
            self._watch.close()
        if self._likeness is not None:
            self._likeness.close()

    def __call__(self, frame: Frame, pace: Pace | None = None) -> Scene:
        """pace: how often to look, as the time at hand allows; None for the usual one."""
        now = frame.seconds
        self._pace = pace or Pace()
        cut = self._begins(frame)
        if cut:
            self._forget()
        befores = {p.id: p.look for p in self._people}
        self._follow(frame, now)
        beyond = self._look(frame, cut)
        self._rejoin(now)
        self._people = [p for p in self._people if p.lost is None or now - p.lost < (BEHIND if p.behind else REMEMBER)]
        self._selection.forget({p.id for p in self._people})
        recalled = self._memory.recall(frame, self._people) if self._memory else None
        sources = self._selection.assign({p.id: p.box for p in self._people}, self._compare(), recalled)
        if beyond > self._beyond and not self._selection.settled({p.id for p in people.here(self._people)}):
            self._beyond = beyond
        self._look_before(sources, befores)
        if self._memory is not None:
            self._memory.note(frame, self._people, self._selection.assigned)
        return Scene(frame, self._tracks(sources), cut, lost=self._lost(sources), unfollowed=self._beyond)

    def _begins(self, frame: Frame) -> bool:
        """Whether the frame begins a new shot, or another stream: time went back."""
        cut = self._cut(frame.picture.small(*SIZE), frame.picture.origin) or frame.seconds < self._now - 1
        self._now = frame.seconds
        return cut

    def _forget(self) -> None:
        """Everybody: a new shot."""
        self._people = []
        self._selection.forget(set())
        if self._watch is not None:
            self._watch.keep(set())
        if self._likeness is not None:
            self._likeness.keep(set())
        self._looked = self._turned = -1e9
        self._search.restart()

    def _look_before(self, sources: dict[int, int], befores: dict[int, tracker.Look]) -> None:
        """What lies before the faces that are to be painted; their meshes are set right where something does."""
        if self._watch is None:
            for p in self._people:
                p.front, p.behind = None, False
            return
        for p in self._people:
            if not self._pace.fronts:
                p.front, p.behind = None, False  # nobody acts on it; plates are kept
            elif p.behind:
                found = (
                    self._watch.behind(p.id, p.look, befores.get(p.id), self._landmarks) if p.id in sources else None
                )
                p.behind = found is not None
                p.look, p.front = found or (p.look, None)
            elif p.lost is None and p.id in sources:
                p.look, p.front = self._watch(p.id, p.look, befores.get(p.id), self._landmarks)
        self._watch.keep({p.id for p in self._people})

    def _compare(self) -> Alike | None:
        """Who is like the reference photos."""
        if self._likeness is None:
            return None
        self._likeness.keep({p.id for p in self._people})
        return self._likeness({p.id: p.look for p in people.here(self._people)})

    def _follow(self, frame: Frame, now: float) -> None:
        for person in [p for p in self._people if p.shown]:
            look = tracker.follow(self._landmarks, frame, person.look)
            if look is not None:
                person.found(look)
                continue
            if person.lost is None:
                person.lost, person.behind = now, self._watch is not None
                self._looked = -1e9  # look at once
            if person.behind:
                person.look = tracker.held(frame, person.look)
        people.part(self._people, now)

    def _look(self, frame: Frame, cut: bool) -> int:
        """Looks for faces where and when that is due. How many were seen that are not followed, as too many are."""
        now, beyond = frame.seconds, 0
        all_seen = bool(self._people) and all(p.lost is None for p in self._people)
        due = now - self._looked >= (self._pace.look if all_seen else self._pace.search) or now < self._looked
        if due:
            beyond = self._meet(frame, self._search.whole(frame))
            self._looked = now
        beyond = max(beyond, self._meet(frame, self._small(frame)))
        lost = [p for p in self._people if p.lost is not None]
        # all of them first: who is met has a new place
        near = [(people.roll(p.look), self._search.near(frame, p.box)) for p in lost]
        for expected, found in near:
            self._meet(frame, found, expected)
        if due and not people.here(self._people) and (cut or now - self._turned >= TURNED_EVERY or now < self._turned):
            self._turned = now
            for found in self._search.at_turns(frame, cut):
                self._meet(frame, found)
                if people.here(self._people):
                    break
        return beyond

    def _small(self, frame: Frame) -> list[Detection]:
        # a face of a 48th of the picture is 16 pixels to the network
        tile = max(160, max(frame.picture.width, frame.picture.height) // 6)
        seen = {p.id: p.box for p in people.here(self._people)}
        wanted = not (self._selection.settled(set(seen)) or self._selection.beyond(seen.values(), FILLS * tile))
        return self._search.small(frame, tile, self._pace.tiles, wanted)

    def _meet(self, frame: Frame, found: Iterable[Detection], expected: float | None = None) -> int:
        """Begins tracks for faces that are not followed yet; how many are not, as too many are. expected: the roll,
        radians, of the face that is looked for: what is found so needs no second look at which way up it is."""
        beyond = 0
        for detection in found:
            here = people.here(self._people)
            if any(people.same(p.box, detection.box) for p in here):
                continue
            if len(here) >= self._most:
                beyond += detection.score > CERTAIN
                continue
            if expected is None or askew(roll(detection), expected):
                detection = self._search.righted(frame, detection)
            look = tracker.begin(self._landmarks, frame, detection)
            if look is None or any(people.same(p.box, look.face.box) for p in here):
                continue
            known = people.recognised(look, self._people)
            if known is not None:
                was = known.look
                known.found(replace(look, age=was.age + 1, portrait=was.portrait))
            else:
                self._people.append(TrackedPerson(self._next, look, frame.seconds))
                self._next += 1
        return beyond

    def _rejoin(self, now: float) -> None:
        """Who came back half hidden was taken for somebody new: once they are recognised, the old number holds."""
        for new in [p for p in people.here(self._people) if now - p.met < YOUNG]:
            known = people.recognised(replace(new.look, portrait=people.portrait_now(new.look)), self._people)
            if known is not None and known.met < new.met:
                known.found(replace(new.look, portrait=known.look.portrait))
                self._people.remove(new)
                if self._memory is not None:
                    self._memory.drop(new.id)

    def _tracks(self, sources: dict[int, int]) -> tuple[FaceTrack, ...]:
        return tuple(
            FaceTrack(p.id, p.look.face, sources.get(p.id), p.look.age, p.look.region, front=p.front)
            for p in self._people
            if p.shown
        )

    def _lost(self, sources: dict[int, int]) -> tuple[LostTrack, ...]:
        return tuple(
            LostTrack(p.id, p.box, sources[p.id], p.lost)
            for p in self._people
            if p.lost is not None and not p.behind and p.id in sources
        )
