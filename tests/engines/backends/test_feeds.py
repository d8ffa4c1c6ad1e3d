"""What a session may be fed: the declared tensors, all of them, of their dtype and shape."""

from collections.abc import Mapping

import numpy as np
import pytest

from engines.backends.feeds import check
from engines.protocol import Spec
from engines.values import Array

SPECS = {"x": Spec((-1, 3), "float32"), "scale": Spec((), "int64")}
SCALE = np.array(2, np.int64)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_any_size_goes_where_none_is_declared(rows: int) -> None:
    check(SPECS, {"x": np.zeros((rows, 3), np.float32), "scale": SCALE})


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({"x": np.zeros((1, 3), np.float32)}, r"takes \['scale', 'x'\], fed were \['x'\]"),
        ({"x": np.zeros((1, 3), np.float32), "scale": SCALE, "z": SCALE}, r"fed were \['scale', 'x', 'z'\]"),
        ({"x": np.zeros((1, 4), np.float32), "scale": SCALE}, r"`x` takes float32 \(-1, 3\), fed was float32 \(1, 4\)"),
        ({"x": np.zeros((1, 3, 1), np.float32), "scale": SCALE}, r"fed was float32 \(1, 3, 1\)"),
        ({"x": np.zeros((1, 3), np.float64), "scale": SCALE}, r"`x` takes float32 .* fed was float64"),
        ({"x": np.zeros((1, 3), np.float32), "scale": np.zeros(1, np.int64)}, r"`scale` takes int64 \(\)"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(feeds: Mapping[str, Array], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check(SPECS, feeds)
