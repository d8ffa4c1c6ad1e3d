"""What a candidate says of itself."""

import pytest

from calib.identity.candidate import FRONTAL
from calib.identity.gates import quality
from tests.calib.identity.candidates import candidate


@pytest.mark.parametrize(
    ("yaw", "frontal"), [(0, True), (FRONTAL, True), (-FRONTAL, True), (15.1, False), (-16, False)]
)
def test_frontal_is_within_fifteen_degrees(yaw: float, frontal: bool) -> None:
    assert candidate(yaw=yaw).frontal is frontal


def test_strict_and_quality_are_the_gates() -> None:
    assert candidate().strict and not candidate(blur=49).strict and not candidate(exposure=30).strict
    one = candidate(blur=200, yaw=10, area=0.2)
    assert one.quality == quality(one.measures)
