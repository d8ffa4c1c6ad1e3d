"""Gates at their edges, and the quality by its parts."""

from dataclasses import replace

import pytest

from calib.identity.gates import LOOSE, STRICT, FaceMeasures, quality

GOOD = FaceMeasures(confidence=0.7, blur=50, area=0.01, exposure=40, occlusion=0.3, yaw=0, pitch=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("confidence", 0.69),
        ("blur", 49.9),
        ("area", 0.0099),
        ("exposure", 39.9),
        ("exposure", 220.1),
        ("occlusion", 0.31),
    ],
)
def test_the_strict_gate_is_shut_just_past_each_edge(name: str, value: float) -> None:
    assert STRICT.passes(GOOD)
    assert not STRICT.passes(replace(GOOD, **{name: value}))


def test_the_loose_gate_lets_the_dark_and_the_covered_through() -> None:
    poor = FaceMeasures(confidence=0.5, blur=25, area=0.01, exposure=5, occlusion=0.9, yaw=80, pitch=0)
    assert LOOSE.passes(poor) and not STRICT.passes(poor)
    for name, value in (("confidence", 0.49), ("blur", 24.9), ("area", 0.0099)):
        assert not LOOSE.passes(replace(poor, **{name: value}))


@pytest.mark.parametrize(
    ("m", "value"),
    [
        (FaceMeasures(1, 500, 0.3, 100, 0, 0, 0), 1.0),
        (FaceMeasures(1, 5000, 1, 100, 0, 0, 0), 1.0),
        (FaceMeasures(0, 0, 0, 100, 0, 45, 0), 0.0),
        (FaceMeasures(0.5, 250, 0.15, 100, 0, -22.5, 0), 0.5),
        (FaceMeasures(0, 0, 0, 100, 0, 90, 0), 0.0),
    ],
)
def test_quality_is_sharpness_size_frontality_and_confidence(m: FaceMeasures, value: float) -> None:
    assert quality(m) == pytest.approx(value)
