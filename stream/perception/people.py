"""The people of a shot: who is seen, who is lost for the moment, and which of them a face is. Knows looks and boxes;
nothing of networks or sources.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engines.landmarks import roi_from_mesh
from engines.values import F32, Box
from stream.frame import FaceOcclusion
from stream.perception.tracker import Look, portrait

OWN = 0.15  # how much better a portrait must fit to prove the older track wrong
ALIKE = 0.55  # correlation of portraits above which it is the same person
FAR = 0.08  # of that correlation that a face width of distance costs


@dataclass(slots=True, eq=False)  # looks hold arrays, which have no plain equality
class TrackedPerson:
    """id: the track's number. met: when it was given, seconds. lost: since when the face is not seen, seconds; None
    while it is. front: what lies before the face. behind: so much that FaceMesh does not see it; it is lost, and
    carried along by what is still seen of it."""

    id: int
    look: Look
    met: float
    lost: float | None = None
    front: FaceOcclusion | None = None
    behind: bool = False

    @property
    def shown(self) -> bool:
        """Whether it is known where the face is."""
        return self.lost is None or self.behind

    def found(self, look: Look) -> None:
        """The face is seen, for the first time since it was lost perhaps."""
        self.look, self.lost, self.behind = look, None, False

    @property
    def box(self) -> Box:
        """Where the face is, or was when it was last seen."""
        return self.look.face.box


def here(people: Iterable[TrackedPerson]) -> list[TrackedPerson]:
    """Who is seen."""
    return [p for p in people if p.lost is None]


def same(a: Box, b: Box) -> bool:
    """Do two boxes, of a detector and of a mesh perhaps, mean one face?"""
    x, y = b.centre
    inside = a.x0 < x < a.x1 and a.y0 < y < a.y1
    return a.iou(b) > 0.3 or (inside and 0.25 < b.area / max(a.area, 1.0) < 4)


def recognised(look: Look, people: Iterable[TrackedPerson]) -> TrackedPerson | None:
    """Which of those who are lost the face is: by its portrait, and by how near it is to where they were."""
    lost = [p for p in people if p.lost is not None]
    if not lost:
        return None
    there = next((p for p in lost if p.behind and same(p.box, look.face.box)), None)
    if there is not None:
        return there

    def likeness(p: TrackedPerson) -> float:
        a, b = p.box, look.face.box
        apart = np.hypot(a.centre[0] - b.centre[0], a.centre[1] - b.centre[1]) / max(a.width, 1.0)
        return float(p.look.portrait @ look.portrait) - FAR * min(float(apart), 5.0)

    best = max(lost, key=likeness)
    return best if likeness(best) > ALIKE else None


def roll(look: Look) -> float:
    """The angle from the right eye to the left, radians: 0 upright, positive clockwise on screen."""
    across = look.face.points[1] - look.face.points[0]
    return math.atan2(float(across[1]), float(across[0]))


def portrait_now(look: Look) -> F32:
    """As the face looks in this very frame."""
    return portrait(look.region, roi_from_mesh(look.face.mesh))


def part(people: Sequence[TrackedPerson], now: float) -> None:
    """Of two tracks on one face, the one whose face it is not is lost."""
    seen = sorted(here(people), key=lambda p: -p.look.age)
    for i, person in enumerate(seen):
        for older in seen[:i]:
            both = person.lost is None and older.lost is None
            if both and older.box.iou(person.box) > 0.6:
                _stranger(older, person).lost = now


def _stranger(older: TrackedPerson, newer: TrackedPerson) -> TrackedPerson:
    """Of two tracks on one face, the one whose face it is not; the newer where both may be."""
    face = portrait_now(newer.look)
    return older if newer.look.portrait @ face > older.look.portrait @ face + OWN else newer
