"""The kinds of spectacles that are drawn for training, and how often each comes."""

import numpy as np
import pytest

from tests.tools.synth.people import rng
from tools.synth.eyewear.drawing import DARK
from tools.synth.eyewear.shapes import spectacles


def test_there_are_many_kinds() -> None:
    some = [spectacles(rng(seed)) for seed in range(400)]
    share = {
        "rimless": np.mean([s.thick.max() == 0 for s in some]),
        "half": np.mean([s.thick.max() > 0 and s.thick.min() == 0 for s in some]),
        "metal": np.mean([s.metal > 0 for s in some]),
        "clear": np.mean([s.solid < 0.8 for s in some]),
        "dark": np.mean([s.dark > DARK for s in some]),
    }
    wanted = {"rimless": 0.08, "half": 0.12, "metal": 0.3, "clear": 0.17, "dark": 0.17}
    for name, want in wanted.items():
        assert share[name] == pytest.approx(want, abs=0.07), name
    assert all(not DARK - 0.3 < s.dark < DARK + 0.1 for s in some)  # none of which one could not say
    assert np.std([s.colour.mean() for s in some]) > 40
