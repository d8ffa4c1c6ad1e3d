"""Gathering: the people of a video, and which of them each face of a frame is. Knows vectors and tracks, not pictures.

A face goes to the person whom it is most like; one that is like nobody waits until its track has shown it clearly often
enough to be somebody new. A track alone decides nothing: trackers may slip from one face to another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from calib.identity.bounds import LikenessBounds
from calib.identity.candidate import Candidate
from calib.identity.person_set import PersonSet
from calib.identity.tracks import track_score
from calib.identity.vectors import likeness

MOST = 12  # people of a video that are kept apart
CLEAR = 3  # clear frames that a stranger must have shown
TURNED = 25.0  # degrees of yaw within which a stranger's frame is clear
PENDING = 60  # frames of a track that are kept while it is nobody's
SECOND = 0.5  # of the first person's score that a second one must have
SEEN = 0.1  # share of the frames that a second person must be seen in


@dataclass(frozen=True, slots=True, eq=False)
class FaceSeen:
    """A face of one frame. track: its number. area: share of the picture. centre: nearness to its middle, 0 to 1."""

    track: int
    candidate: Candidate
    area: float
    centre: float


@dataclass(slots=True)
class Gathering:
    """frames: those looked at. people: in the order in which they were met."""

    bounds: LikenessBounds
    frames: int = 0
    people: list[PersonSet] = field(default_factory=list)
    _of_track: dict[int, int] = field(default_factory=dict)
    _pending: dict[int, list[FaceSeen]] = field(default_factory=dict)

    def take(self, faces: Sequence[FaceSeen]) -> dict[int, int]:
        """The next frame's faces. By number of the candidate, which person each is; strangers are left out."""
        self.frames += 1
        given = self._assigned(faces)
        for seen in faces:
            person = given.get(seen.candidate.number)
            if person is not None:
                self._of_track[seen.track] = person
                self._pending.pop(seen.track, None)
                self._give(person, seen)
            elif seen.track not in self._of_track:
                self._wait(seen)
        return given

    def _assigned(self, faces: Sequence[FaceSeen]) -> dict[int, int]:
        """The likest pairs first, each person once. Who is not alike enough keeps the person of the track, if nobody
        else is that: a profile is hardly like a front view."""
        likes = [
            (person.like(seen.candidate.id), place, seen) for seen in faces for place, person in enumerate(self.people)
        ]
        given: dict[int, int] = {}
        for like, place, seen in sorted(likes, key=lambda one: (-one[0], one[1], one[2].candidate.number)):
            least = self.bounds.different if self._of_track.get(seen.track) == place else self.bounds.stable
            if like >= least and seen.candidate.number not in given and place not in given.values():
                given[seen.candidate.number] = place
        return given

    def _give(self, person: int, seen: FaceSeen) -> None:
        one = self.people[person]
        one.presence = one.presence.seen(seen.area, seen.centre)
        one.take(seen.candidate)

    def _wait(self, seen: FaceSeen) -> None:
        waiting = self._pending.setdefault(seen.track, [])
        waiting.append(seen)
        del waiting[:-PENDING]
        clear = [one.candidate for one in waiting if one.candidate.strict and abs(one.candidate.measures.yaw) <= TURNED]
        if len(clear) >= CLEAR and len(self.people) < MOST and self._alike(clear[-CLEAR:]):
            self._begin(seen.track)

    def _alike(self, clear: Sequence[Candidate]) -> bool:
        first, *others = (one.id for one in clear)
        return bool((likeness(first, others) >= self.bounds.same).all())

    def _begin(self, track: int) -> None:
        person = len(self.people)
        self.people.append(PersonSet(self.bounds))
        self._of_track[track] = person
        for seen in self._pending.pop(track):
            self._give(person, seen)

    def wanted(self) -> set[int]:
        """The numbers of all candidates whose pictures may still be saved."""
        waiting = {seen.candidate.number for seens in self._pending.values() for seen in seens}
        return waiting.union(*(person.wanted() for person in self.people))

    def settle(self) -> None:
        """The video is over. Where nobody was ever seen clearly, the longest unclear tracks are people all the same."""
        if not self.people:
            for track in sorted(self._pending, key=lambda t: (-len(self._pending[t]), t))[:2]:
                if len(self._pending[track]) >= CLEAR:
                    self._begin(track)
        for person in self.people:
            person.settle()

    def score(self, person: int) -> float:
        return track_score(self.people[person].presence, self.frames)

    def main(self, people: int | None) -> tuple[int, ...]:
        """Whom the sets are made for: that many with the highest scores; None: one, or two where the second is seen
        about as much as the first."""
        order = sorted(range(len(self.people)), key=lambda p: (-self.score(p), p))
        if people is not None:
            return tuple(order[:people])
        seen = [p for p in order if self.people[p].presence.frames >= SEEN * self.frames]
        return tuple(p for p in seen[:2] if self.score(p) >= SECOND * self.score(seen[0]))

    def satisfied(self, people: int | None) -> bool:
        """Whether all of them have enough."""
        main = self.main(people)
        return len(main) >= (people or 1) and all(self.people[p].satisfied() for p in main)
