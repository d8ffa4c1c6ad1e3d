"""Novelty by angles of looks."""

import pytest

from calib.identity.novelty import Recent, dual_novelty, novelty
from tests.calib.identity.candidates import candidate, look


def test_the_nearest_that_is_saved_counts() -> None:
    assert novelty(look(0), []) == 1
    assert novelty(look(0), [look(90), look(60)]) == pytest.approx(0.5, abs=1e-6)
    assert novelty(look(0), [look(180)]) == pytest.approx(2)


def test_of_face_and_body_the_newer_counts() -> None:
    saved = [candidate(seen=0, body=0)]
    assert dual_novelty(candidate(seen=0, body=60), saved) == pytest.approx(0.5, abs=1e-6)
    assert dual_novelty(candidate(seen=90, body=0), saved) == pytest.approx(1, abs=1e-6)
    assert dual_novelty(candidate(seen=60), saved) == pytest.approx(0.5, abs=1e-6)
    assert dual_novelty(candidate(seen=60, body=180), [candidate(seen=0)]) == pytest.approx(0.5, abs=1e-6)


def test_the_mean_is_of_the_latest_and_unknown_before() -> None:
    recent = Recent(3)
    assert recent.mean is None
    for value in (9, 0.1, 0.2):
        recent.add(value)
    recent.add(0.3)
    assert recent.mean == pytest.approx(0.2)
