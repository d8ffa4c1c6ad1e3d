"""Candidates that are named numbers and words."""

from collections.abc import Mapping

import numpy as np
import pytest

from calib.search.parameters import Number, ParameterGenerator, Parameters, Words

RANGES: Mapping[str, Number | Words] = {"strength": Number(0.5, 1.0), "mask": Words(("hull", "network"))}
GENERATOR = ParameterGenerator({"strength": 1.0, "mask": "hull"}, RANGES)


def test_drawn_ones_fill_the_ranges_and_nothing_else() -> None:
    drawn = [GENERATOR.draw(np.random.default_rng(i)) for i in range(200)]
    numbers = np.array([float(one["strength"]) for one in drawn])
    assert numbers.min() >= 0.5 and numbers.max() <= 1.0 and np.ptp(numbers) > 0.45
    assert {one["mask"] for one in drawn} == {"hull", "network"}


def test_refined_ones_lie_about_their_parent_as_far_as_the_strength_says() -> None:
    parent: Parameters = {"strength": 0.75, "mask": "network"}
    for strength in (0.0, 0.1, 0.4):
        refined = [GENERATOR.refine(parent, strength, np.random.default_rng(i)) for i in range(300)]
        numbers = np.array([float(one["strength"]) for one in refined])
        assert numbers.min() >= 0.5 and numbers.max() <= 1.0
        assert numbers.std() == pytest.approx(0.5 * strength, abs=0.05)
        changed = np.mean([one["mask"] != "network" for one in refined])
        assert changed == pytest.approx(strength / 2, abs=0.08)


def test_the_raw_one_is_the_start_and_its_own_copy() -> None:
    raw = GENERATOR.raw()
    assert raw == {"strength": 1.0, "mask": "hull"} and raw is not GENERATOR.start


def test_ranges_are_of_the_very_parameters() -> None:
    with pytest.raises(ValueError, match="differ"):
        ParameterGenerator({"strength": 1.0}, RANGES)
