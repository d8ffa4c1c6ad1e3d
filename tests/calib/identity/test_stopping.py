"""The stop rule: each of its conditions alone keeps it from stopping."""

import pytest

from calib.identity.buckets import bucket
from calib.identity.stopping import Coverage, coverage, satisfied
from tests.calib.identity.candidates import CLEAR, OPEN, SMILING


def test_bins_are_counted_once_each_and_none_beyond_the_edges() -> None:
    found = coverage(
        [
            bucket(0, 0, CLEAR, 0, 100),
            bucket(0, 0, SMILING, 0, 100),
            bucket(20, 30, OPEN, 0, 100),
            bucket(60, 0, CLEAR, 0, 9),
        ]
    )
    assert found == Coverage(yaw=2, pitch=2, expression=3)
    assert found.words == {"yaw": "2/7", "pitch": "2/5", "expression": "3/4"}
    assert coverage([]) == Coverage()


@pytest.mark.parametrize(
    ("covered", "anchors", "recent", "stops"),
    [
        (Coverage(6, 4, 3), 3, 0.079, True),
        (Coverage(7, 5, 4), 5, 0.0, True),
        (Coverage(5, 4, 3), 3, 0.0, False),
        (Coverage(6, 3, 3), 3, 0.0, False),
        (Coverage(6, 4, 2), 3, 0.0, False),
        (Coverage(6, 4, 3), 2, 0.0, False),
        (Coverage(6, 4, 3), 3, 0.08, False),
        (Coverage(6, 4, 3), 3, None, False),
    ],
)
def test_when_it_stops(covered: Coverage, anchors: int, recent: float | None, stops: bool) -> None:
    assert satisfied(covered, anchors, recent) is stops
