"""The path without a swap, and with the one that the benchmark wants."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import SourceError
from stream.frame import Frame, Route
from stream.pixels.planes import Planes
from stream.telemetry.metrics import Metered, Metrics
from tools.bench.live.bare import Bare, BareSwaps, wanted


def test_the_bare_path_changes_nothing() -> None:
    image = av.VideoFrame.from_ndarray(np.full((36, 64, 3), 90, np.uint8), format="rgb24")
    one = Frame(3, 9000, Fraction(1, 90_000), Planes.of(image), 0.0)
    swaps = BareSwaps()
    bare = swaps.make(None)(Metered(Metrics()))
    out = bare(one)
    assert isinstance(bare, Bare) and swaps.default is None
    assert out.picture is one.picture and out.route is Route.PASS and not out.held
    bare.close()
    with pytest.raises(SourceError, match="takes no photo"):
        swaps.prepare([])


def test_the_mark_goes_off_with_a_reason() -> None:
    spec, options = wanted(Path("face.png"), mark=False)
    assert spec.source == ((Path("face.png"),),) and spec.who == "all"
    assert options.marking.off and options.marking.because == "a benchmark"
    assert not wanted(Path("face.png"), mark=True)[1].marking.off
