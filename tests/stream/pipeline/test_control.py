"""What is wanted of a pipeline: how many people there are to be put in, and what holds where nothing is said."""

import numpy as np
import pytest

from engines.mesh.source import SourceFace
from engines.mesh.topology import CANONICAL
from stream.perception.face_selection import Rule, Who
from stream.pipeline.choices import Routing
from stream.pipeline.control import Change, Control, SourceSet

FACE = SourceFace((np.zeros((4, 4, 3), np.uint8),), CANONICAL)
ROWS = np.zeros((3, 512), np.float32)


@pytest.mark.parametrize(
    ("sources", "people"),
    [
        (SourceSet(), 0),
        (SourceSet((FACE, FACE)), 2),
        (SourceSet((FACE,), ROWS), 3),  # the network's people count, not the mesh's
        (SourceSet(baked=True), 1),
    ],
)
def test_people_are_counted_as_the_one_who_paints_knows_them(sources: SourceSet, people: int) -> None:
    assert len(sources) == people


def test_the_largest_face_gets_the_first_person_in_full_where_nothing_is_said() -> None:
    plain = Control()
    assert plain.rules == (Rule(0, Who("largest")),) and plain.routing is Routing.AUTO
    assert plain.strength == 1.0 and plain.masks and len(plain.sources) == 0
    assert plain.references is not Control().references, "no two share what may be filled"


def test_a_change_of_nothing_changes_nothing() -> None:
    empty = Change()
    assert {getattr(empty, name) for name in Change.__slots__} == {None}
