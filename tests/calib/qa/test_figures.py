"""Whether a face was seen at all."""

from dataclasses import replace

from calib.qa.figures import FaceFigures
from tests.calib.qa.sequences import BOX, good


def test_a_face_without_confidence_was_not_seen() -> None:
    assert not FaceFigures(3, 0.1, 0, BOX, 0.0).seen
    assert replace(good(3), confidence=0.2).seen


def test_a_face_that_was_not_seen_has_no_figures() -> None:
    lost = FaceFigures(3, 0.1, 0, BOX, 0.0)
    assert lost.likeness is None and lost.motion is None and lost.beside is None and lost.level == 0
