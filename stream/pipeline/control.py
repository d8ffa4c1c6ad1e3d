"""Control: what is wanted of a pipeline and may change between two frames. Values only; opens nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from engines.errors import UnderstudyError
from engines.mesh.source import SourceFace
from engines.values import F32
from stream.perception.face_selection import Rule, Who
from stream.pipeline.choices import Routing


@dataclass(frozen=True, slots=True)
class SourceSet:
    """The source people, by number, as what paints them wants them. faces: for the mesh. rows: float32 (people, ...),
    for a swapping network. baked: the network is its own person (a DFM). notes: one sentence each, for the user."""

    faces: tuple[SourceFace, ...] = ()
    rows: F32 | None = None
    baked: bool = False
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return 1 if self.baked else len(self.faces) if self.rows is None else len(self.rows)

    def with_person(self, number: int, person: "SourceSet") -> "SourceSet":
        """person: one, in the place of this number from 0, or after the last one. The notes are the person's alone.
        Raises UnderstudyError for another number, or a network that is its own person."""
        if self.baked or person.baked:
            raise UnderstudyError("this network is one person, and no other can be put in")
        if not 0 <= number <= len(self):
            raise UnderstudyError(f"there are {len(self)} people; change one of them, or add the next one")
        faces = (*self.faces[:number], *person.faces, *self.faces[number + 1 :])
        if self.rows is None or person.rows is None:
            return SourceSet(faces, None, notes=person.notes)
        rows = np.concatenate([self.rows[:number], person.rows, self.rows[number + 1 :]])
        return SourceSet(faces, np.asarray(rows, np.float32), notes=person.notes)


@dataclass(frozen=True, slots=True)
class Control:
    """sources: who is put in. rules: on whose face. references: float32 embedding of each reference photo by its rule's
    index. strength: 0 to 1, of the swap over the target's own face. masks: whether the mask networks (`--mask`) cut
    it."""

    sources: SourceSet = field(default_factory=SourceSet)
    rules: tuple[Rule, ...] = (Rule(0, Who("largest")),)
    routing: Routing = Routing.AUTO
    strength: float = 1.0
    masks: bool = True
    references: Mapping[int, F32] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What `Pipeline.update` is to change; None leaves a value as it is. who, maps: as `SwapSpec` has them; a change of
    one of them replaces both."""

    sources: SourceSet | None = None
    who: str | None = None
    maps: tuple[str, ...] | None = None
    routing: Routing | None = None
    strength: float | None = None
    masks: bool | None = None
