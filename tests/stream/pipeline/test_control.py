"""What is wanted of a pipeline: how many people there are to be put in, and what holds where nothing is said."""

import numpy as np
import pytest

from engines.errors import UnderstudyError
from engines.mesh.source import SourceFace
from engines.mesh.topology import CANONICAL
from stream.perception.face_selection import Rule, Who
from stream.pipeline.choices import Routing
from stream.pipeline.control import Change, Control, SourceSet

FACE = SourceFace((np.zeros((4, 4, 3), np.uint8),), CANONICAL)
ONE, OTHER, THIRD = (SourceFace((np.zeros((4, 4, 3), np.uint8),), CANONICAL) for _ in range(3))
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


def test_mesh_people_are_replaced_and_added() -> None:
    two = SourceSet((ONE,)).with_person(1, SourceSet((OTHER,), notes=("dark",)))
    assert len(two) == 2 and two.faces[0] is ONE and two.faces[1] is OTHER and two.notes == ("dark",)
    swapped = two.with_person(0, SourceSet((THIRD,)))
    assert swapped.faces[0] is THIRD and swapped.faces[1] is OTHER and two.faces[0] is ONE


def test_network_people_are_replaced_and_added() -> None:
    row = np.ones((1, 3), np.float32)
    two = SourceSet(rows=row).with_person(1, SourceSet(rows=2 * row))
    assert two.rows is not None and two.rows.dtype == np.float32
    assert two.rows[:, 0].tolist() == [1, 2] and len(two) == 2
    again = two.with_person(0, SourceSet(rows=3 * row))
    assert again.rows is not None and again.rows[:, 0].tolist() == [3, 2]


def test_a_number_beyond_and_a_network_of_one_person_are_refused() -> None:
    for number in (-1, 2):
        with pytest.raises(UnderstudyError, match="there are 1 people"):
            SourceSet((ONE,)).with_person(number, SourceSet((OTHER,)))
    with pytest.raises(UnderstudyError, match="one person"):
        SourceSet(baked=True).with_person(0, SourceSet((OTHER,)))
