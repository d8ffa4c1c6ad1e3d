"""ActorMemory: when people are looked at to be known again, and what is then said of newcomers. One thread's stage of
perception.

A newcomer is described in the first frame, and everybody who is seen once a second: that is a look at a small copy of
the picture, and nothing in the frames between.
"""

from collections.abc import Mapping, Sequence

from engines.occlusion.network import NONE
from stream.frame import Frame
from stream.perception.actors import Actors, Sighting
from stream.perception.appearance import Appearance
from stream.perception.people import TrackedPerson, here

NOTE_EVERY = 1.0  # seconds between looks at those who are followed


class ActorMemory:
    """One stream's."""

    def __init__(self, appearance: Appearance) -> None:
        self._appearance, self._actors = appearance, Actors(appearance.sure, appearance.likely)
        self._known: set[int] = set()
        self._noted = -1e9

    def recall(self, frame: Frame, people: Sequence[TrackedPerson]) -> dict[int, int]:
        """Track -> rule of newcomers who are somebody that fell under a rule before, whether in this shot or in one
        before. people: everybody who is followed or lost for the moment."""
        self._actors.keep({p.id for p in people})
        fresh = [p for p in here(people) if p.id not in self._known]
        self._known = {p.id for p in people}
        return self._actors.recall(self._seen(frame, fresh)) if fresh else {}

    def note(self, frame: Frame, people: Sequence[TrackedPerson], rules: Mapping[int, int]) -> None:
        """Everybody as they are now, with the rules that they fall under. rules: track -> rule."""
        if not 0 <= frame.seconds - self._noted < NOTE_EVERY:
            self._noted = frame.seconds
            self._actors.note(self._seen(frame, [p for p in here(people) if clear(p)]))
        self._actors.name(rules)

    def drop(self, track: int) -> None:
        """The track was somebody else's."""
        self._actors.drop(track)

    def _seen(self, frame: Frame, people: Sequence[TrackedPerson]) -> dict[int, Sighting]:
        if not people:
            return {}
        picture = frame.picture
        looks = self._appearance(picture, [p.look.face.mesh for p in people])
        places = [(p.box.centre[0] / picture.width, p.box.centre[1] / picture.height) for p in people]
        return {p.id: Sighting(look, place) for p, look, place in zip(people, looks, places, strict=True)}


def clear(person: TrackedPerson) -> bool:
    """Whether nothing is known to be before the face."""
    return person.front is None or person.front.kind == NONE
