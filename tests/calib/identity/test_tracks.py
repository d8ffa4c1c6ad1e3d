"""The score of a track by its three parts."""

import pytest

from calib.identity.tracks import Presence, nearness, track_score


def test_nearness_to_the_middle() -> None:
    assert nearness(50, 25, 100, 50) == 1
    assert nearness(0, 0, 100, 50) == nearness(100, 50, 100, 50) == 0
    assert nearness(0, 25, 100, 50) == pytest.approx(1 - 0.5**0.5)


def test_size_place_and_length_count() -> None:
    whole = Presence().seen(0.2, 1.0).seen(0.1, 1.0)
    assert track_score(whole, 2) == pytest.approx(1)
    assert track_score(whole, 4) == pytest.approx(0.85)
    assert track_score(Presence().seen(0.05, 0.5), 1) == pytest.approx(0.4 * 0.5 + 0.3 * 0.5 + 0.3)
    assert track_score(Presence(), 5) == track_score(whole, 0) == 0
